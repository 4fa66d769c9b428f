"""Small histories for property tests: what a line looks like, and which responses are on it."""

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

Record = dict[str, Any]
WORDS = (
    "",
    "é",
    '{"type":"assistant"}',
    "a\nb",
    "\U0001f600",
    "<command-name>/clear</command-name>",
)


class Line(NamedTuple):
    """Bytes without the newline, the assistant records on them, and whether something is lost."""

    data: bytes
    records: tuple[Record, ...] = ()
    bad: bool = False


def compact(record: Record, spaced: bool = False) -> bytes:
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(record, separators=separators, ensure_ascii=False).encode()


tokens = st.sampled_from((0, 1, 2, 3, 1000))
iterations = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(("advisor_message", "compaction", "message")),
            "model": st.just("advisor"),
            "input_tokens": tokens,
            "output_tokens": tokens,
        }
    ),
    max_size=3,
)


@st.composite
def usages(draw: st.DrawFn, number: int, least: int) -> Record:
    """Cache reads belong to the response; a gateway (odd numbers) changes its mind about input."""
    usage: Record = {
        "input_tokens": draw(tokens) if number % 2 else 7,
        "output_tokens": least + draw(tokens),
        "cache_read_input_tokens": 10 * number,
        "cache_creation_input_tokens": draw(tokens) if number % 2 else 5,
    }
    if draw(st.booleans()):
        usage["cache_creation"] = {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2}
    if number in (0, 1):
        usage["iterations"] = draw(iterations)
    return usage


@st.composite
def records(draw: st.DrawFn, last: int, least: int) -> Record:
    """One assistant record; its id, its request id or its uuid is what makes it one response."""
    number = draw(st.integers(0, last))
    record: Record = {
        "parentUuid": None,
        "sessionId": draw(st.sampled_from(("s0", "s1"))),
        "uuid": f"u{number}",
        "timestamp": f"2026-01-0{draw(st.integers(1, 3))}T00:00:0{draw(st.integers(0, 9))}.000Z",
        "requestId": f"r{number}",
        "version": "2.1.90",
        "cwd": draw(st.sampled_from(("/w/a", "/w/é"))),
        "gitBranch": draw(st.sampled_from(WORDS)),
        "message": {
            "id": None if number in (3, 5) else f"m{number}",
            "model": f"model{number}",
            "content": [
                {"type": "text", "text": draw(st.sampled_from(WORDS))},
                {"type": "tool_use", "input": {"command": "x"}},
            ],
            "stop_reason": draw(st.sampled_from((None, "end_turn"))),
            "usage": draw(usages(number, least)),
        },
        "type": "assistant",
    }
    if number in (4, 5):
        record["requestId"] = None
    if draw(st.booleans()):
        record |= {"isSidechain": True, "agentId": "a1"}
    if draw(st.booleans()):
        record |= {"requestRef": f"ref{number}", "effort": draw(st.sampled_from(("low", "high")))}
    if draw(st.booleans()):
        record["requestSessionId"] = "elsewhere"
    return record


def stamp(record: Record) -> Record:
    return {"timestamp": record["timestamp"]}


def nothing(record: Record) -> Record:
    """Records that hold a message and are no response."""
    return {"type": "progress", "data": {"message": record}} | stamp(record)


def cut(data: bytes, size: int) -> bytes:
    """Without the last bytes, and not by chance with an end that looks like a whole record's."""
    return data[:-size].rstrip(b"}")


@st.composite
def lines(draw: st.DrawFn, last: int = 5, least: int = 0) -> Line:
    """Any line; `last` is the highest number of a response, `least` its fewest output tokens."""
    record = draw(records(last, least))
    data = compact(record, spaced=draw(st.booleans()))
    shape = draw(st.sampled_from(SHAPES))
    return shape(record, data, draw(st.integers(1, 60)))


SHAPES = (
    *[lambda r, d, n: Line(d, (r,))] * 4,
    lambda r, d, n: Line(d + b"\r", (r,)),
    lambda r, d, n: Line(b" " + d + b"\t", (r,)),
    lambda r, d, n: Line(b"\0" * n + d + b"\0" * n, (r,)),
    lambda r, d, n: Line(d.replace(b'"parentUuid"', b'"x":"\\ud83d","parentUuid"'), (r,)),
    lambda r, d, n: Line(d.replace(b'"parentUuid"', b'"x":"\xff\xc3","parentUuid"'), (r,)),
    lambda r, d, n: Line(d.replace(b'"command"', b'"command":"\\udc00","x"'), (r,)),
    lambda r, d, n: Line(d + d, (r, r)),
    lambda r, d, n: Line(cut(d, n) + d, (r,), bad=True),
    lambda r, d, n: Line(cut(d, n), (), bad=True),
    lambda r, d, n: Line(b"garbage \xff", (), bad=True),
    lambda r, d, n: Line(b'{"type":"garbage', (), bad=True),
    lambda r, d, n: Line(b"\0" * n, (), bad=True),
    lambda r, d, n: Line(b" " * (n % 3)),
    lambda r, d, n: Line(b"\r"),
    lambda r, d, n: Line(compact(nothing(r))),
    lambda r, d, n: Line(compact({"type": "user", "message": {"content": d.decode()}} | stamp(r))),
    lambda r, d, n: Line(compact(r | {"message": r["message"] | {"model": "<synthetic>"}})),
    lambda r, d, n: Line(compact(r | {"message": r["message"] | {"usage": None}})),
    lambda r, d, n: Line(
        compact(
            {
                "type": "system",
                "subtype": "compact_boundary",
                "compactMetadata": {"trigger": "auto", "preTokens": n},
            }
            | stamp(r)
        )
    ),
)

PATHS = (
    "p/s0.jsonl",
    "p/s1.jsonl",
    "p/agent-a1.jsonl",
    "p/s0/subagents/agent-a1.jsonl",
    "q/é.jsonl",
    "q/x/y/s1.jsonl",
)
World = dict[str, list[Line]]
worlds = st.dictionaries(st.sampled_from(PATHS), st.lists(lines(), max_size=6), max_size=4)


def content(file: list[Line]) -> bytes:
    return b"".join(line.data + b"\n" for line in file)
