"""Third step of the flow, for many lines: find those that matter in the bytes, parse only those.

Nine tenths of a transcript are tool results and snapshots. A line is parsed only when its bytes
can hold usage or a mark; every other line is checked for its shape alone.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from orjson import JSONDecodeError, loads

from ccmeter.model import ApiRequest, CostState, Mark, Skip
from ccmeter.transcripts import marks
from ccmeter.transcripts.clock import parse_ms
from ccmeter.transcripts.gather import Answers, gather, let_go
from ccmeter.transcripts.gather import nothing as no_answers
from ccmeter.transcripts.parse import Place
from ccmeter.transcripts.repair import Record, records
from ccmeter.transcripts.tail import LINE_LIMIT, Chunk

_ANSWER = b"assistant"
_ASSISTANT = b'"assistant"'  # with or without a space before it, it is the only sure sign of usage
# The type of a line whose first keys are simple ones, which is nearly every line but answers.
_HEAD = re.compile(
    rb'\{(?:"type":"([a-z-]+)"|"parentUuid":(?:null|"[^"\\]*"),'
    rb'(?:"(?:logicalParentUuid|promptId|agentId|userType|cwd|sessionId|version|gitBranch|slug'
    rb'|entrypoint|toolUseID|parentToolUseID)":(?:null|"(?:[^"\\]|\\.)*"),'
    rb'|"is(?:Sidechain|Meta)":(?:true|false),)*+"type":"([a-z-]+)")'
)
_READ = frozenset([b"api-request", b"cost-state", b"fork-context-ref"])
_TURNS = frozenset([b"user", b"attachment", None])  # None: a line that does not tell
_NEEDLES = {  # where a line of that type can hold a mark
    b"user": (b"<command-name>",),
    b"system": (b'compact_boundary"', b"<command-name>", b'"api_error"'),
    b"attachment": (b'_delta"', b'"SessionStart:'),
    b"progress": (b'"SessionStart:',),
    b"queue-operation": (b'"enqueue"',),
}
_ALL_NEEDLES = (
    *(b'compact_boundary"', b'_delta"', b"<command-name>", b'"SessionStart:'),
    *(b'"api_error"', b'"enqueue"'),
)
_NEAR = 1200  # bytes of a line in which a mark shows; text follows behind
_END = 1200  # bytes of a line behind its text
_SUMMARY = b'"isCompactSummary":true'
_TOOL_RESULT = b',"message":{"role":"user","content":[{'
_STAMP = b'"timestamp":"'
_STAMP_BYTES = len(_STAMP) + 24
_OPEN, _CLOSE = b"{}"

Bytes = bytes | bytearray
Span = tuple[int, int]


class Found(NamedTuple):
    """What a stretch of one file holds. Filled while scanning, then only read."""

    answers: Answers
    marks: list[Mark]
    requests: list[ApiRequest]
    cost_states: list[CostState]
    skips: list[Skip]


def nothing() -> Found:
    """Return an empty result to scan into."""
    return Found(no_answers(), [], [], [], [])


def scan(
    chunk: Chunk, place: Place, into: Found, sent_ms: int | None = None
) -> tuple[int, int | None]:
    """Scan the lines of the chunk into `into`; return how many lines there were.

    `sent_ms` is when the last request was sent that has no answer yet, before the chunk and, in
    what is returned, after it.
    """
    for offset in chunk.overlong:
        into.skips.append(Skip(offset, f"a line of more than {LINE_LIMIT >> 20} MiB"))
    data = chunk.data
    shift = chunk.offset - 1  # the chunk starts with a newline that stands before its offset
    find = data.find
    whole = b'": ' in data[1:100]  # not the client's own way to write: parse every line
    start, last, lines = 1, chunk.end, len(chunk.overlong)
    hit = 0 if whole else find(_ASSISTANT, start, last)
    turn: Span | None = None  # the last line that can have caused a request
    while start < last:
        end = find(b"\n", start)
        lines += 1
        kind = None
        if 0 <= hit < end:
            parse = True
            hit = 0 if whole else find(_ASSISTANT, end, last)
        else:
            head = _HEAD.match(data, start)
            kind = head[1] or head[2] if head else None
            if head and data.startswith(_TOOL_RESULT, head.end()):  # half of all lines
                parse = _may_sum_up(data, start, end)
            else:
                parse = kind in _READ or _may_mark(data, start, end, kind)
        if parse:
            sent_ms, turn = (_sent_ms(data, turn), None) if turn else (sent_ms, None)
            kind = _take_line(data[start:end], start + shift, sent_ms, place, into)
        elif data[start] != _OPEN or data[end - 1] != _CLOSE:
            _check_shape(data[start:end], start + shift, into)
        if kind in _TURNS:
            turn = (start, end)
        elif kind == _ANSWER:
            sent_ms = None
        start = end + 1
    let_go(into.answers, place)
    return lines, _sent_ms(data, turn) if turn else sent_ms


def scan_line(
    line: bytes, offset: int, place: Place, into: Found, sent_ms: int | None = None
) -> bool:
    """Scan a last line that has no newline; False, and nothing done, when it is not whole.

    No part of an object is an object, so a whole one is all that the line will ever be. Files out
    of version control often lack the last newline.
    """
    found, problem = records(line)
    if problem or not found:
        return False
    for record in found:
        _take(record, place, offset, sent_ms, into)
    return True


def _may_mark(data: Bytes, start: int, end: int, kind: bytes | None) -> bool:
    """Whether a line that is no answer can hold a mark, as far as its bytes tell."""
    needles = _NEEDLES.get(kind, ()) if kind else _ALL_NEEDLES
    if not needles:
        return False
    near = min(end, start + _NEAR)
    for needle in needles:
        if data.find(needle, start, near) >= 0:
            return True
    if kind and kind != b"user":
        return False
    return data.find(_SUMMARY, start, near) >= 0 or _may_sum_up(data, start, end)


def _may_sum_up(data: Bytes, start: int, end: int) -> bool:
    """Whether a line with a list for its content, which is no command, can be a summary."""
    return data.find(_SUMMARY, max(start, end - _END), end) >= 0


def _check_shape(line: Bytes, offset: int, into: Found) -> None:
    """Note a line that is not parsed when its first and last byte are not those of a record."""
    line = line.strip()
    bare = line.strip(b"\0 ")
    if line and not (bare.startswith(b"{") and bare.endswith(b"}")):
        into.skips.append(Skip(offset, "not a JSON object"))


def _take_line(
    line: Bytes, offset: int, sent: int | None, place: Place, into: Found
) -> bytes | None:
    """Take what is on the line; return the type of its record, None when that is not clear."""
    try:
        record = loads(line)
    except JSONDecodeError:
        return _take_damaged(line, offset, sent, place, into)
    if type(record) is dict:
        return _take(record, place, offset, sent, into)
    into.skips.append(Skip(offset, "not a JSON object"))
    return None


def _take_damaged(
    line: Bytes, offset: int, sent: int | None, place: Place, into: Found
) -> bytes | None:
    if not line.strip():
        return None
    found, problem = records(bytes(line))
    if problem:
        into.skips.append(Skip(offset, problem))
    kinds = [_take(record, place, offset, sent, into) for record in found]
    return _ANSWER if _ANSWER in kinds else kinds[0] if len(kinds) == 1 else None


def _take(record: Record, place: Place, offset: int, sent: int | None, into: Found) -> bytes | None:
    kind = record.get("type")
    if kind == "assistant":
        gather(record, place, offset, sent, into.answers)
        return _ANSWER
    if not isinstance(kind, str):
        return None
    if reader := _READERS.get(kind):
        read, field = reader
        value = read(record, place, offset)
        if value is not None:
            getattr(into, field).append(value)
    return kind.encode("utf-8", "replace")


def _sent_ms(data: Bytes, line: Span) -> int | None:
    """When the request was sent: the time of the last line before its response."""
    start, end = line
    near = end - 2 - _STAMP_BYTES  # most lines end with it
    if not data.startswith(_STAMP, near):
        near = data.rfind(_STAMP, max(start, end - 400), end)
    if near < 0:
        near = data.find(_STAMP, start, min(end, start + _NEAR))
    if near < 0:
        return None
    return parse_ms(data[near + 13 : near + 37].decode("ascii", "replace"))


_READERS: dict[str, tuple[Callable[[Record, Place, int], Any], str]] = {
    "api-request": (marks.api_request, "requests"),
    "cost-state": (marks.cost_state, "cost_states"),
    "system": (marks.mark, "marks"),
    "attachment": (marks.mark, "marks"),
    "progress": (marks.mark, "marks"),
    "user": (marks.mark, "marks"),
    "fork-context-ref": (marks.mark, "marks"),
    "queue-operation": (marks.mark, "marks"),
}
