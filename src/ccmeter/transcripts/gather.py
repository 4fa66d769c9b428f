"""Lines of assistant records to responses: many lines of one response become one.

Only the line that is believed in the end is read in full. Lines that differ in more than their
usage, or have no id or no usual time, go the slow way: each becomes a Response, and `merge`
decides between them. Both ways obey the one rule of `merge`.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from ccmeter.model import SYNTHETIC, Block, Response
from ccmeter.transcripts import merge
from ccmeter.transcripts.parse import Place, responses
from ccmeter.transcripts.repair import Record
from ccmeter.transcripts.tokens import count

_Marks = tuple[object, ...]
_USUAL_LENGTH = 24  # of a time such as 2026-02-03T04:05:06.007Z: of that form, text compares
_SIGNS = "--T::."  # between the parts of such a time


class Seen:
    """The lines of one response so far. Mutable: it lives for one stretch of one file."""

    __slots__ = (
        "finished",
        "first",
        "held",
        "marks",
        "offset",
        "output",
        "record",
        "sent",
        "shown",
        "time",
    )

    def __init__(self, record: Record, marks: _Marks, time: str) -> None:
        self.record = self.first = record  # the line that is believed, and the first
        self.marks = marks
        self.time = time  # the earliest
        self.finished, self.output, self.offset = False, -1, 0  # of the line that is believed
        self.sent: int | None = None
        # While it is not finished: contents with the ids of their lines, and sizes of earlier ones.
        self.held: list[tuple[list[Any], str]] = []
        self.shown: list[Block] = []


class Answers(NamedTuple):
    """The responses of a stretch of a file, by key."""

    seen: dict[str, Seen]
    told: dict[str, Response]  # those that went the slow way
    reused: set[str]  # ids that a proxy gave to several responses
    open: list[Seen]  # those of which content is held


def nothing() -> Answers:
    """Return no answers, to gather into."""
    return Answers({}, {}, set(), [])


def gather(record: Record, place: Place, offset: int, sent: int | None, into: Answers) -> None:
    """Add one assistant record to the responses."""
    message = record.get("message")
    usage = message.get("usage") if type(message) is dict else None
    if type(message) is not dict or type(usage) is not dict:
        return
    key: Any = message.get("id")
    time: Any = record.get("timestamp")
    seen = into.seen.get(key) if type(key) is str else None
    usual = type(time) is str and len(time) == _USUAL_LENGTH and time[4:20:3] == _SIGNS
    usual = usual and time[-1] == "Z"
    marks = _marks(record, message)
    if seen is None and usual and _starts(key, into):
        if message.get("model") == SYNTHETIC:
            return
        seen = into.seen[key] = Seen(record, marks, time)
    elif seen is None or not usual or marks != seen.marks:
        _tell_all(seen, responses(record, place, offset, sent), place, into)
        return
    stop, output = message.get("stop_reason"), usage.get("output_tokens")
    finished = type(stop) is str and stop != ""
    if finished > seen.finished or (finished == seen.finished and count(output) >= seen.output):
        # on equal counts the later line is believed
        seen.record, seen.finished, seen.offset = record, finished, offset
        seen.output = count(output)
    if time < seen.time:
        seen.time = time
    if sent is not None:
        seen.sent = sent if seen.sent is None else min(sent, seen.sent)
    content = message.pop("content", None)  # it is not kept
    if not seen.finished and type(content) is list:
        if not seen.held:
            into.open.append(seen)
        seen.held.append((content, str(record.get("uuid"))))


def _marks(record: Record, message: dict[str, Any]) -> _Marks:
    """What decides whose the response is: lines that differ in it go the slow way."""
    get = record.get
    return (
        get("requestId"),
        get("isSidechain"),
        get("requestSessionId"),
        get("session_id"),
        get("forkedFrom"),
        get("requestRef"),
        message.get("model"),
    )


def let_go(answers: Answers, place: Place) -> None:
    """Keep of the records only what is needed, which is a fifth of the memory.

    A response that is finished is one from here on; the last one may go on in what follows. Of
    contents that are held nothing stays but their sizes.
    """
    for key in list(answers.seen)[:-1]:
        if answers.seen[key].finished:
            _tell(_told(answers.seen.pop(key), place), answers)
    for seen in answers.open:
        if not seen.finished:
            key = seen.record["message"]["id"]
            seen.shown += [_block(content, key, line) for content, line in seen.held]
        seen.held = []
    answers.open.clear()


def _starts(key: object, into: Answers) -> bool:
    """Whether a response can be gathered the fast way under this key."""
    if type(key) is not str or not key or not key.isascii():
        return False
    return key not in into.told and key not in into.reused


def _tell_all(seen: Seen | None, found: list[Response], place: Place, into: Answers) -> None:
    """Go on the slow way, with what went the fast way before."""
    if seen is not None:
        before = _told(seen, place)
        del into.seen[before[0].key]
        _tell(before, into)
    _tell(found, into)


def _block(content: list[Any], key: str, line: str) -> Block:
    text = tool_input = tools = signature = 0
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            text += len(str(part.get("text") or "").encode("utf-8", "replace"))
        elif kind == "tool_use":
            tools += 1
            tool_input += _packed_bytes(part.get("input"))
        elif kind == "thinking":
            signature += len(str(part.get("signature") or ""))
    return Block(key, line, text, tool_input, tools, signature)


def _packed_bytes(value: Any) -> int:
    """Bytes of the value as compact JSON; 0 when it is nested too deep for that."""
    try:
        return len(orjson.dumps(value))
    except orjson.JSONEncodeError:  # lone surrogates, or numbers beyond 64 bits
        try:
            packed = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            return 0
        return len(packed.encode("utf-8", "replace"))


def _told(seen: Seen, place: Place) -> list[Response]:
    """Return what all lines of the response together tell."""
    return responses(seen.record, place, seen.offset, seen.sent, seen.first, seen.time)


def _tell(found: list[Response], into: Answers) -> None:
    """Merge responses, the slow way, with those of their keys."""
    if not found:
        return
    first = found[0]
    known = into.told.get(first.key)
    if known is not None and not merge.same_response(known, first):
        into.reused.add(first.key)
        _set_apart(first.key, into)
    if first.key in into.reused:
        found = _renamed(found, first.key, merge.apart(first).key)
    for response in found:
        known = into.told.get(response.key)
        into.told[response.key] = response if known is None else merge.merge(known, response)


def _set_apart(key: str, into: Answers) -> None:
    """Give what was found under a reused id the key that it would have had from the start."""
    first = into.told[key]
    family = [r for r in into.told.values() if r.key == key or r.parent == key]
    for response in family:
        del into.told[response.key]
    for response in _renamed(family, key, merge.apart(first).key):
        into.told[response.key] = response


def _renamed(family: list[Response], old: str, new: str) -> list[Response]:
    return [
        r._replace(key=new + r.key[len(old) :], parent=new if r.parent else None) for r in family
    ]


def settled(answers: Answers, place: Place) -> Iterator[Response]:
    """Yield the responses; calls inside a response only where its believed line tells of them."""
    for response in answers.told.values():
        parent = answers.told.get(response.parent or "")
        if parent is None or parent.offset == response.offset:
            yield response
    for seen in answers.seen.values():
        yield from _told(seen, place)


def blocks(answers: Answers, place: Place) -> list[Block]:
    """Return the sizes of all lines of responses without a final line."""
    let_go(answers, place)
    unfinished = (seen for seen in answers.seen.values() if not seen.finished)
    return [block for seen in unfinished for block in seen.shown]
