"""Second and third step for one file: from its cursor to what is new in it."""

import os
from collections.abc import Callable
from typing import NamedTuple

import orjson

from ccmeter.model import HELPERS, ApiRequest, Block, CostState, Cursor, Mark, Response, Skip
from ccmeter.transcripts import scan, tail
from ccmeter.transcripts.discover import Transcript, identity, modified_ns
from ccmeter.transcripts.gather import blocks, settled
from ccmeter.transcripts.parse import Place
from ccmeter.transcripts.repair import clean

SEGMENT = 4 << 20  # bytes of one file that are read before rows are made of them: more is memory


class Batch(NamedTuple):
    """What is new in one stretch of one file, with the cursor behind it."""

    file: Transcript
    cursor: Cursor
    start: int  # offset that was read from
    more: bool  # the file goes on behind the cursor
    lines: int
    size: int  # bytes read
    responses: list[Response]
    blocks: list[Block]  # of responses without a final line here
    reused: frozenset[str]  # ids that a proxy gave to several responses
    marks: list[Mark]
    requests: list[ApiRequest]
    cost_states: list[CostState]
    skips: list[Skip]


def read_batch(file: Transcript, cursor: Cursor | None, segment: int = SEGMENT) -> Batch | None:
    """Read what was added behind the cursor; None when the file has vanished or cannot be read."""
    try:
        descriptor = tail.open_file(file.path)
    except OSError:
        return None
    try:
        return _read(descriptor, file, cursor, segment)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _read(descriptor: int, file: Transcript, cursor: Cursor | None, segment: int) -> Batch:
    start = tail.start_offset(descriptor, cursor)
    place = _place(file)
    found = scan.nothing()
    offset, lines = start, 0
    sent = _sent_before(descriptor, start, place)
    for chunk in tail.chunks(descriptor, start, segment):
        count, sent = scan.scan(chunk, place, found, sent)
        lines += count
        offset = chunk.behind
    info = os.fstat(descriptor)
    more = offset - start >= segment and info.st_size > offset
    considered = offset
    if not more and offset < info.st_size:
        rest = tail.torn_tail(descriptor, offset)
        if b"\n" not in rest:  # else lines were added just now: the next pass reads them
            scan.scan_line(rest, offset, place, found, sent)
            considered = offset + len(rest)
    return Batch(
        file,
        Cursor(
            *identity(info),
            offset,
            tail.tail_hash(descriptor, offset),
            considered,
            modified_ns(info),
        ),
        start,
        more,
        lines,
        offset - start,
        list(settled(found.answers, place)),
        blocks(found.answers, place),
        frozenset(found.answers.reused),
        found.marks,
        found.requests,
        found.cost_states,
        found.skips,
    )


def reused_ids(file: Transcript) -> frozenset[str]:
    """Read the whole file for ids that a proxy gave to several of its responses."""
    try:
        descriptor = tail.open_file(file.path)
    except OSError:
        return frozenset()
    place, found = _place(file), scan.nothing()
    try:
        offset = 0
        for chunk in tail.chunks(descriptor, 0, os.fstat(descriptor).st_size):
            scan.scan(chunk, place, found)
            offset = chunk.behind
        scan.scan_line(tail.torn_tail(descriptor, offset), offset, place, found)
    except OSError:
        return frozenset()
    finally:
        os.close(descriptor)
    return frozenset(found.answers.reused)


def told_at(file: Transcript, offset: int) -> list[Response]:
    """Return what the line at the offset alone tells; nothing when it cannot be read."""
    try:
        descriptor = tail.open_file(file.path)
    except OSError:
        return []
    place, found = _place(file), scan.nothing()
    try:
        sent = _sent_before(descriptor, offset, place)
        scan.scan(tail.line_at(descriptor, offset), place, found, sent)
    except OSError:
        return []
    finally:
        os.close(descriptor)
    return list(settled(found.answers, place))


def _sent_before(descriptor: int, start: int, place: Place) -> int | None:
    """When the request was sent whose answer may follow, if the lines before tell of one."""
    if not start:
        return None
    _, sent = scan.scan(tail.lines_before(descriptor, start), place, scan.nothing())
    return sent


def _place(file: Transcript) -> Place:
    return Place(file.session, file.agent, agent_type(file), file.mtime_ns // 1_000_000)


def agent_type(file: Transcript, load: Callable[[str], bytes | None] | None = None) -> str | None:
    """Return the type of a subagent from its name or the small file beside it; None for main."""
    if not file.agent:
        return None
    for helper in HELPERS:  # whose file name tells what they are
        if file.agent.startswith(helper):
            return helper[1:]
    raw = (load or _load)(file.path[: -len("jsonl")] + "meta.json")
    try:
        meta = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        return None
    kind = meta.get("agentType") if isinstance(meta, dict) else None
    return clean(kind) if isinstance(kind, str) and kind else None


def _load(path: str) -> bytes | None:
    try:
        descriptor = tail.open_file(path)
    except OSError:
        return None
    try:
        return tail.read_at(descriptor, 1 << 16, 0)
    except OSError:
        return None
    finally:
        os.close(descriptor)
