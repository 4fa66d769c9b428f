"""Third step of the flow, for many lines: find those that matter in the bytes, parse only those.

Nine tenths of a transcript are tool results and snapshots. A line is parsed only when its bytes
can hold usage or a mark; every other line is checked for its shape alone.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ccmeter.model import ApiRequest, CostState, Mark, Response, Skip
from ccmeter.transcripts import marks, merge
from ccmeter.transcripts.clock import parse_ms
from ccmeter.transcripts.parse import Place, responses
from ccmeter.transcripts.repair import Record, records
from ccmeter.transcripts.tail import LINE_LIMIT, Chunk

_ASSISTANT = b'"assistant"'  # with or without a space before it, it is the only sure sign of usage
_NEW_STYLE = b'{"type":"'  # older clients begin a line with parentUuid
_HEAD = 1200  # bytes of a line in which a mark shows; text follows behind
_END = 500  # bytes of a line behind its text
_MARKS = (
    b'compact_boundary"',
    b'_delta"',
    b"<command-name>",
    b'"SessionStart:',
    b'"isCompactSummary":true',
)
_READ_WHOLE = (b'api-request"', b'cost-state",', b"fork-context")  # by the first 12 bytes of type
_MAY_MARK = (b'user"', b"syste", b"attac", b"progr")  # by the first 5 bytes of type
_STAMP = b'"timestamp":"'


class Found(NamedTuple):
    """What a stretch of one file holds. Lists are filled while scanning, then only read."""

    responses: dict[str, Response]
    reused: set[str]  # ids that a proxy gave to several responses
    marks: list[Mark]
    requests: list[ApiRequest]
    cost_states: list[CostState]
    skips: list[Skip]


def nothing() -> Found:
    """Return an empty result to scan into."""
    return Found({}, set(), [], [], [], [])


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
    compact = b'": ' not in data[1:100]  # not the client's own way to write; parse every line
    hit = find(_ASSISTANT) if compact else 0
    start, last, lines = 1, len(data), len(chunk.overlong)
    sent = None  # the last line that can have caused a request
    while start < last:
        end = find(b"\n", start)
        lines += 1
        answer = False
        if 0 <= hit < end:
            sent_ms = _sent_ms(data, sent) if sent else sent_ms
            sent = None
            answer = _take_line(data[start:end], start + shift, sent_ms, place, into)
            hit = find(_ASSISTANT, end) if compact else 0
        elif _matters(data, start, end):
            _take_line(data[start:end], start + shift, None, place, into)
        elif _broken(data, start, end):
            into.skips.append(Skip(start + shift, "not a JSON object"))
        if answer:
            sent_ms = None
        elif _is_turn(data, start):
            sent = (start, end)
        start = end + 1
    return lines, _sent_ms(data, sent) if sent else sent_ms


def scan_line(
    line: bytes, offset: int, place: Place, into: Found, sent_ms: int | None = None
) -> bool:
    """Scan a last line that has no newline; False, and nothing done, when it is not whole."""
    found, problem = records(line)
    if problem or not found:
        return False
    for record in found:
        _take(record, place, offset, sent_ms, into)
    return True


def _is_turn(data: bytes, start: int) -> bool:
    """Whether the line can be what a request answers: in new files a user or attachment line."""
    if data.startswith(_NEW_STYLE, start):
        return data[start + 9 : start + 14] in (b'user"', b"attac")
    return True


def _matters(data: bytes, start: int, end: int) -> bool:
    """Whether a line without usage can hold a mark, as far as its bytes tell."""
    if data.startswith(_NEW_STYLE, start):
        kind = data[start + 9 : start + 21]
        if kind in _READ_WHOLE:
            return True
        if kind[:5] not in _MAY_MARK:
            return False
    head = min(end, start + _HEAD)
    find = data.find
    if any(find(needle, start, head) >= 0 for needle in _MARKS):
        return True
    return end > head and find(_MARKS[-1], max(head, end - _END), end) >= 0


def _broken(data: bytes, start: int, end: int) -> bool:
    """Whether a line that is not parsed cannot be a record, by its first and last byte."""
    if data[start] == 0x7B and data[end - 1] == 0x7D:  # { and }
        return False
    line = data[start:end].strip()
    bare = line.strip(b"\0 ")
    return bool(line) and not (bare.startswith(b"{") and bare.endswith(b"}"))


def _take_line(line: bytes, offset: int, sent: int | None, place: Place, into: Found) -> bool:
    """Take what is on the line; return whether an answer of the API is."""
    if not line.strip():
        return False
    found, problem = records(line)
    if problem:
        into.skips.append(Skip(offset, problem))
    answer = False
    for record in found:
        answer |= _take(record, place, offset, sent, into)
    return answer


def _take(record: Record, place: Place, offset: int, sent: int | None, into: Found) -> bool:
    kind = record.get("type")
    if kind == "assistant":
        _add(responses(record, place, offset, sent), into)
        return True
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader:
        read, field = reader
        value = read(record, place, offset)
        if value is not None:
            getattr(into, field).append(value)
    return False


def _add(found: list[Response], into: Found) -> None:
    if not found:
        return
    first = found[0]
    known = into.responses.get(first.key)
    if known is not None and not merge.same_response(known, first):
        into.reused.add(first.key)
        _set_apart(first.key, into)
    if first.key in into.reused:
        found = _renamed(found, first.key, merge.apart(first).key)
    for response in found:
        known = into.responses.get(response.key)
        into.responses[response.key] = response if known is None else merge.merge(known, response)


def _set_apart(key: str, into: Found) -> None:
    """Give what was found under a reused id the key that it would have had from the start."""
    first = into.responses[key]
    family = [r for r in into.responses.values() if r.key == key or r.parent == key]
    for response in family:
        del into.responses[response.key]
    for response in _renamed(family, key, merge.apart(first).key):
        into.responses[response.key] = response


def _renamed(family: list[Response], old: str, new: str) -> list[Response]:
    return [
        r._replace(key=new + r.key[len(old) :], parent=new if r.parent else None) for r in family
    ]


def _sent_ms(data: bytes, line: tuple[int, int] | None) -> int | None:
    """When the request was sent: the time of the last line before its response."""
    if line is None:
        return None
    start, end = line
    near = data.rfind(_STAMP, max(start, end - 400), end)
    if near < 0:
        near = data.find(_STAMP, start, min(end, start + _HEAD))
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
}


def settled(found: Found) -> Iterator[Response]:
    """Yield the responses; calls inside a response only where its believed line tells of them."""
    for response in found.responses.values():
        parent = found.responses.get(response.parent or "")
        if parent is None or parent.offset == response.offset:
            yield response
