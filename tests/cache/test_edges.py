"""A threshold is reached by the number itself."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from ccmeter.cache.alerts import Alert
from ccmeter.cache.judge import Judged, judge
from ccmeter.cache.rules import advice, alerts
from ccmeter.cache.sessions import thread_alerts
from ccmeter.cache.steps import Step, StepPrices
from ccmeter.cache.tally import Losses, Tally

MakeStep = Callable[..., Step]
ROUND = StepPrices(Decimal(5), Decimal("0.5"), Decimal("10.5"), Decimal("10.5"))  # $10 a million


def told(*steps: Step) -> dict[str, Alert]:
    return {alert.rule: alert for alert in alerts([judge(steps)])}


def advised(*steps: Step) -> dict[str, Alert]:
    return {alert.rule: alert for alert in advice([judge(steps)])}


def lost(step: MakeStep, *sizes: int, gap_s: float = 30, **more: object) -> list[Step]:
    """A start, then rebuilds that read nothing and lose this many tokens."""
    write = "write_5m" if more.pop("short", False) else "write_1h"
    rows = [step(0, **{write: sizes[0]}, prices=ROUND, **more)]
    for number, size in enumerate(sizes, 1):
        rows.append(step(gap_s * number, **{write: size}, prices=ROUND, **more))
    return [row._replace(input_tokens=0) for row in rows]


@pytest.mark.parametrize(
    ("size", "level"),
    [(24_999, "info"), (25_000, "notice"), (99_999, "notice"), (100_000, "warning")],
)
def test_the_cost_of_a_rebuild(step: MakeStep, size: int, level: str) -> None:
    assert told(*lost(step, size))["R1"].level == level


@pytest.mark.parametrize(
    ("gap_s", "sizes", "level"),
    [
        (59.999, [100_000], "warning"),
        (60, [100_000], "info"),
        (60, [100_000, 100_000], "notice"),
        (60, [99_999, 100_000], "info"),
        (60, [100_000, 99_999], "info"),
        (60, [100_000, 100_001, 20_000], "notice"),
    ],
)
def test_the_grey_part_of_five_minutes(
    step: MakeStep, gap_s: float, sizes: list[int], level: str
) -> None:
    assert told(*lost(step, *sizes, gap_s=gap_s, short=True))["R1"].level == level


def test_a_pinned_cache(step: MakeStep) -> None:
    def pinned(*writes: int) -> set[str]:
        rows = [step(0, write_1h=100_000, input_tokens=0)]
        for number, write in enumerate(writes, 1):
            rows.append(step(9 * number, 60_000, write, input_tokens=40_000))
        return set(told(*rows))

    assert "R2" in pinned(50_000, 55_000, 57_500)  # halves of 100,000, 110,000 and 115,000
    assert "R2" not in pinned(49_999, 55_000, 57_500)


@pytest.mark.parametrize(("reads", "same"), [((9_000, 9_064), True), ((9_000, 9_065), False)])
def test_one_floor(step: MakeStep, reads: tuple[int, int], same: bool) -> None:
    first, second = reads
    rows = [step(0, write_1h=90_000)]
    rows += [step(9 * n, r, 90_000) for n, r in enumerate((first, second, first), 1)]

    assert ("R2" in told(*rows)) is same


def test_sentences_about_a_floor_say_whether_hits_lie_between(step: MakeStep) -> None:
    found = told(*lost(step, 50_000, 50_000, 50_000))

    assert "in a row" in found["R2"].message
    assert "of this thread" in found["R2b"].message


def test_a_cluster_is_told_again_at_twice_its_size(step: MakeStep) -> None:
    rows = lost(step, *[50_000] * 6)
    clusters = [a.tokens for a in alerts([judge(rows)]) if a.rule == "R5"]

    assert clusters == [150_000, 300_000]


def test_writes_that_tell_a_lifetime(step: MakeStep) -> None:
    def falls(long: int, short: int, both: int = 0) -> bool:
        rows = [step(n, 9_000, long) for n in range(3)]
        rows += [step(9 + n, 9_000, both, write_5m=short) for n in range(3)]
        return "R4" in told(*rows)

    assert falls(1_000, 1_000)
    assert not falls(999, 1_000)
    assert not falls(1_000, 999)
    assert not falls(1_000, 5_000, both=5_000)  # half is still an hour's
    assert falls(1_000, 5_001, both=4_999)


def test_uncached_tails(step: MakeStep) -> None:
    def warned(tokens: int, read: int) -> str:
        rows = [step(60 * n, read, input_tokens=tokens) for n in range(1, 4)]
        return told(*rows)["R7"].message if "R7" in told(*rows) else ""

    assert "11:07" in warned(10_000, 40_000)  # since the first of them, at exactly 20 %
    assert not warned(9_999, 9_000)
    assert not warned(10_000, 40_001)


def verdict(step: MakeStep, cost: str, excess: str, **more: int) -> dict[str, Alert]:
    """The alerts on a thread of 20 requests that lost 150,000 tokens in two rebuilds."""
    losses = Losses(2, more.pop("tokens", 150_000), Decimal(excess), step(0).start_ms)
    sums = {"requests": 20, "prompt_tokens": 500_000, "read_tokens": 400_000} | more
    tally = Tally(**sums, cost_usd=Decimal(cost), losses=(losses, *[Losses()] * 3))
    return {alert.rule: alert for alert in thread_alerts(step(60), tally)}


def test_the_share_of_rebuilds_in_the_cost_of_a_session(step: MakeStep) -> None:
    assert set(verdict(step, "5.00", "1.00")) == {"R1W"}  # exactly 1.25
    assert set(verdict(step, "5.01", "1.00")) == set()
    assert set(verdict(step, "3.00", "1.00")) == {"R1A"}  # exactly 1.5
    assert set(verdict(step, "3.01", "1.00")) == {"R1W"}
    assert set(verdict(step, "2.00", "0.99")) == set()  # below a dollar
    assert set(verdict(step, "2.00", "0.99", tokens=200_000)) == {"R1A"}
    assert set(verdict(step, "2.00", "0.99", tokens=199_999)) == set()
    assert set(verdict(step, "5.00", "5.00")) == set()  # nothing would be left
    assert set(verdict(step, "1.50", "1.00")) == {"R1A"}  # half a dollar is


def test_the_verdict_on_a_session_holds_its_sums(step: MakeStep) -> None:
    alert = verdict(step, "5.00", "1.00")["R1W"]

    assert (alert.tokens, alert.usd, alert.is_sum) == (150_000, 1, True)
    assert alert.message == (
        "Rebuilds without an ordinary cause made this session 1.25x as expensive as with a "
        "healthy cache since 2026-11-18 11:06 UTC: 150,000 tokens sent again, "
        "about $1.00 more than a hit."
    )


def test_a_hit_ratio_that_is_too_low(step: MakeStep) -> None:
    low = verdict(step, "1", "0", read_tokens=399_999)["R6"]

    assert (low.level, low.tokens, low.is_sum) == ("watch", 0, True)
    assert "80% of 500,000 tokens" in low.message
    assert verdict(step, "1", "0") == {}
    assert verdict(step, "1", "0", read_tokens=1, prompt_tokens=499_999) == {}
    assert verdict(step, "1", "0", read_tokens=1, requests=19) == {}


def test_a_verdict_is_about_claudes_own_threads(step: MakeStep) -> None:
    tally = Tally(20, 500_000, 0)

    assert thread_alerts(step(0, is_claude=False), Tally()) == []
    assert thread_alerts(step(0, agent="acompact-1"), tally) == []
    assert thread_alerts(step(0, agent="a1"), tally) == []
    assert [alert.rule for alert in thread_alerts(step(0), tally)] == ["R6"]


def test_another_model_that_answers_last_hides_nothing_of_what_claude_lost(step: MakeStep) -> None:
    """Say a gateway's model for the last title: the session was as dear before it."""
    rows = [*lost(step, *[30_000] * 20), step(5_000, is_claude=False, model="glm-5.1", prices=None)]
    found = told(*rows)

    assert found["R1A"].level == "alarm"
    assert found["R1A"].tokens == told(*rows[:-1])["R1A"].tokens


