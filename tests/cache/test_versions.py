"""Which client versions rebuild the cache more often than the others on this machine."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.cache.intervals import bootstrap, differences, quantiles, stays_above, wilson
from ccmeter.cache.releases import known_fault, order
from ccmeter.cache.tally import Losses, Tally
from ccmeter.cache.thresholds import LIMITS
from ccmeter.cache.version_alerts import healthy_version, version_alerts, with_versions
from ccmeter.cache.versions import Base, Tallied, VersionRow, base_rate, verdict, version_table

NOTHING = Losses()


def sessions(
    version: str, *pairs: tuple[int, int], provider: str = "anthropic", read: int = 900
) -> list[Tallied]:
    """Sessions of (suspect, exposed) requests of 1,000 tokens and $0.10 each."""
    return [
        Tallied(
            version,
            f"{version}-{number}",
            Tally(
                exposed,
                1_000 * exposed,
                read * exposed,
                cost_usd=exposed * Decimal("0.1"),
                exposed=exposed,
                losses=(
                    Losses(suspect, 50_000 * suspect, suspect * Decimal("0.5")),
                    *[NOTHING] * 3,
                ),
            ),
            provider,
            1_795_000_000_000 + number,
        )
        for number, (suspect, exposed) in enumerate(pairs)
    ]


def row(table: Iterable[VersionRow], version: str) -> VersionRow:
    return next(row for row in table if row.version == version)


HEALTHY = [(0, 50)] * 18 + [(1, 50)] * 2  # 2 of 1,000
BROKEN = [(6, 60), (5, 60), (4, 60), (3, 60), (0, 60)]  # 18 of 300


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # published intervals, and an independent calculation by hand
        (18, 311, 0.037, 0.090),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 152, 0.0012, 0.0363),
    ],
)
def test_wilson_intervals(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.0006)


def test_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert bootstrap([], 100, 10, "x") == bootstrap([(0, 0)], 100, 10, "x") == []
    assert quantiles([]) is None


def test_quantiles_leave_a_fortieth_on_each_side() -> None:
    assert quantiles(range(1_001)) == (25, 975)
    assert quantiles([0.5]) == (0.5, 0.5)


@settings(max_examples=200)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 5, 9])), max_size=6),
    resamples=st.integers(1, 90),
    rate=st.sampled_from([0.0, 0.1, 0.2, 0.4, 1.0]),
)
def test_what_stays_above_a_rate_has_its_lower_quantile_above_it(
    pairs: list[tuple[int, int]], resamples: int, rate: float
) -> None:
    shares = quantiles(bootstrap(pairs, resamples, 5, "x"))

    assert stays_above(rate, pairs, resamples, 5, "x") == (shares is not None and shares[0] > rate)


@settings(max_examples=60)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 10, 40])), min_size=30,
                   max_size=80),
    rate=st.sampled_from([0.001, 0.01, 0.03, 0.05, 0.1, 0.2]),
)  # fmt: skip
def test_that_is_so_where_no_draw_is_needed(pairs: list[tuple[int, int]], rate: float) -> None:
    shares = quantiles(bootstrap(pairs, 400, 100, "x"))

    assert stays_above(rate, pairs, 400, 100, "x") == (shares is not None and shares[0] > rate)


NO_SEED: Any = []  # nothing can be drawn with it


def test_what_is_far_above_a_rate_needs_no_draw() -> None:
    far = [(4, 100)] * 60 + [(0, 50)] * 30 + [(0, 0), (9, 80)] * 5

    assert stays_above(0.0075, far, 1_000, 100, NO_SEED)
    for near in ([(1, 100)] * 60 + [(0, 50)] * 30, [(0, 100)] * 99 + [(50, 80)]):
        with pytest.raises(TypeError):
            stays_above(0.0075, near, 1_000, 100, NO_SEED)
    seldom_far_below = [(1, 10)] * 150 + [(0, 60)] * 5
    with pytest.raises(TypeError):
        stays_above(0.05, seldom_far_below, 1_000, 1_000, NO_SEED)
    for nothing in ([(0, 0)], []):
        assert not stays_above(0.0075, nothing, 1_000, 100, NO_SEED)


def test_a_bootstrap_of_equal_sessions_is_a_point() -> None:
    assert quantiles(bootstrap([(1, 4)] * 9, 500, 100, "x")) == (0.25, 0.25)


def test_a_bootstrap_is_repeatable_and_finds_the_spread_of_sessions() -> None:
    pairs = [(0, 10)] * 50 + [(10, 10)] * 50
    found = quantiles(bootstrap(pairs, 4_000, 100, "x"))

    assert bootstrap(pairs, 50, 100, "x") == bootstrap(pairs, 50, 100, "x")
    assert found == pytest.approx((0.402, 0.598), abs=0.02)  # 0.5 -+ 1.96 x 0.5 / 10


def test_many_sessions_are_pooled_without_losing_any() -> None:
    pairs = [(1, 2)] * 1_001 + [(0, 998)]
    shares = bootstrap(pairs, 200, 50, "x")

    assert len(shares) == 200
    assert 0.2 < sum(shares) / 200 < 0.5  # 1,001 of 3,000


def test_a_sum_that_is_larger_than_a_machine_word_is_exact() -> None:
    assert bootstrap([(1 << 60, 1 << 61)] * 7, 3, 100, "x") == [0.5] * 3


def test_differences_of_two_resamplings() -> None:
    assert differences([0.5, 0.6], [0.1, 0.1], "x") == pytest.approx([0.4, 0.5])


def test_a_version_far_above_the_others_is_an_alarm() -> None:
    table = version_table(sessions("2.1.3", *BROKEN) + sessions("2.1.2", *HEALTHY))
    bad = row(table, "2.1.3")

    assert (bad.suspect, bad.exposed, bad.sessions, bad.verdict) == (18, 300, 5, "alarm")
    assert bad.rate == 0.06
    assert bad.base == Base(0.003, True)  # 2.5 / 1,001 is below the least
    assert bad.inflation == pytest.approx(30 / 21)
    assert (bad.cost_usd, bad.suspect_usd) == (30, 9)
    assert row(table, "2.1.2").verdict == "ok"
    assert [r.version for r in table] == ["2.1.3", "2.1.2"]


def test_few_requests_are_not_enough_data() -> None:
    table = version_table(sessions("2.1.3", (9, 33), (9, 33), (9, 33)))

    assert table[0].verdict == "not enough data (27 of 99)"
    assert version_alerts(table) == []


@pytest.mark.parametrize(
    ("pairs", "base", "wanted"),
    [
        ([(5, 34), (5, 33), (5, 33)], 0.01, "alarm"),
        ([(15, 34), (0, 33), (0, 33)], 0.01, "ok"),  # one session
        ([(8, 34), (7, 33), (0, 33)], 0.01, "watch"),  # two sessions
        ([(2, 34), (2, 33), (1, 33)], 0.01, "alarm"),  # five rebuilds
        ([(2, 34), (1, 33), (1, 33)], 0.01, "watch"),  # four
        ([(2, 50), (1, 50)], 0.005, "watch"),  # three
        ([(1, 34), (1, 33), (0, 33)], 0.001, "ok"),  # two rebuilds
        ([(5, 34), (5, 33), (5, 33)], 0.05, "watch"),  # lower end 9.3 %, not twice the base
        ([(5, 34), (5, 33), (5, 33)], 0.10, "ok"),
        ([(58, 60), (1, 300), (1, 300), *[(0, 60)] * 6], 0.02, "watch"),  # one session's cluster
    ],
)
def test_an_alarm_needs_events_sessions_and_both_intervals(
    pairs: list[tuple[int, int]], base: float, wanted: str
) -> None:
    assert verdict(pairs, base, "x") == wanted


@pytest.mark.parametrize(
    ("version", "suspect", "exposed", "base"),
    [
        ("2.1.3", 9, 299, Base(0.009, False)),
        ("2.1.199", 9, 299, Base(0.009, False)),
        ("2.1.200", 9, 299, Base(0.005, False)),
        ("2.1.200", 9, 300, Base(9.5 / 301, True)),
        ("2.1.200", 0, 3_000, Base(0.003, True)),
    ],
)
def test_what_a_version_is_compared_with(
    version: str, suspect: int, exposed: int, base: Base
) -> None:
    assert base_rate(version, suspect, exposed) == base


def test_hit_ratios_are_compared_with_the_other_versions() -> None:
    table = version_table(
        sessions("2.1.3", *HEALTHY, read=700) + sessions("2.1.2", *HEALTHY, read=900)
    )
    bad = row(table, "2.1.3")

    assert (bad.hit_ratio, bad.hit_interval) == (0.7, (0.7, 0.7))
    assert bad.hit_difference == pytest.approx(-0.2)
    assert bad.hit_difference_interval == pytest.approx((-0.2, -0.2))
    alone = version_table(sessions("2.1.3", *HEALTHY))[0]
    assert (alone.hit_difference, alone.hit_difference_interval) == (None, None)


def test_the_order_in_which_sessions_were_read_changes_no_interval() -> None:
    rows = [
        sessions(version, (1, 60), read=read)[0]._replace(session=f"{version}-{read}")
        for version in ("2.1.1", "2.1.2", "2.1.3")
        for read in (300, 500, 700, 900)
    ]

    assert version_table(rows[::-1]) == version_table(rows)


def test_providers_are_compared_among_themselves() -> None:
    rows = sessions("2.1.3", *BROKEN, provider="bedrock") + sessions("2.1.2", *HEALTHY)

    assert row(version_table(rows), "2.1.3").base == Base(0.009, False)


def test_a_session_on_two_versions_counts_for_each_and_twice_for_none() -> None:
    rows = sessions("2.1.3", (1, 60)) * 2 + sessions("", (9, 10))
    table = version_table(rows)

    assert [(r.version, r.sessions, r.suspect, r.exposed) for r in table] == [("2.1.3", 1, 2, 120)]


def test_a_version_without_exposed_requests_has_a_row() -> None:
    empty = Tallied("2.1.3", "s1", Tally())

    assert version_table([empty])[0].verdict == "not enough data (0 of 0)"


def test_an_alarm_names_the_healthy_version_of_this_machine() -> None:
    table = version_table(
        sessions("2.1.3", *BROKEN) + sessions("2.1.2", *HEALTHY) + sessions("2.1.9", (0, 50))
    )
    (alert,) = version_alerts(table)

    assert (alert.rule, alert.level, alert.session) == ("R8", "alarm", "")
    assert "2.1.3" in alert.message
    assert "18 of 300 requests, 6.0% (your other versions 0.3%)" in alert.message
    assert "2.1.2, healthy on this machine" in alert.advice
    assert healthy_version(table) == "2.1.2"  # 2.1.9 has too few requests


def test_without_a_healthy_version_any_other_is_the_advice() -> None:
    (alert,) = version_alerts(version_table(sessions("2.1.3", *BROKEN)))

    assert "usually 0.9%" in alert.message
    assert alert.advice == "Try another client version."


def test_an_alert_of_a_session_learns_about_its_version() -> None:
    table = version_table(sessions("2.1.3", *BROKEN) + sessions("2.1.2", *HEALTHY))
    alert = version_alerts(table)[0]._replace(message="It broke.", advice="Mend it.")
    known = with_versions(alert, table)

    assert known.message == (
        "It broke. Client 2.1.3: 6.0% (your other versions 0.3%) of requests like this."
    )
    assert known.advice == "Mend it. Or try 2.1.2, healthy on this machine."
    assert with_versions(alert._replace(version="9.9.9"), table) == alert._replace(version="9.9.9")
    healthy = alert._replace(version="2.1.2")
    assert with_versions(healthy, table).advice == "Mend it."


def test_a_known_fault_stands_beside_a_measured_event_only() -> None:
    table = version_table(sessions("2.1.88", (1, 200)) + sessions("2.1.89", (0, 200)))

    assert "resume" in row(table, "2.1.88").hint
    assert row(table, "2.1.89").hint == ""
    assert version_alerts(table) == []


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2.1.68", ["standalone", "LSP"]),
        ("2.1.69", ["resume", "standalone", "LSP"]),
        ("2.1.90", ["resume", "standalone", "idle", "LSP"]),
        ("2.1.101", ["idle", "LSP"]),
        ("2.1.102", ["LSP"]),
        ("2.1.235", []),
    ],
)
def test_known_ranges(version: str, words: list[str]) -> None:
    hint = known_fault(version)

    assert all(word in hint for word in words)
    assert len(hint.split("; ")) == max(1, len(words))


def test_versions_are_ordered_as_numbers() -> None:
    assert order("2.1.9") < order("2.1.10") < order("2.1.200-dev.1") < order("2.2")
    assert order("nightly") == ()


def test_a_known_range_is_part_of_the_alarm() -> None:
    (alert,) = version_alerts(version_table(sessions("2.1.88", *BROKEN)))

    assert "Known: " in alert.message


def test_bootstraps_follow_the_limits() -> None:
    few = LIMITS._replace(bootstrap_resamples=10)
    table = version_table(sessions("2.1.3", *BROKEN, *HEALTHY), few)

    assert table[0].hit_interval == (0.9, 0.9)
