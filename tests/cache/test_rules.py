"""When requests of a thread raise an alert, how grave it is, and when it stays silent."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from ccmeter.cache.alerts import Alert
from ccmeter.cache.judge import judge
from ccmeter.cache.rules import advice, alerts
from ccmeter.cache.steps import Step
from ccmeter.cache.thresholds import LIMITS

MakeStep = Callable[..., Step]


def told(*steps: Step) -> dict[str, Alert]:
    """The last alert of each rule."""
    return {alert.rule: alert for alert in alerts([judge(steps)])}


def levels(*steps: Step) -> dict[str, str]:
    return {rule: alert.level for rule, alert in told(*steps).items()}


def rebuilds(
    step: MakeStep, floors: Sequence[int], gap_s: float = 30, size: int = 50_000, **more: Any
) -> list[Step]:
    """A warm start, then rebuilds that read these floors."""
    write = "write_5m" if more.pop("short", False) else "write_1h"
    first = step(0, **{write: size}, **more)
    return [first] + [
        step(gap_s * n, read=floor, **{write: size - floor}, **more)
        for n, floor in enumerate(floors, 1)
    ]


@pytest.mark.parametrize(
    ("tokens", "level"),  # Opus, an hour: $9.50 a million
    [
        (26_000, "info"),  # $0.247
        (26_400, "notice"),  # $0.2508
        (99_000, "notice"),
        (106_000, "warning"),  # $1.007
    ],
)
def test_the_level_of_a_rebuild_grows_with_its_cost(
    step: MakeStep, tokens: int, level: str
) -> None:
    assert levels(*rebuilds(step, [0], size=tokens)) == {"R1": level}


@pytest.mark.parametrize(
    ("tokens", "level"), [(99_999, "info"), (100_000, "notice"), (200_000, "warning")]
)
def test_without_a_price_the_level_grows_with_the_tokens(
    step: MakeStep, tokens: int, level: str
) -> None:
    assert levels(*rebuilds(step, [0], size=tokens, prices=None)) == {"R1": level}


def test_a_warning_says_what_when_how_much_and_how_we_know(step: MakeStep) -> None:
    steps = rebuilds(step, [0], gap_s=24, size=423_633, miss_reason="tools_changed")
    alert = told(*steps)["R1"]

    assert alert.message == (
        "The tool list changed and the cache was rebuilt: 423,633 tokens that should have been "
        "read were sent again 24 s after the previous request, at 2026-11-18 11:07 UTC, "
        "about $4.02 more than a hit; the API says: tools_changed."
    )
    assert "MCP" in alert.advice
    assert (alert.tokens, alert.usd) == (423_633, Decimal("4.0245135"))
    assert (alert.session, alert.agent, alert.version) == ("s1", "", "2.1.219")


@pytest.mark.parametrize(
    ("floor", "guess"),
    [(0, "tools"), (14_000, "system prompt"), (20_000, "messages"), (40_000, None)],
)
def test_where_the_read_ended_is_a_guess_and_called_one(
    step: MakeStep, floor: int, guess: str | None
) -> None:
    message = told(*rebuilds(step, [floor], size=200_000))["R1"].message

    assert "inferred" in message
    assert ("probably" in message) == (guess is not None)
    assert guess is None or guess in message


def test_in_the_short_tier_a_minute_of_pause_is_grey(step: MakeStep) -> None:
    grey = {"gap_s": 100, "size": 300_000, "short": True}

    assert levels(*rebuilds(step, [0], **grey)) == {"R1": "info"}
    assert levels(*rebuilds(step, [0, 90_000], **grey)) == {"R1": "notice"}
    assert levels(*rebuilds(step, [0], **(grey | {"gap_s": 59}))) == {"R1": "warning"}
    assert levels(*rebuilds(step, [0], **grey, miss_reason="tools_changed")) == {"R1": "warning"}


def test_three_grey_rebuilds_in_an_hour_are_only_worth_a_notice(step: MakeStep) -> None:
    floors = [0, 9_000, 20_000]

    assert levels(*rebuilds(step, floors, gap_s=100, short=True))["R5"] == "notice"
    assert levels(*rebuilds(step, floors, gap_s=50, short=True))["R5"] == "warning"


def test_three_rebuilds_in_a_row_at_one_floor_are_a_pinned_cache(step: MakeStep) -> None:
    found = told(*rebuilds(step, [20_601, 20_601, 20_650], size=100_000))

    assert (found["R2"].level, found["R2b"].level) == ("alarm", "alarm")
    assert "3 rebuilds in a row" in found["R2"].message
    assert found["R2"].tokens == 79_399 + 79_399 + 79_350
    assert "R2" not in told(*rebuilds(step, [20_601, 20_601, 20_710], size=100_000))


def test_a_hit_in_between_breaks_the_row_but_not_the_floor(step: MakeStep) -> None:
    steps = rebuilds(step, [20_000] * 3, size=100_000)
    steps.insert(3, step(70, read=100_000, write_1h=10))
    found = told(*steps)

    assert "R2" not in found
    assert found["R2b"].level == "alarm"


def test_a_cache_that_is_pinned_is_an_alarm_however_small_the_prompt(step: MakeStep) -> None:
    assert told(*rebuilds(step, [2_000] * 3, size=4_500))["R2"].level == "alarm"


def test_alerts_about_a_subagent_say_so(step: MakeStep) -> None:
    steps = rebuilds(step, [20_601, 20_601, 20_650], size=100_000)
    agent = told(*[one._replace(agent="a1") for one in steps])

    assert agent["R2"].message.startswith("In a subagent, the cache is pinned at 20,601 tokens: 3")
    assert "its task" in agent["R2"].advice
    assert agent["R1"].message.startswith("In a subagent, cache rebuilt without a known reason")
    assert "subagent" not in told(*steps)["R2"].message


def test_a_row_needs_large_writes(step: MakeStep) -> None:
    steps = [step(0, write_1h=100_000)]
    steps += [step(20 * n, read=60_000, write_1h=40_000 - n) for n in range(1, 4)]

    assert "R2" not in told(*steps)


def test_floors_are_told_apart(step: MakeStep) -> None:
    floors = [1_000 * n for n in range(10)] * 2

    assert "R2b" not in told(*rebuilds(step, floors, size=60_000))


def resumes(step: MakeStep, *lost: bool, **more: Any) -> list[Step]:
    steps, size = [step(0, write_1h=60_000)], 60_000
    for number, miss in enumerate(lost, 1):
        read, write = (9_000, size - 9_000) if miss else (size, 0)
        steps.append(step(100 * number, read, write, new_process=True, **more))
    return steps


def test_a_resume_that_loses_the_cache_is_told(step: MakeStep) -> None:
    assert levels(*resumes(step, True)) == {"R1": "notice", "R3": "notice"}
    assert "R3" not in told(*resumes(step, False, False))


@pytest.mark.parametrize(
    ("lost", "level"),
    [
        ((True, False, True), "alarm"),
        ((True, False, False, True), "notice"),
        ((True, False, False, True, True), "alarm"),
    ],
)
def test_two_of_the_last_three_resumes_are_an_alarm(
    step: MakeStep, lost: tuple[bool, ...], level: str
) -> None:
    assert levels(*resumes(step, *lost))["R3"] == level


def test_a_resume_after_an_upgrade_or_of_an_agent_is_silent(step: MakeStep) -> None:
    assert told(*resumes(step, True, version="2.1.220")) == {}
    steps = [one._replace(agent="a1") for one in resumes(step, True)]
    assert levels(*steps) == {"R1": "notice"}


def writes(step: MakeStep, tiers: str, size: int = 3_000, **more: Any) -> list[Step]:
    """h writes for an hour, m for five minutes."""
    steps, read = [], 30_000
    for number, tier in enumerate(tiers):
        write = {"write_1h": size} if tier == "h" else {"write_5m": size}
        steps.append(step(20 * number, read=read, **write, **more))
        read += size
    return steps


@pytest.mark.parametrize(
    ("tiers", "falls"),
    [
        ("hhhmm", True),  # two of the last three
        ("hhhm", False),
        ("hhm", False),
        ("hhmm", True),
        ("hmh", False),
        ("hmhm", True),  # to and fro is a fall as well
        ("mmmmmm", False),  # an API key never had an hour
        ("mmmhhh", False),
        ("hhhhmmmmhhhmmm", True),
        ("mmmhhmm", True),
    ],
)
def test_the_lifetime_of_the_main_thread_falls(step: MakeStep, tiers: str, falls: bool) -> None:
    assert levels(*writes(step, tiers)) == ({"R4": "watch"} if falls else {})


def test_small_writes_and_those_without_a_lifetime_say_nothing(step: MakeStep) -> None:
    assert told(*writes(step, "hhhmmm", size=999)) == {}
    steps = writes(step, "hhhmmm")
    assert told(*(s._replace(untyped_write=bool(s.cache_write_5m_tokens)) for s in steps)) == {}


def test_agents_never_raise_an_alert_about_lifetimes(step: MakeStep) -> None:
    assert told(*writes(step, "hhhmmm", agent="a1", cache_requested="1h")) == {}


def test_a_lifetime_that_was_asked_for_and_not_given_is_an_alarm(step: MakeStep) -> None:
    assert levels(*writes(step, "m", cache_requested="1h")) == {"R4S": "alarm"}
    assert levels(*writes(step, "mmmmm", cache_requested="1h")) == {"R4S": "alarm"}
    assert levels(*writes(step, "hhhhmm", cache_requested="1h"))["R4S"] == "alarm"
    assert told(*writes(step, "hmh", cache_requested="5m")) == {}
    short = writes(step, "mmmm", cache_requested="5m")
    assert told(*short) == {}
    assert levels(*short[:3], short[3]._replace(cache_requested="1h")) == {"R4S": "alarm"}


def test_the_client_that_asks_for_less_is_named(step: MakeStep) -> None:
    steps = writes(step, "hhh") + writes(step, "hhhmmm", cache_requested="5m")[3:]

    assert "asks for 5m" in told(*steps)["R4"].message
    assert "overage" in told(*steps)["R4"].advice


def test_three_suspect_rebuilds_within_an_hour_are_a_warning(step: MakeStep) -> None:
    floors = [0, 9_000, 20_000]

    assert levels(*rebuilds(step, floors, gap_s=1_800))["R5"] == "warning"
    assert "R5" not in told(*rebuilds(step, floors, gap_s=1_801))
    assert told(*rebuilds(step, floors, gap_s=1_800))["R5"].tokens == 50_000 + 41_000 + 30_000


def tails(step: MakeStep, *inputs: int, read: int = 8_192, **more: Any) -> list[Step]:
    return [step(20 * n, read=read, input_tokens=i, **more) for n, i in enumerate(inputs)]


def test_three_large_uncached_tails_in_a_row_are_a_warning(step: MakeStep) -> None:
    assert levels(*tails(step, 60_000, 65_000, 70_000)) == {"R7": "warning"}
    assert told(*tails(step, 60_000, 65_000, 70_000))["R7"].tokens == 195_000
    assert told(*tails(step, 60_000, 65_000)) == {}
    assert told(*tails(step, 60_000, 65_000, 5, 70_000, 70_000)) == {}
    assert told(*tails(step, 9_999, 9_999, 9_999)) == {}
    assert told(*tails(step, 20_000, 20_000, 20_000, read=90_000)) == {}
    off = told(*tails(step, *[60_000] * 3, read=0, cache_requested="off"))
    assert "switched off" in off["R7"].message


def test_models_that_are_not_claudes_raise_nothing(step: MakeStep) -> None:
    foreign = {"model": "glm-5.1", "is_claude": False}
    steps = rebuilds(step, [0] * 25, size=300_000, **foreign)

    assert told(*steps, *tails(step, *[60_000] * 5, **foreign)) == {}


@pytest.mark.parametrize(
    "agent", ["acompact-9ba7", "aprompt_suggestion-1", "agent-aside_question-2"]
)
def test_the_helpers_of_the_client_raise_nothing(step: MakeStep, agent: str) -> None:
    assert told(*rebuilds(step, [0] * 25, size=300_000, agent=agent)) == {}


def session(step: MakeStep, hits: int, losses: int, size: int = 100_000) -> list[Step]:
    """Hits of $0.0515 and, with an hour between each, rebuilds of $1.0015, $0.95 of it excess."""
    steps = [step(0, write_1h=size)]
    for number in range(1, hits + losses + 1):
        miss = number <= losses
        steps.append(
            step(3_000 * number, 0 if miss else size, size if miss else 0, output_tokens=60)
        )
    return steps


def test_a_session_that_rebuilds_made_dearer_is_a_warning_then_an_alarm(step: MakeStep) -> None:
    # cost: start 1.0075, hits 0.0515, rebuilds 1.0015 of which 0.95 excess (all Opus, one hour)
    assert levels(*session(step, 100, 2))["R1W"] == "warning"  # 8.16 / 6.26 = 1.30
    assert "R1W" not in told(*session(step, 140, 2))  # 10.2 / 8.3 = 1.23
    assert levels(*session(step, 50, 2))["R1A"] == "alarm"  # 5.59 / 3.69 = 1.52
    assert "R1W" not in told(*session(step, 50, 2))


def test_a_single_rebuild_was_warned_of_already(step: MakeStep) -> None:
    found = levels(*session(step, 30, 1, size=110_000))

    assert (found["R1"], found["R1W"]) == ("warning", "notice")


def test_a_session_of_few_requests_has_no_verdict(step: MakeStep) -> None:
    assert {"R1W", "R1A"}.isdisjoint(told(*session(step, 16, 2)))  # 19 requests
    assert "R1A" in told(*session(step, 17, 2))


def test_a_small_excess_is_no_verdict(step: MakeStep) -> None:
    assert {"R1W", "R1A"}.isdisjoint(told(*session(step, 17, 3, size=30_000)))


def test_a_main_thread_that_reads_too_little_is_watched(step: MakeStep) -> None:
    growing = [
        step(20 * n, read=13_000 * n if n % 2 else 10_000, write_1h=30_000) for n in range(20)
    ]

    assert levels(*growing)["R6"] == "watch"
    assert "R6" not in told(*growing[:19])
    assert "R6" not in told(*(one._replace(agent="a1") for one in growing))
    small = [
        one._replace(
            cache_read_tokens=one.cache_read_tokens // 9,
            cache_write_1h_tokens=one.cache_write_1h_tokens // 9,
        )
        for one in growing
    ]
    assert "R6" not in told(*small)


def test_what_is_expected_is_silent_but_worth_an_advice(step: MakeStep) -> None:
    pauses = [judge(rebuilds(step, [0, 0], gap_s=9_000, size=60_000))]
    turns = [step(20 * n, write_1h=60_000, model=f"claude-opus-{n}") for n in range(4)]
    shrinks = [step(20 * n, write_1h=60_000, marks=("compact:auto",) * (n > 0)) for n in range(4)]

    assert alerts(pauses) == alerts([judge(turns)]) == alerts([judge(shrinks)]) == []
    assert [(a.rule, a.tokens, a.usd) for a in advice(pauses)] == [
        ("idle", 120_000, Decimal("1.14"))
    ]
    assert {a.rule for a in advice([judge(turns)])} == {"ping-pong"}
    assert {a.rule for a in advice([judge(shrinks)])} == {"compactions"}
    assert {a.level for a in (*advice(pauses), *advice([judge(turns)]))} == {"advice"}


def test_little_of_it_is_worth_no_advice(step: MakeStep) -> None:
    turns = [step(1_801 * n, write_1h=60_000, model=f"claude-opus-{n}") for n in range(4)]

    assert advice([judge(rebuilds(step, [0], gap_s=9_000, size=60_000))]) == []
    assert advice([judge(turns)]) == []
    assert advice([[]]) == []


def test_thresholds_can_be_overridden(step: MakeStep) -> None:
    steps = rebuilds(step, [0], size=26_000)
    lower = LIMITS._replace(warning_usd=Decimal("0.2"))

    assert [alert.level for alert in alerts([judge(steps)], lower)] == ["warning"]
