"""What 100 % is worth: worked out by hand, and recovered from a service that was made up."""

import json
import random
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service import DAY, USD_A_TOKEN, Day, Service, work

from ccmeter.limits.calibrate import (
    Ratio,
    Rise,
    Worth,
    ratio,
    rises,
    rounding,
    spread,
    together,
    worth,
)
from ccmeter.limits.samples import Seen, Step, Window, read_line, windows

NOON = 1_795_435_200_000
HOUR = 3_600_000
SEED = "a test"


def window(*sights: tuple[float, int], resets: int = NOON + 2 * HOUR) -> Window:
    """A window of maxima, as (percent, minutes after noon)."""
    steps = [Step(round(used * 100), NOON + at * 60_000, NOON + at * 60_000) for used, at in sights]
    return Window("five_hour", resets, tuple(steps))


def minutes(rise: Rise) -> tuple[int, int]:
    return (rise.since_ms - NOON) // 60_000, (rise.until_ms - NOON) // 60_000


def test_an_increase_reaches_from_the_second_sight_to_the_last() -> None:
    """Nobody knows how long the first percentage had been true; the others were just reached."""
    (rise,) = rises([window((10, 0), (12, 5), (14, 9), (20, 60))], [])

    assert (minutes(rise), rise.points, rise.step, rise.piece) == ((5, 60), 800, 100, 0)


def test_of_two_sights_the_first_is_taken_too() -> None:
    (rise,) = rises([window((10, 0), (20, 60))], [])

    assert (minutes(rise), rise.points) == ((0, 60), 1000)


@pytest.mark.parametrize(
    ("sights", "count"),
    [([(3, 0)], 0), ([(3, 0), (7.9, 9)], 0), ([(3, 0), (8, 9)], 1), ([(1, 0), (3, 1), (7, 9)], 0)],
)
def test_a_window_has_to_rise_by_five_points(sights: list[tuple[float, int]], count: int) -> None:
    assert len(rises([window(*sights)], [])) == count


def test_no_increase_reaches_across_a_change_of_the_limit() -> None:
    sights = [(0, 0), (1, 1), (11, 20), (21, 40), (31, 60), (41, 80)]
    found = rises([window(*sights)], [NOON + 30 * 60_000])

    assert [(minutes(rise), rise.points, rise.piece) for rise in found] == [
        ((1, 20), 1000, 0),
        ((60, 80), 1000, 1),
    ]


def test_the_moment_of_a_change_belongs_to_what_comes_after_it() -> None:
    found = rises([window((0, 0), (10, 30), (20, 60))], [NOON + 30 * 60_000])

    assert [(minutes(rise), rise.piece) for rise in found] == [((30, 60), 1)]


def test_no_increase_reaches_across_the_sight_of_another_window() -> None:
    """Two accounts in turn, or a limit that was reset: what was spent meanwhile is the other's."""
    one = window((0, 0), (10, 10), (50, 30), (60, 40), (75, 50))
    other = window((3, 20), resets=NOON + 4 * HOUR)

    assert [(minutes(rise), rise.points) for rise in rises([one, other], [])] == [((40, 50), 1500)]


def test_windows_one_after_another_are_measured_each() -> None:
    found = rises(
        [window((0, 0), (30, 90)), window((0, 130), (40, 200), resets=NOON + 7 * HOUR)], []
    )

    assert [rise.points for rise in found] == [3000, 4000]


@pytest.mark.parametrize(
    ("sights", "step"),
    [([(1, 0), (20, 9)], 100), ([(1, 0), (20.5, 9)], 10), ([(1, 0), (20.25, 9)], 1)],
)
def test_how_percentages_are_rounded_is_seen_from_them(
    sights: list[tuple[float, int]], step: int
) -> None:
    assert rounding(window(*sights)) == step


