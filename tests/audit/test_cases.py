"""Published request sequences, written as the client writes them: same verdicts, same alerts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from histories import Line, Place, answer, at, compaction, prompt, record

from ccmeter.audit.every import every_request
from ccmeter.audit.told import told
from ccmeter.cache.alerts import ADVICE
from ccmeter.pricing.book import load_book

Case = dict[str, Any]
CASES = Path(__file__).resolve().parents[2] / "fixtures" / "cache-cases.json"
EVERY = [case["id"] for case in json.loads(CASES.read_text("utf-8"))["cases"]]
AGENT = {"isSidechain": True, "agentId": "a1"}
FORMS = ("prompts", "bare", "drafts", "lean")


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    return {case["id"]: case for case in json.loads(CASES.read_text("utf-8"))["cases"]}


def files(case: Case, form: str) -> dict[str, list[Line]]:
    """Its transcripts: a row that follows no other one begins a thread of its own."""
    found: dict[str, list[Line]] = {}
    now, path = 0.0, ""
    main = case["thread"] == "main"
    for number, row in enumerate(case["requests"]):
        if row["gap_s"] is None:
            session = f"s{number}"
            path = f"p/{session}.jsonl" if main else f"p/{session}/subagents/agent-a1.jsonl"
        now += row["gap_s"] or 0
        about = {"sessionId": session, **({} if main else AGENT)}
        found.setdefault(path, []).extend(line | about for line in lines(row, number, now, form))
    return {path: lean(content) if form == "lean" else content for path, content in found.items()}


def lean(content: list[Line]) -> list[Line]:
    """Without all that old clients and gateways leave out."""
    for line in content:
        for name in ("requestId", "uuid", "cwd", "entrypoint"):
            line.pop(name, None)
        usage = line.get("message", {}).get("usage", {})
        if not usage.get("cache_creation", {}).get("ephemeral_1h_input_tokens"):
            usage.pop("cache_creation", None)
    return content


def lines(row: dict[str, Any], number: int, now: float, form: str) -> Iterator[Line]:
    for event in row.get("events", []):
        if event == "compact_boundary":
            yield compaction(now)
        else:
            hook = {"type": "hook_success", "hookName": f"SessionStart:{event}"}
            yield record("attachment", now, attachment=hook)
    about = {
        "input": row["input"],
        "write_5m": row["write_5m"],
        "write": row["write_1h"],
        "read": row["read"],
        "model": row.get("model") or "claude-opus-5",
        "version": row.get("version") or "2.1.219",
    }
    if row.get("effort"):
        about["effort"] = row["effort"]
    if row.get("diag"):
        about["diagnosis"] = row["diag"]
    if form != "bare":
        yield prompt(now)
    delay = 0.1 if form != "bare" else 0
    if form == "drafts":
        yield answer(f"msg_0{number}", now + delay / 2, **about, output=1, stop_reason=None)
    yield answer(f"msg_0{number}", now + delay, **about, output=row["output"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id_", EVERY)
def test_a_published_case_gets_its_verdicts_and_alerts(
    id_: str, form: str, cases: dict[str, Case], place: Place
) -> None:
    case = cases[id_]
    for path, content in files(case, form).items():
        place.write(path, content)
    place.sync()
    place.judge()
    judged = [
        one for thread in every_request(place.connection, load_book(), None) for one in thread
    ]
    found = {one.step.message_id: one.verdict for one in judged}
    rules = {alert.rule for alert in told(place.connection, 0) if alert.level != ADVICE}

    wanted = {f"msg_0{n}": row["expected_verdict"] for n, row in enumerate(case["requests"])}
    assert found == wanted
    silent = {"R4"} if form == "lean" else set()  # nobody tells for how long was written
    assert rules == set(case["expected_alerts"]) - silent


def test_moments_are_those_of_the_case() -> None:
    """The builder itself: a gap is from start to start."""
    case = {"thread": "main", "requests": [{"gap_s": None}, {"gap_s": 40}]}
    usage = {"input": 2, "write_5m": 0, "write_1h": 5, "read": 0, "output": 1}
    case["requests"] = [{**row, **usage} for row in case["requests"]]
    (content,) = files(case, "prompts").values()

    assert [line["timestamp"] for line in content if line["type"] == "user"] == [at(0), at(40)]
