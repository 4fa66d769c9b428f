"""A request belongs to the day of its first answer, in the audit as in the report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ok = Callable[..., str]
EVE, DAY = "2026-11-19", "2026-11-20"
CACHED = {"cache_creation": {"ephemeral_1h_input_tokens": 50_000}}


@pytest.fixture(autouse=True)
def over_midnight(transcript: Callable[..., Path], answer: Callable[..., dict[str, Any]]) -> None:
    """The second of two requests loses the cache; it is sent before midnight, answered after."""
    prompts = [
        {"type": "user", "sessionId": "session-1", "timestamp": f"{EVE}T23:{time}.000Z"}
        for time in ("55:00", "59:58")
    ]
    first, second = (
        answer(name, time, write=50_000, read=0, usage=CACHED)
        for name, time in (("m1", f"{EVE}T23:55:04.000Z"), ("m2", f"{DAY}T00:00:09.000Z"))
    )
    lines = [prompts[0], first, prompts[1], second]
    transcript(*[json.dumps(line, separators=(",", ":")).encode() for line in lines])


def on(day: str, ok: Ok, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ok(*words, "--since", day, "--until", day, "--json"))
    return found


def test_the_days_of_the_audit_are_those_of_the_report(ok: Ok) -> None:
    for day in (EVE, DAY):
        audit, report = on(day, ok, "audit")["totals"], on(day, ok, "report")
        assert (audit["requests"], report["totals"]["responses"]) == (1, 1)
        assert audit["list_cost_usd"] == report["totals"]["list_cost_usd"]
        assert audit["suspect_usd"] == report["cache"]["suspect_usd"]
    assert on(EVE, ok, "audit")["totals"]["suspect_usd"] == 0
    # 50,000 tokens at $8 instead of $0.20 a million
    assert on(DAY, ok, "audit")["totals"]["suspect_usd"] == pytest.approx(0.39)


def test_the_rebuild_stands_on_the_day_of_its_answer_with_the_time_it_was_sent(ok: Ok) -> None:
    assert on(EVE, ok, "audit")["requests"] == []
    (rebuild,) = on(DAY, ok, "audit")["requests"]
    assert (rebuild["message_id"], rebuild["time"]) == ("m2", f"{EVE}T23:59:58.000Z")
    every = on(DAY, ok, "audit", "--all-requests")["requests"]
    assert [one["message_id"] for one in every] == ["m2"]