def test_an_increase_gives_an_interval() -> None:
    """Six dollars for 10 points, each end rounded to whole points, one dollar late at either end.

    At least 5 dollars for less than 11 points, at most 7 for more than 9: 100 points are worth
    between 45.45 and 77.78 dollars.
    """
    rise = Rise(window((10, 0), (20, 60)), 0, NOON, NOON + HOUR, 1000, 100)
    found = ratio(rise, Decimal(6), before=Decimal(1), behind=Decimal(1))

    assert found.points == 1000
    assert [round(value, 2) for value in found[1:]] == [
        Decimal("45.45"),
        Decimal("60.00"),
        Decimal("77.78"),
    ]


def test_an_increase_that_one_late_response_explains_has_no_lower_end() -> None:
    rise = Rise(window((10, 0), (20, 60)), 0, NOON, NOON + HOUR, 1000, 100)

    assert ratio(rise, Decimal(1), Decimal(0), behind=Decimal(3)).low == 0


def about(*worths: int, points: int = 1000) -> list[Ratio]:
    """Windows, each sure to a tenth."""
    return [Ratio(points, *(Decimal(w) * n / 10 for n in (9, 10, 11))) for w in worths]


def test_fewer_than_three_windows_say_nothing() -> None:
    assert worth(about(60, 60), SEED) is None
    assert worth([], SEED) is None


def test_three_windows_that_agree_are_as_sure_as_each_of_them() -> None:
    assert worth(about(60, 60, 60), SEED) == Worth(
        Decimal(54), Decimal(60), Decimal(66), Decimal(0)
    )


def test_three_windows_that_disagree_are_as_far_apart_as_they_are() -> None:
    found = worth(about(40, 60, 90), SEED)

    assert found
    assert found[:3] == (Decimal(36), Decimal(60), Decimal(99))
    assert found.spread == Decimal(1) / 3  # of 0, 1/3 and 1/2 the median


def test_a_window_weighs_as_much_as_it_has_points() -> None:
    windows_ = [*about(40, 50, points=500), *about(70, points=1500)]

    assert together(windows_).mid == 70
    assert together(windows_).points == 2500


def test_windows_that_a_telephone_used_too_do_not_move_the_others() -> None:
    """A percentage that rose without cost here makes a window look cheap."""
    alone, disturbed = about(*[60] * 9), about(5, 12, 31)
    found = worth([*alone, *disturbed], SEED)

    assert found
    assert found.mid == 60
    assert found.low > 25


def test_the_same_windows_give_the_same_interval() -> None:
    ratios = about(*range(40, 80))

    assert len({worth(ratios, SEED) for _ in range(10)}) == 1


def test_how_far_windows_are_apart_is_a_share() -> None:
    assert spread(about(50, 100, 100, 110, 120)) == Decimal("0.1")
    assert spread([Ratio(1000, Decimal(), Decimal(), Decimal())]) == 0


positive = st.integers(1, 10**6)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(positive, positive, positive, st.integers(500, 9000)), min_size=3, max_size=12
    )
)
def test_the_interval_holds_its_middle_whatever_the_windows_say(
    values: list[tuple[int, int, int, int]],
) -> None:
    ratios = [Ratio(points, *sorted(map(Decimal, found))) for *found, points in values]
    found = worth(ratios, SEED)

    assert found
    assert found.low <= found.mid <= found.high
    assert min(r.low for r in ratios) <= found.low
    assert found.high <= max(r.high for r in ratios)


def usd(tokens: int) -> Decimal:
    """The cost of output, exactly: a token is 20 millionths of a dollar."""
    return Decimal(tokens) * 20 / 10**6


def seen_of(day: Day) -> list[Seen]:
    """What the lines show, without the database."""
    times: dict[tuple[str, str, int, int], list[int]] = {}
    for line in day.shown:
        for sample in read_line(json.dumps(line).encode()):
            key = (sample.folder, sample.kind, sample.resets_ms, sample.used)
            times.setdefault(key, []).append(sample.time_ms)
    return [Seen(*key, min(found), max(found)) for key, found in times.items()]