def test_the_verdict_on_a_subagent_is_on_it_alone(step: MakeStep) -> None:
    found = told(*[row._replace(agent="a1") for row in lost(step, *[30_000] * 20)])

    assert found["R1A"].message.startswith(
        "In a subagent, rebuilds without an ordinary cause made it "
    )


def idle(step: MakeStep, *sizes: int, prices: StepPrices | None = ROUND) -> list[Step]:
    return [row._replace(prices=prices) for row in lost(step, *sizes, gap_s=9_000)]


def test_pauses_that_are_worth_an_advice(step: MakeStep) -> None:
    assert advised(*idle(step, 50_000, 49_999)) == {}
    found = advised(*idle(step, 50_000, 50_000))["idle"]
    assert (found.tokens, found.usd, found.is_sum) == (100_000, 1, True)
    assert "2 pauses" in found.message
    assert advised(*idle(step, 199_999, prices=None)) == {}
    assert "idle" in advised(*idle(step, 200_000, prices=None))


def test_compactions_that_are_worth_an_advice(step: MakeStep) -> None:
    def count(*marks: tuple[str, ...]) -> set[str]:
        rows = [step(9 * n, read=50_000 * (n > 0), marks=m) for n, m in enumerate(((), *marks))]
        return set(advised(*rows))

    one = ("compact:auto", "compact_summary")
    assert count(one, one) == set()
    assert count(one, one, ("compact",)) == {"compactions"}
    many = [step(9 * n, read=50_000, marks=one) for n in range(9)]
    assert len(advice([judge(many)])) == 1
    assert count(*[("compact_summary",), ("microcompact",), ("command:compact",)] * 3) == set()


def test_switches_that_are_worth_an_advice(step: MakeStep) -> None:
    def switched(gap_s: float) -> list[Judged]:
        rows = [step(gap_s * n, write_1h=60_000, model=f"claude-opus-{n}") for n in range(4)]
        return judge(rows)

    (alert,) = advice([switched(1_800)])
    assert (alert.rule, "changed 3 times since 2026-11-18 11:36" in alert.message) == (
        "ping-pong",
        True,
    )
    assert advice([switched(1_800.001)]) == []
