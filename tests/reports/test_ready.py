"""The values that the statusline shows: of the local day, and of sessions that were answered."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from metered import MINUTE, START_MS, Place, answer, copied

from ccmeter.audit.keep_up import keep_up
from ccmeter.cache.thresholds import LIMITS
from ccmeter.pricing.book import load_book
from ccmeter.reports.ready import Zone, refresh
from ccmeter.store.ready import forget_ready, load_ready

UTC_ZONE: Zone = (UTC, "UTC")
HOUR = 60 * MINUTE


def today(place: Place, now_ms: int, zone: Zone = UTC_ZONE) -> dict[str, Any]:
    refresh(place.connection, load_book(), zone, [], now_ms)
    return load_ready(place.connection, "today") or {}


def session(place: Place, name: str = "s") -> dict[str, Any] | None:
    keep_up(place.connection, load_book())
    refresh(place.connection, load_book(), UTC_ZONE, [name], START_MS)
    return load_ready(place.connection, f"session/{name}")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def written(**tokens: int) -> dict[str, Any]:
    """Cache writes by lifetime."""
    split = {f"ephemeral_{tier}_input_tokens": count for tier, count in tokens.items()}
    return {"usage": {"cache_creation": split, "cache_creation_input_tokens": sum(tokens.values())}}


def test_the_day_is_the_users_and_ends_at_their_midnight(place: Place) -> None:
    """8:00 in UTC is already past midnight in Apia, and the evening before in Los Angeles."""
    place.write("s", answer("s", "m1", 0), answer("s", "m2", -9 * 60))
    place.sync()
    berlin = (ZoneInfo("Europe/Berlin"), "Europe/Berlin")
    angeles = (ZoneInfo("America/Los_Angeles"), "America/Los_Angeles")

    assert today(place, START_MS) == {
        "day": "2026-11-23",
        "zone": "UTC",
        "until_ms": ms("2026-11-24T00:00:00+00:00"),
        "list_usd": 0.014,
    }
    assert today(place, START_MS, berlin)["list_usd"] == 0.028
    assert today(place, START_MS, berlin)["until_ms"] == ms("2026-11-23T23:00:00+00:00")
    assert today(place, START_MS, angeles)["list_usd"] == 0.014
    assert today(place, START_MS - 9 * HOUR, angeles)["day"] == "2026-11-22"


def test_a_day_of_25_hours_ends_after_25_hours(place: Place) -> None:
    berlin = (ZoneInfo("Europe/Berlin"), "Europe/Berlin")

    found = today(place, ms("2026-10-25T12:00:00+01:00"), berlin)

    assert found["until_ms"] - ms("2026-10-25T00:00:00+02:00") == 25 * HOUR


def test_a_day_without_an_answer_is_not_known_to_cost_nothing(place: Place) -> None:
    """Whoever asks has begun to work; the answers may not be read yet."""
    assert "list_usd" not in today(place, START_MS)

    place.write("s", answer("s", "m1", 0, input=0, output=0))
    assert today(place.sync(), START_MS)["list_usd"] == 0


def test_a_fork_has_cost_nothing_of_its_own_before_its_first_answer(place: Place) -> None:
    first = answer("p", "p1", 0)
    place.write("p", first, age_s=100)
    place.write("f", copied(first, "f"))
    assert session(place.sync(), "f") == {"forked": True}

    place.add("f", answer("f", "f1", 5))
    found = session(place.sync(), "f") or {}
    assert found["list_usd"] == 0.014
    assert "forked" not in found


def test_a_session_costs_all_it_ever_did_with_its_agents(place: Place) -> None:
    place.write("s", answer("s", "m1", -50 * 60), answer("s", "m2", 0))
    place.write("s/subagents/agent-a", answer("s", "a1", 1, isSidechain=True, agentId="a"))
    place.write("other", answer("other", "o1", -5))
    place.sync()

    assert session(place) == {"list_usd": 0.042, "hit_ratio": 0.0, "rebuilds": 0}
    assert session(place, "never seen") is None


def test_the_hit_ratio_is_that_of_the_main_thread(place: Place) -> None:
    place.write("s", answer("s", "m1", 0, read=3000), answer("s", "m2", 1, write=5000))
    agent = answer("s", "a1", 1, isSidechain=True, agentId="a", read=10**6)
    place.write("s/subagents/agent-a", agent)
    place.sync()

    assert session(place) is not None
    assert (session(place) or {})["hit_ratio"] == 0.3


@pytest.mark.parametrize(("tier", "minutes"), [("5m", 5), ("1h", 60)])
def test_a_cache_is_warm_from_its_last_use_for_the_lifetime_of_its_last_write(
    tier: str, minutes: int, place: Place
) -> None:
    place.write(
        "s",
        answer("s", "m1", 0, **written(**{tier: 9000})),
        answer("s", "m2", 2, read=9000),
    )
    place.write("s/subagents/agent-a", answer("s", "a1", 4, read=1, isSidechain=True, agentId="a"))
    found = session(place.sync()) or {}

    assert (found["tier"], found["warm_until_ms"]) == (tier, START_MS + (2 + minutes) * MINUTE)


def test_a_lifetime_of_the_users_own_is_counted_with(place: Place) -> None:
    place.write("s", answer("s", "m1", 2, **written(**{"5m": 9000})))
    place.sync()
    limits = LIMITS._replace(lifetime_5m_ms=7 * MINUTE)
    keep_up(place.connection, load_book(), limits)
    refresh(place.connection, load_book(), UTC_ZONE, ["s"], START_MS, limits)

    found = load_ready(place.connection, "session/s") or {}
    assert found["warm_until_ms"] == START_MS + 9 * MINUTE


def test_the_lifetime_counts_from_when_the_request_was_sent(place: Place) -> None:
    prompt = {"type": "user", "sessionId": "s", "timestamp": "2026-11-23T08:00:00.000Z"}
    lines = (prompt, answer("s", "m1", 4, **written(**{"5m": 9000})))
    path = place.write("s")
    compact = [json.dumps(line, separators=(",", ":")) for line in lines]  # as the client does
    path.write_text("\n".join(compact) + "\n")

    assert (session(place.sync()) or {})["warm_until_ms"] == START_MS + 5 * MINUTE


def test_an_unknown_price_is_absent_and_never_zero(place: Place) -> None:
    place.write("s", answer("s", "m1", 0, model="gateway-9"))
    place.sync()

    assert "list_usd" not in (session(place) or {"list_usd": 0})
    assert refresh(place.connection, load_book(), UTC_ZONE, [], START_MS) == {"gateway-9"}
    assert "list_usd" not in today(place, START_MS)

    place.add("s", answer("s", "m2", 1))
    found = session(place.sync()) or {}
    assert (found["list_usd"], found["unpriced"]) == (0.014, True)
    found = today(place, START_MS)
    assert (found["list_usd"], found["unpriced"]) == (0.014, True)
    place.write("t", answer("t", "t1", 0))
    assert "unpriced" not in (session(place.sync(), "t") or {"unpriced": 1})


def test_a_rebuild_and_its_alarm_are_told(place: Place) -> None:
    place.write(
        "s",
        answer("s", "m1", 0, **written(**{"1h": 400_000})),
        answer("s", "m2", 1, **written(**{"1h": 400_000})),
    )
    found = session(place.sync()) or {}

    assert (found["rebuilds"], found["alarm"], found["tier"]) == (1, "R1", "1h")


def test_refreshing_stores_the_day_and_the_sessions_that_changed(place: Place) -> None:
    place.write("s", answer("s", "m1", 0))
    place.write("t", answer("t", "t1", 0))
    connection = place.sync().connection

    unpriced = refresh(connection, load_book(), UTC_ZONE, ["s", "gone"], START_MS)

    assert unpriced == frozenset()
    assert (load_ready(connection, "today") or {})["list_usd"] == 0.028
    assert load_ready(connection, "session/s") == {"list_usd": 0.014}  # not judged yet
    assert load_ready(connection, "session/t") is None
    assert load_ready(connection, "session/gone") is None


def test_what_nobody_renews_is_forgotten(place: Place) -> None:
    place.write("s", answer("s", "m1", 0))
    connection = place.sync().connection
    refresh(connection, load_book(), UTC_ZONE, ["s"], START_MS)
    refresh(connection, load_book(), UTC_ZONE, [], START_MS + HOUR)

    forget_ready(connection, START_MS + 1)

    assert load_ready(connection, "session/s") is None
    assert load_ready(connection, "today") is not None
