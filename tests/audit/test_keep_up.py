"""What is new is judged, and only that; what it depends on has it judged anew."""

from decimal import Decimal

import pytest
from histories import (
    NOON_MS,
    Line,
    Place,
    answer,
    command,
    compaction,
    fingerprint,
    healthy,
    lost,
    prompt,
    record,
    rows,
)

from ccmeter.audit.keep_up import judge_since, keep_up
from ccmeter.audit.notices import cache_states, notices_for
from ccmeter.audit.pending import backlog, is_judged
from ccmeter.cache.thresholds import LIMITS
from ccmeter.pricing.book import load_book

MAIN = "-w-garden/s1.jsonl"
AGENT = "-w-garden/s1/subagents/agent-a1.jsonl"
DEAR = load_book({"claude-opus-5-5": {
    "input_mtok": 100, "output_mtok": 100, "cache_read_mtok": 10, "cache_write_5m_mtok": 125,
    "cache_write_1h_mtok": 200,
}})  # fmt: skip


def of_agent(lines: list[Line], agent: str = "a1") -> list[Line]:
    return [line | {"isSidechain": True, "agentId": agent} for line in lines]


def test_a_new_request_is_judged_with_the_few_that_may_still_change(place: Place) -> None:
    history = healthy(300)
    assert place.take_in(history).requests == 300

    place.append(MAIN, [lost("msg_0new", 6_010, 960_000)])
    place.sync()
    judged = place.judge()

    assert judged.requests <= 6
    assert len(judged.sessions or ()) == 1
    assert place.verdicts() == [("suspect_rebuild", "unexplained")]


def test_other_sessions_are_left_alone(place: Place) -> None:
    place.take_in(healthy(50))
    other = [line | {"sessionId": "s2"} for line in healthy(3, name="n")]

    assert place.take_in(other, "-w-garden/s2.jsonl").requests == 3
    assert rows(place.connection, "audit_threads") == 2
    assert place.judge().requests == 0


def test_nothing_new_is_known_without_judging(place: Place) -> None:
    assert not is_judged(place.connection, load_book())
    place.take_in(healthy(3))

    assert is_judged(place.connection, load_book())
    assert backlog(place.connection, load_book()) == 0


def test_another_price_has_everything_judged_anew(place: Place) -> None:
    place.take_in([*healthy(3), lost("msg_0x", 70, 69_000)])
    (cheap,) = [row[11] for row in place.found()["rebuilds"]]

    assert not is_judged(place.connection, DEAR)
    assert backlog(place.connection, DEAR) == 4
    assert keep_up(place.connection, DEAR).sessions is None
    (dear,) = [row[11] for row in place.found()["rebuilds"]]
    # 66,000 tokens were lost; an hour's write costs 8 and then 200, a read 0.2 and then 10
    assert (cheap, dear) == (66_000 * 7_800_000, 66_000 * 190_000_000)


def test_another_threshold_has_everything_judged_anew(place: Place) -> None:
    place.take_in([*healthy(3), lost("msg_0x", 70, 69_000)])
    strict = LIMITS._replace(warning_usd=Decimal("0.1"))
    keep_up(place.connection, load_book(), strict)

    assert ("R1", "warning") in [alert[:2] for alert in place.alerts()]
    assert not is_judged(place.connection, load_book(), LIMITS)


def test_judging_anew_finds_the_same(place: Place) -> None:
    place.take_in([*healthy(9), lost("msg_0x", 200, 90_000), lost("msg_0y", 230, 95_000)])
    found = place.found()
    place.judge_anew()

    assert place.found() == found


def test_a_first_report_judges_its_own_sessions_and_the_next_command_the_rest(
    place: Place,
) -> None:
    day = 86_400
    place.write(MAIN, [*healthy(3), lost("msg_0x", 70, 69_000)])
    place.write("-w-garden/s2.jsonl", [
        line | {"sessionId": "s2"} for line in (*healthy(2, name="n"), lost("msg_0z", day, 69_000))
    ])  # fmt: skip
    place.sync()
    since_ms = NOON_MS + day // 2 * 1000

    first = judge_since(place.connection, load_book(), LIMITS, since_ms, long=6)
    assert (first.requests, len(place.verdicts())) == (3, 1)
    assert not is_judged(place.connection, load_book())

    second = judge_since(place.connection, load_book(), LIMITS, since_ms, long=6)
    assert (second.requests, len(place.verdicts())) == (7, 2)
    assert is_judged(place.connection, load_book())
    found = place.found()
    place.judge_anew()
    assert place.found() == found


def test_a_short_history_is_judged_whole_at_once(place: Place) -> None:
    place.write(MAIN, healthy(4))
    place.sync()

    assert judge_since(place.connection, load_book(), LIMITS, NOON_MS * 2, long=4).requests == 4


@pytest.mark.parametrize(
    ("pause", "verdicts"),
    [
        (3_500, [("suspect_rebuild", "unexplained")]),
        (3_590, [("idle_rebuild", "ttl_expired_1h")]),
    ],
)
def test_the_main_thread_of_a_subscriber_lives_an_hour(
    pause: float, verdicts: list[tuple[str, str]], place: Place
) -> None:
    place.take_in([*healthy(3), lost("msg_0x", 40 + pause, 66_900)])

    assert place.verdicts() == verdicts


def test_an_api_user_lives_five_minutes_and_never_hears_of_lifetimes(place: Place) -> None:
    short = [
        answer(f"msg_0{n}", 20 * n, read=60_000 + 3_000 * (n - 1) if n else 0,
               write_5m=3_000 if n else 60_000)
        for n in range(8)
    ]  # fmt: skip
    place.take_in([*short, answer("msg_0x", 140 + 400, write_5m=84_000)])

    assert place.verdicts() == [("idle_rebuild", "ttl_expired_5m")]
    assert [rule for rule, level, _ in place.alerts() if level not in ("advice", "info")] == []


