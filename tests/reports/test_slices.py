"""What a report cannot tell apart is read as one sum; what it can tell apart never is."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metered import MINUTE, START_MS, Place, answer

from ccmeter.reports.estimator import load_missing
from ccmeter.store.read import Slice, load_slices, typical_prompt

LATER = START_MS + 48 * 3_600_000
LONG = 200_000


def slices(place: Place) -> list[Slice]:
    return load_slices(place.sync().connection, [(START_MS, LATER, 0)], [LONG])


def test_effort_stop_and_cache_lifetime_make_no_sum_of_their_own(place: Place) -> None:
    place.write(
        "s",
        answer("s", "m1", 1),
        answer("s", "m2", 2, stop_reason="tool_use", effort="high"),
        answer("s", "m3", 3, promptCacheRequested="1h", read=LONG - 1000),
        answer("s", "m4", 4, isAbortedMidStream=True, stop_reason=None),
    )

    (found,) = slices(place)

    assert (found.responses, found.unfinished) == (4, 1)
    assert tuple(found.usage) == (4000, 2000, LONG - 1000, 0, 0, 0)


def test_subagents_of_one_type_are_one_sum_but_not_with_the_main_thread(place: Place) -> None:
    place.write("s", answer("s", "m1", 1), answer("s", "m2", 2))
    for agent, kind in (("a", "Explore"), ("b", "Explore"), ("c", "Plan"), ("d", None)):
        extra = {"attributionAgent": kind} if kind else {}
        line = answer("s", f"m-{agent}", 3, isSidechain=True, agentId=agent, **extra)
        place.write(f"s/subagents/agent-{agent}", line)

    found = {(bool(p.who.agent), p.who.agent_type): p.responses for p in slices(place)}

    assert found == {(False, None): 2, (True, "Explore"): 2, (True, "Plan"): 1, (True, None): 1}


@pytest.mark.parametrize(
    "other",
    [
        {"model": "claude-haiku-5-5"},
        {"requestedModel": "claude-haiku-5-5"},
        {"usage": {"speed": "fast"}},
        {"usage": {"inference_geo": "us"}},
        {"usage": {"service_tier": "batch"}},
        {"read": LONG - 999},
        {"cwd": "/w/house"},
        {"version": "2.1.331"},
        {"entrypoint": "sdk-py"},
        {"minute": 24 * 60},
    ],
    ids=str,
)
def test_what_a_report_shows_or_a_price_depends_on_makes_two(
    place: Place, other: dict[str, Any]
) -> None:
    minute = other.pop("minute", 2)
    place.write("s", answer("s", "m1", 1), answer("s", "m2", minute, **other))

    assert [piece.responses for piece in slices(place)] == [1, 1]


def test_a_long_context_price_starts_one_token_above_its_threshold() -> None:
    found = [typical_prompt(tokens, [LONG, 2 * LONG]) for tokens in (0, LONG, LONG + 1, 2 * LONG)]

    assert found == [0, 0, LONG + 1, LONG + 1]


def test_sessions_are_never_joined(place: Place) -> None:
    for name in ("s", "t"):
        place.write(name, answer(name, f"m-{name}", 1))

    assert sorted(piece.who.session for piece in slices(place)) == ["s", "t"]


def test_estimates_of_one_owner_and_day_are_one_sum(place: Place) -> None:
    text = {"type": "text", "text": "x" * 1000}
    lines = [
        answer("s", f"m{n}", n, output=4, stop_reason=None, model="claude-opus-5", content=[text])
        for n in range(10)
    ]
    place.write("s", *lines)
    stretch = (START_MS, LATER, 0)

    (found,) = load_missing(place.sync().connection, [stretch], [LONG], counted=False)

    # 1,000 bytes of text: 0.4563 tokens each and 24.3 by itself, 4 of them written
    assert found.missing_output == 10 * (481 - 4)
    assert (found.responses, found.usage.output_tokens) == (0, 0)


minutes = st.integers(0, 4 * 24 * 60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    asked=st.lists(minutes, max_size=20, unique=True),
    ends=st.tuples(minutes, minutes).map(sorted),
    quarters=st.integers(-48, 56),
)
def test_each_answer_of_a_stretch_falls_on_its_local_and_its_utc_day(
    place: Place, asked: list[int], ends: list[int], quarters: int
) -> None:
    place.connection.execute("delete from responses")
    place.connection.commit()
    place.write("s", *(answer("s", f"m{minute}", minute) for minute in asked))
    since, until = (START_MS + minute * MINUTE for minute in ends)
    zone = timezone(timedelta(minutes=15 * quarters))

    shift = quarters * 15 * MINUTE
    found = load_slices(place.sync(full=True).connection, [(since, until, shift)], [LONG])

    moments = [START_MS + minute * MINUTE for minute in asked]
    within = [moment / 1000 for moment in moments if since <= moment < until]
    assert {(p.local_day, p.utc_day): p.responses for p in found} == Counter(
        (datetime.fromtimestamp(m, zone).date(), datetime.fromtimestamp(m, UTC).date().isoformat())
        for m in within
    )
