"""No value in no field, however odd, stops a sync or hides the lines around it."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meter import fresh

Record = dict[str, Any]
TIME = "2026-01-01T00:00:00.000Z"
ANSWER: Record = {
    "type": "assistant",
    "uuid": "u",
    "timestamp": TIME,
    "sessionId": "s",
    "requestId": "r",
    "requestRef": "ref",
    "requestSessionId": "s",
    "cwd": "/w",
    "version": "2",
    "entrypoint": "cli",
    "isSidechain": False,
    "agentId": "a",
    "attributionAgent": "x",
    "effort": "high",
    "promptCacheRequested": "5m",
    "message": {
        "id": "m",
        "model": "claude-opus-5",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "t"}],
        "diagnostics": {"cache_miss_reason": {"type": "t", "cache_missed_input_tokens": 1}},
        "usage": {
            "input_tokens": 1,
            "output_tokens": 1,
            "cache_creation": {"ephemeral_5m_input_tokens": 1},
            "output_tokens_details": {"thinking_tokens": 1},
            "server_tool_use": {"web_search_requests": 1},
            "iterations": [{"type": "advisor_message", "model": "a", "input_tokens": 1}],
            "speed": "standard",
        },
    },
}
TOOL = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "x"}}
THOUGHT = {"type": "thinking", "thinking": "", "signature": "x"}
UNFINISHED: Record = {
    **ANSWER,
    "message": {
        **ANSWER["message"],
        "id": "m2",
        "stop_reason": None,
        "content": [TOOL, THOUGHT, {"type": "text", "text": "t"}],
    },
}
RECORDS: list[Record] = [
    ANSWER,
    UNFINISHED,
    {
        "type": "system",
        "subtype": "compact_boundary",
        "timestamp": TIME,
        "sessionId": "s",
        "agentId": "a",
        "compactMetadata": {"trigger": "auto", "preTokens": 1, "postTokens": 1},
    },
    {
        "type": "system",
        "subtype": "local_command",
        "content": "<command-name>/clear</command-name>",
    },
    {"type": "user", "message": {"content": "<command-name>/clear</command-name>"}},
    {"type": "user", "isCompactSummary": True, "timestamp": TIME},
    {"type": "attachment", "attachment": {"type": "agent_listing_delta"}, "timestamp": TIME},
    {"type": "progress", "data": {"hookName": "SessionStart:clear"}, "timestamp": TIME},
    {"type": "fork-context-ref", "agentId": "a", "parentSessionId": "s"},
    {
        "type": "api-request",
        "id": "i",
        "timestamp": TIME,
        "querySource": "sdk",
        "shapeHash": "h",
        "base": "b",
        "keep": 1,
        "tail": ["abcdef012345", "x"],
        "params": {"model": "m", "betas": ["b"], "output_config": {"effort": "high"}},
        "cacheControl": [{"path": "p", "value": {"type": "ephemeral", "ttl": "1h"}}],
    },
    {
        "type": "cost-state",
        "sessionId": "s",
        "totalCostUSD": 1.5,
        "startTime": 1,
        "totalDuration": 1,
        "modelUsage": {"m": {"inputTokens": 1, "costUSD": 0.5}},
        "hasUnknownModelCost": False,
    },
]
NUMBERS = (
    0,
    -1,
    True,
    1.5,
    1e308,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    10**40,
    float("nan"),
    float("inf"),
)
TEXTS = (
    "",
    "\ud83d",
    "\0",
    "9" * 5000,
    "\ud83d\ude00",
    TIME,
    "9999-12-31T23:59:59.999Z",
    "compaction",
)


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


odd = st.one_of(
    st.none(),
    st.sampled_from(NUMBERS),
    st.sampled_from(TEXTS),
    st.just([]),
    st.just({}),
    st.just({"type": {}}),
    st.just([None, 1, "x", [], {"value": 7, "type": []}]),
    st.just({"\ud83d": "\ud83d", "model": {"inputTokens": 10**30, "\udc00": 1}}),
    st.just(deep(300)),
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a record below its type."""
    inner: list[tuple[Any, ...]] = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, below in items:
        if (*path, key) != ("type",):
            inner += paths(below, (*path, key))
    return inner


def replaced(record: Record, path: tuple[Any, ...], value: Any) -> Record:
    changed = copy.deepcopy(record)
    inside: Any = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return changed


PLACES = [(record, path) for record in RECORDS for path in paths(record)]


def written(record: Record, ascii_only: bool) -> bytes:
    """As JSON with lone surrogates escaped, or as bytes that are no UTF-8."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=ascii_only)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def witness(ident: str) -> bytes:
    usage = {"input_tokens": 3, "output_tokens": 4}
    message = {"id": ident, "model": "w", "stop_reason": "end_turn", "usage": usage}
    return written({"type": "assistant", "timestamp": TIME, "message": message}, True)


@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=8),
    values=st.lists(odd, min_size=8, max_size=8),
    ascii_only=st.booleans(),
)
def test_no_value_stops_a_sync(places: Any, values: list[Any], ascii_only: bool) -> None:
    lines = [
        written(replaced(record, path, value), ascii_only)
        for (record, path), value in zip(places, values, strict=False)
    ]
    with fresh() as meter:
        meter.write("p/s.jsonl", witness("before") + b"".join(lines) + witness("after"))
        meter.write("p/agent-1.jsonl", b"".join(lines))
        meter.sync()
        meter.sync(full=True)
        rows = meter.rows()

        for ident in ("before", "after"):
            assert (rows[ident]["input"], rows[ident]["output"]) == (3, 4)
        assert meter.count("skips") == 0
        assert meter.connection.execute("pragma integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("value", NUMBERS[:10])
def test_a_count_that_is_none_counts_nothing(value: Any) -> None:
    record = replaced(ANSWER, ("message", "usage", "input_tokens"), value)
    with fresh() as meter:
        meter.write("p/s.jsonl", written(record, True))
        meter.sync()

        assert meter.rows()["m"]["input"] == 0


def test_two_ids_that_differ_in_half_a_surrogate_are_two_lines_of_a_session() -> None:
    """SQLite can hold neither; both count, under what can be held of them."""
    lines = [witness("\ud83d-a"), witness("\ud83d-b")]
    with fresh() as meter:
        meter.write("p/s.jsonl", b"".join(lines))
        meter.sync()

        assert sorted(meter.rows()) == ["?-a", "?-b"]


def test_file_names_that_are_no_utf_8_are_read_once_each() -> None:
    names = ["p/\udcff.jsonl", "p/\udcfe.jsonl", "\udcff/s.jsonl"]
    with fresh() as meter:
        for name in names:
            meter.write(name, witness(f"m{names.index(name)}"))
        meter.sync()
        idle = meter.sync()

        assert sorted(meter.rows()) == ["m0", "m1", "m2"]
        assert idle.files_read == 0
        assert meter.count("files") == 3
