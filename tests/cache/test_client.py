"""What the real client wrote against a mock API whose misses were planted: named rightly, or ok."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ccmeter.cache.judge import Judged, judge
from ccmeter.cache.messages import Chained, is_rewritten
from ccmeter.cache.rules import alerts
from ccmeter.cache.steps import Kind, Step
from ccmeter.store.hashing import HASH_BYTES

Row = dict[str, Any]
MakeStep = Callable[..., Step]
RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "cache-client.json"
MARKS = {"compact_boundary": "compact", "microcompact_boundary": "microcompact"}
DELTAS = {"deferred_tools_delta", "mcp_instructions_delta", "agent_listing_delta"}

HIT, COLD = ("ok", None), ("cold", None)
# set by hand from what each scenario did: one tuple of (verdict, cause) per thread
PLANTED: dict[str, list[list[tuple[str, str | None]]]] = {
    "miss": [[COLD, ("suspect_rebuild", "server_side"), HIT]],  # an entry was evicted
    "compact": [[COLD, HIT, ("partial_expected", "compaction")]],
    "models": [
        [COLD, ("expected_rebuild", "model_changed"), ("expected_rebuild", "model_changed")]
    ],
    # nothing in it but the usage: the transcript has no record of the new process
    "resume-v197": [[COLD, ("suspect_rebuild", "unexplained"), HIT]],
    "resume": [[COLD, HIT, HIT]],
    "ttl1h": [[COLD, HIT, HIT]],
    "fork": [[COLD, HIT, HIT], [COLD, HIT]],
    "agent": [[COLD, HIT], [COLD, HIT]],
    "agents2-v90": [[COLD, HIT]] * 3,
    "nested": [[COLD, HIT]] * 3,
    "oauth_agent": [[COLD, HIT], [COLD, HIT]],
    "parallel": [[COLD, HIT]],
    "bash": [[COLD, HIT]],
    "bash-v90": [[COLD, HIT]],
    "sigint": [[COLD]],
    "retry529": [[COLD]],
    "hello": [[COLD]],
    "hello-v90": [[COLD]],
    "odd_usage": [[COLD]] * 8,
}


def recorded(folder: Path) -> list[list[Row]]:
    """The requests of each thread below a Claude folder, in the order of its files."""
    files = sorted((folder / "projects").rglob("*.jsonl"))
    return [rows for rows in (list(_requests(path)) for path in files) if rows]


def _requests(path: Path) -> Iterator[Row]:
    """One row per response, from its first line; copies of another session's are left out."""
    seen, marks, sent = set[str](), list[str](), ""
    prints: dict[str, Row] = {}
    for line in path.read_bytes().splitlines():
        record = json.loads(line)
        stamp, kind = record.get("timestamp", ""), record.get("type")
        if kind == "api-request":
            prints[record["id"]] = _fingerprint(record)
        if kind in ("user", "attachment"):
            sent = stamp
        marks += _mark(record)
        if kind != "assistant" or record.get("requestSessionId"):
            continue
        if record["message"]["id"] not in seen:
            seen.add(record["message"]["id"])
            yield _row(record, prints.get(record.get("requestRef")), sent or stamp, marks)
            marks = []


def _mark(record: Row) -> list[str]:
    name = record.get("subtype") or (record.get("attachment") or {}).get("type")
    return [f"delta:{name}"] if name in DELTAS else [MARKS[name]] if name in MARKS else []


def _fingerprint(record: Row) -> Row:
    params = {k: v for k, v in record["params"].items() if k not in ("model", "output_config")}
    return {
        "id": record["id"][:12],
        "base": record["base"][:12] if record.get("base") else None,
        "sent": record["timestamp"],
        "keep": record.get("keep", 0),
        "tail": [one[: 2 * HASH_BYTES] for one in record.get("tail", [])],
        "shape": record["shapeHash"][:12],
        "params": len(json.dumps(params)),  # stands for a digest: equal here when they are
    }


def _row(record: Row, fingerprint: Row | None, sent: str, marks: list[str]) -> Row:
    usage = record["message"]["usage"]
    split = usage["cache_creation"]
    long = split["ephemeral_1h_input_tokens"]
    return {
        "sent": fingerprint.pop("sent") if fingerprint else sent,
        "answered": record["timestamp"],
        "model": record["message"]["model"],
        "version": record["version"],
        "effort": record.get("effort", ""),
        "requested": record.get("promptCacheRequested", ""),
        "input": usage["input_tokens"],
        "output": usage["output_tokens"],
        "read": usage["cache_read_input_tokens"],
        "write_5m": usage["cache_creation_input_tokens"] - long,
        "write_1h": long,
        "agent": record.get("agentId", ""),
        "marks": marks,
        "fingerprint": fingerprint,
    }


def judged(rows: list[Row], make: MakeStep) -> list[Judged]:
    prints = {row["fingerprint"]["id"]: row["fingerprint"] for row in rows if row["fingerprint"]}
    number = {name: place for place, name in enumerate(prints, 1)}
    chained = {
        number[name]: Chained(
            number.get(one["base"]), one["keep"], bytes.fromhex("".join(one["tail"]))
        )
        for name, one in prints.items()
    }
    steps = [_step(row, number, make) for row in rows]
    return judge(steps, rewritten=lambda a, b: is_rewritten(a, b, chained.get))


def _step(row: Row, number: dict[str, int], make: MakeStep) -> Step:
    one = row["fingerprint"]
    times = {"start_ms": _ms(row["sent"]), "end_ms": _ms(row["answered"])}
    return make(
        0,
        row["read"],
        row["write_1h"],
        write_5m=row["write_5m"],
        input_tokens=row["input"],
        output_tokens=row["output"],
        cache_requested=row["requested"],
        marks=tuple(row["marks"]),
        kind=Kind(one["shape"], str(one["params"])) if one else None,
        request=number[one["id"]] if one else None,
        new_process=bool(one) and one["base"] is None,
        **{name: row[name] for name in ("agent", "model", "version", "effort")},
        **times,
    )


def _ms(stamp: str) -> int:
    return round(1000 * datetime.fromisoformat(stamp).timestamp())


def load() -> dict[str, list[list[Row]]]:
    found: dict[str, list[list[Row]]] = json.loads(RECORDED.read_text("utf-8"))["scenarios"]
    return found


@pytest.mark.parametrize("name", PLANTED)
def test_planted_misses_are_named_and_nothing_else_is(name: str, step: MakeStep) -> None:
    threads = [judged(rows, step) for rows in load()[name]]
    found = [[(j.verdict, j.cause and j.cause.name) for j in thread] for thread in threads]

    assert found == PLANTED[name]
    planted = any(verdict == "suspect_rebuild" for thread in found for verdict, _ in thread)
    assert {alert.rule for alert in alerts(threads)} == ({"R1"} if planted else set())


@pytest.mark.parametrize("name", ["miss", "models", "compact"])
def test_causes_are_proven_where_the_client_wrote_hashes(name: str, step: MakeStep) -> None:
    causes = [j.cause for rows in load()[name] for j in judged(rows, step) if j.cause]

    assert causes
    assert all(cause.sure for cause in causes)


def test_the_recorded_figures_are_those_of_the_transcripts(shared_dir: Path) -> None:
    folders = [path for path in (shared_dir / "data" / "client").iterdir() if path.is_dir()]

    assert {path.name: recorded(path) for path in folders} == load()