def recovered(seed: int, kind: str, budget: float, days: int, **options: Any) -> Worth | None:
    """Let somebody work for some days; measure what the budget was."""
    rng = random.Random(seed)
    service = Service({kind: budget}, digits=options.pop("digits", 2))
    day = work(service, rng, NOON // DAY * DAY, days, **options)

    def cost(since: int, until: int) -> Decimal:
        return usd(sum(tokens for time, tokens in day.responses if since < time <= until))

    measured = [
        ratio(
            rise,
            cost(rise.since_ms, rise.until_ms),
            cost(rise.since_ms - 60_000, rise.since_ms),
            cost(max(rise.since_ms, rise.until_ms - 60_000), rise.until_ms),
        )
        for rise in rises(windows(seen_of(day)), [])
    ]
    return worth([each for each in measured if each.mid], str(seed))


ULTRA = partial(recovered, kind="five_hour", budget=60.0)
PRO = partial(recovered, kind="five_hour", budget=12.0, usd=(0.05, 0.6), gap_s=(60, 900))
WEEK = partial(recovered, kind="seven_day", budget=600.0, days=28, gap_s=(120, 1200))
WORLDS = {
    "two days": partial(ULTRA, days=2),
    "ten days": partial(ULTRA, days=10),
    "a small plan": partial(PRO, days=3),
    "tenths of a percent": partial(ULTRA, days=3, digits=3),
    "no rounding": partial(ULTRA, days=3, digits=6),
    "half of it headless": partial(ULTRA, days=4, headless=0.5),
    "nearly all of it headless": partial(ULTRA, days=10, headless=0.95),
    "many stale lines": partial(ULTRA, days=3, stale=0.8),
    "weeks": WEEK,
}
RUNS = 40


@pytest.mark.parametrize("world", WORLDS)
def test_a_budget_is_recovered_within_its_interval_in_95_of_100_runs(world: str) -> None:
    run = WORLDS[world]
    found = [run(seed) for seed in range(RUNS if world != "weeks" else 20)]
    known = [each for each in found if each]
    budget = Decimal(run.keywords["budget"])
    held = [each.low <= budget <= each.high for each in known]
    off = sum((each.mid / budget - 1 for each in known), Decimal()) / len(known)

    assert len(known) == len(found)
    assert sum(held) >= 0.95 * len(held)
    assert abs(off) < Decimal("0.01")  # no bias
    assert max((each.high - each.low) / budget for each in known) < Decimal("0.4")


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    budget=st.floats(8, 800),
    digits=st.integers(2, 4),
    headless=st.floats(0, 0.9),
    stale=st.floats(0, 0.9),
)
def test_whatever_the_budget_it_lies_in_the_interval(
    seed: int, budget: float, digits: int, headless: float, stale: float
) -> None:
    rng = random.Random(seed)
    usual = budget / rng.uniform(60, 300)
    found = recovered(
        seed, "five_hour", budget, 4, digits=digits, headless=headless, stale=stale,
        usd=(usual / 10, usual * 2), gap_s=(90, 600),
    )  # fmt: skip

    if found:
        assert found.low <= Decimal(budget) <= found.high


def test_two_budgets_are_told_apart_at_a_known_change() -> None:
    rng = random.Random(5)
    before, behind = Service({"five_hour": 60.0}), Service({"five_hour": 75.0})
    start = NOON // DAY * DAY
    early, late = work(before, rng, start, 5), work(behind, rng, start + 5 * DAY, 5)
    both = Day(early.responses + late.responses, early.shown + late.shown)
    found = rises(windows(seen_of(both)), [start + 5 * DAY])

    def cost(rise: Rise) -> Decimal:
        inside = (n for t, n in both.responses if rise.since_ms < t <= rise.until_ms)
        return usd(sum(inside))

    one, two = (
        together(
            [ratio(rise, cost(rise), Decimal(), Decimal()) for rise in found if rise.piece == n]
        )
        for n in (0, 1)
    )

    assert abs(one.mid / 60 - 1) < Decimal("0.02")
    assert abs(two.mid / 75 - 1) < Decimal("0.02")


def test_the_helper_prices_a_token_as_the_tests_do() -> None:
    assert float(usd(50_000)) == pytest.approx(50_000 * USD_A_TOKEN)