def fallen(name: str) -> list[Line]:
    """Writes for an hour, then for five minutes."""
    short = [
        answer(f"msg_0{name}x{n}", 100 + 20 * n, read=69_000 + 3_000 * n, write_5m=3_000)
        for n in range(4)
    ]
    return [*healthy(4, name=name), *short]


def test_an_hour_that_becomes_five_minutes_is_watched_on_the_main_thread_alone(
    place: Place,
) -> None:
    place.write(AGENT, of_agent(fallen("m")))
    place.sync()
    place.judge()
    assert place.alerts() == []

    place.take_in(fallen("n"))
    assert [alert[:2] for alert in place.alerts()] == [("R4", "watch")]


def test_a_model_that_is_not_claude_never_alarms(place: Place) -> None:
    broken = [lost(f"msg_0{n}", 30 * n, 400_000, model="glm-5.1") for n in range(9)]
    place.take_in(broken)

    assert len(place.verdicts()) == 8
    assert place.alerts() == []


def test_the_clients_own_helpers_are_in_the_sums_alone(place: Place) -> None:
    broken = [lost(f"msg_0{n}", 30 * n, 400_000) for n in range(9)]
    path = "-w-garden/s1/subagents/agent-acompact-1.jsonl"
    place.take_in(of_agent(broken, "acompact-1"), path)

    assert len(place.verdicts()) == 8
    assert place.alerts() == []


@pytest.mark.parametrize(
    ("mark", "cause"),
    [
        (compaction(60), "compaction"),
        (command(60, "mcp"), "user_command"),
        (record("attachment", 60, attachment={"type": "deferred_tools_delta"}), "tools_delta"),
    ],
)
def test_what_the_user_did_explains_a_rebuild(mark: Line, cause: str, place: Place) -> None:
    place.take_in([*healthy(3), mark, prompt(61), lost("msg_0x", 62, 69_000)])

    assert place.verdicts() == [("expected_rebuild", cause)]
    assert place.alerts() == []


def test_another_model_explains_a_rebuild_and_the_way_back_hits(place: Place) -> None:
    other = lost("msg_0x", 70, 69_000, model="claude-sonnet-5-5")
    back = answer("msg_0y", 90, read=66_000, write=4_000)
    place.take_in([*healthy(3), other, back])

    assert place.verdicts() == [("expected_rebuild", "model_changed")]


def test_a_fingerprint_that_is_read_later_settles_the_cause(place: Place) -> None:
    """Hashes may stand in another file, which a sync reads after the answers."""
    start = healthy(3)
    start[2] |= {"requestRef": "r2"}
    gone = lost("msg_0x", 70, 69_000) | {"requestRef": "r3"}
    place.take_in([*start, gone])
    assert place.verdicts() == [("suspect_rebuild", "unexplained")]

    kept = "ab" * 6
    prints = [
        fingerprint("r2", 39.9, None, [kept]),
        fingerprint("r3", 69.9, "r2", [kept], keep=1),
    ]
    place.take_in(prints, "-w-garden/other.jsonl")
    assert place.verdicts() == [("suspect_rebuild", "server_side")]


def test_a_session_is_told_once_until_its_loss_doubles(place: Place) -> None:
    """The first one loses 0.5 dollars, too little; then 3.6 each: 4.1 is told, 7.7 not, 11.3 is."""
    place.take_in([*healthy(3), *(lost(f"msg_0x{n}", 70 + 30 * n, 460_000 + n) for n in range(5))])
    told = notices_for(place.connection, NOON_MS)

    assert [notice.rule for notice in told].count("R1") == 2
    assert {notice.rule for notice in told} == {"R1", "R2", "R2b", "R5"}
    assert notices_for(place.connection, NOON_MS, ["s9"]) == []


def test_the_state_of_a_cache_is_that_after_the_last_request(place: Place) -> None:
    place.take_in([*healthy(3), lost("msg_0x", 70, 469_000)])
    (state,) = cache_states(place.connection, ["s1", "s9"]).values()

    # read 60,000 and 63,000 of 60,002 + 63,002 + 66,002 + 469,002
    assert state.hit_ratio == 123_000 / 658_008
    assert (state.tier, state.rebuilds, state.alarm) == ("1h", 1, "")
    assert state.warm_until_ms == NOON_MS + 70_000 + 3_600_000


def test_the_state_names_the_rule_that_was_told(place: Place) -> None:
    """R2 and R2b raise the alarm at the same request, the third that loses: R2 is told."""
    place.take_in([*healthy(3), *(lost(f"msg_0x{n}", 70 + 30 * n, 460_000 + n) for n in range(3))])
    told = notices_for(place.connection, NOON_MS)
    assert [notice.rule for notice in told if notice.level == "alarm"] == ["R2", "R2b"]

    (state,) = cache_states(place.connection, ["s1"]).values()
    assert state.alarm == "R2"


def test_a_thread_waits_for_its_own_fingerprints_alone(place: Place) -> None:
    """r2 extends r0, which no file holds, and r3 takes over only a part of it."""
    start = healthy(3)
    start[2] |= {"requestRef": "r2"}
    prints = [
        fingerprint("r2", 39.9, "r0", ["ab" * 6], keep=1),
        fingerprint("r3", 69.9, "r2", ["cd" * 6], keep=1),
    ]
    place.write(MAIN, [*start, *prints, lost("msg_0x", 70, 69_000) | {"requestRef": "r3"}])
    other = [line | {"sessionId": "s2"} for line in healthy(3, name="n")]
    place.take_in(other, "-w-garden/s2.jsonl")

    assert rows(place.connection, "audit_waiting") == 1
