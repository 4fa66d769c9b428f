"""What was read of one file as plain rows, made where it was read.

The processes of the pool build the rows. Ids of shared names are known to the writer alone: until
then a row holds numbers into the lists of owners and terms.
"""

import marshal
from collections.abc import Sequence
from typing import Any, NamedTuple

from ccmeter.model import ApiRequest, CostState, Owner, Response, Terms
from ccmeter.store.hashing import HASH_BYTES, hash48, hash63
from ccmeter.transcripts.merge import placing
from ccmeter.transcripts.reader import Batch

Values = tuple[Any, ...]
# Number of the owner and of the terms, the columns of upsert_response.sql behind `source`, and
# the key of the response that a call was made inside.
Row = tuple[int, int, Values, str | None]


class Packed(NamedTuple):
    """A batch as rows. Its fields hold built-in values only, so that they travel cheaply."""

    file: Values  # a Transcript
    cursor: Values  # a Cursor
    start: int  # offset that was read from
    lines: int
    size: int  # bytes read
    owners: list[Values]
    terms: list[Values]
    rows: list[Row]
    calls: list[Row]  # inside responses
    spans: list[tuple[str, int, str, int]]  # session, first answer, where it was given, last answer
    readings: list[tuple[Values, int | None, int | None]]  # CostState, main answers around it
    reused: frozenset[str]
    marks: list[tuple[int, str, str, Values]]  # offset, session, agent, and as in save_mark.sql
    requests: list[tuple[str, str, Values, Values, Values]]  # see _request
    blocks: list[Values]  # as in save_block.sql
    skips: list[Values]  # offset, reason


class Parcel(NamedTuple):
    """A packed batch on its way to the writer, with what is to be told of it.

    Rows of built-in values are marshalled several times as fast as records are pickled, and take
    a quarter of the memory while they wait for their transaction.
    """

    path: str
    lines: int
    bad_lines: int
    size: int  # bytes read
    sessions: frozenset[str]  # that were answered
    content: bytes

    def opened(self) -> Packed:
        """What was packed."""
        return Packed._make(marshal.loads(self.content))


def parcel(batch: Batch) -> Parcel:
    """Return what was read as a parcel of rows."""
    packed = pack(batch)
    return Parcel(
        batch.file.path,
        batch.lines,
        len(batch.skips),
        batch.size,
        frozenset(span[0] for span in packed.spans),
        marshal.dumps(tuple(packed), 2),
    )


def pack(batch: Batch) -> Packed:
    """Return what was read as rows."""
    owners: dict[Owner, int] = {}
    terms: dict[Terms, int] = {}
    rows: list[Row] = []
    calls: list[Row] = []
    for response in batch.responses:
        (rows if response.parent is None else calls).append(
            (
                owners.setdefault(response.owner, len(owners)),
                terms.setdefault(response.terms, len(terms)),
                _columns(response),
                response.parent,
            )
        )
    return Packed(
        tuple(batch.file),
        tuple(batch.cursor),
        batch.start,
        batch.lines,
        batch.size,
        [tuple(owner) for owner in owners],
        [tuple(each) for each in terms],
        rows,
        calls,
        _spans(batch.responses),
        [_reading(state, batch.responses) for state in batch.cost_states],
        batch.reused,
        [(m.offset, m.session, m.agent, m[2:-1]) for m in batch.marks],
        [_request(request) for request in batch.requests],
        [(hash63(block.key), hash63(block.line), *block[2:]) for block in batch.blocks],
        [tuple(skip) for skip in batch.skips],
    )


def _columns(response: Response) -> Values:
    ref = response.request_ref
    return (
        hash63(response.key),
        response.key,
        response.request_id,
        hash63(ref) if ref else None,
        placing(response.owner),
        response.time_ms,
        response.start_ms,
        *response.usage,
        response.thinking_tokens,
        response.web_fetches,
        response.miss_tokens,
        response.terms.stop_reason is not None,
        response.rank_output,
        response.offset,
    )


def _spans(responses: Sequence[Response]) -> list[tuple[str, int, str, int]]:
    """When and where each session was answered first, and when last."""
    first: dict[str, Response] = {}
    last: dict[str, int] = {}
    for response in responses:
        session, time_ms = response.owner.session, response.time_ms
        known = first.setdefault(session, response)
        if time_ms < known.time_ms:
            first[session] = response
        if time_ms > last.get(session, 0):
            last[session] = time_ms
    return [(s, r.time_ms, r.owner.cwd, last.get(s, 0)) for s, r in first.items()]


def _reading(
    state: CostState, responses: Sequence[Response]
) -> tuple[Values, int | None, int | None]:
    """The reading, when its main thread was answered last before it, and first at all."""
    main = [r for r in responses if not r.owner.agent and r.owner.session == state.session]
    before = max((r.time_ms for r in main if r.offset < state.offset), default=None)
    return tuple(state), before, min((r.time_ms for r in main), default=None)


def _request(request: ApiRequest) -> tuple[str, str, Values, Values, Values]:
    """Session, agent, and the columns of save_request.sql before, at and behind the kind."""
    kind = (
        request.source,
        request.shape,
        request.model,
        request.effort or "",
        request.params,
        request.ttls,
    )
    base = hash63(request.base) if request.base else None
    tail = b"".join(_short(value) for value in request.tail)
    before = (hash63(request.id), request.time_ms)
    return request.session, request.agent, before, kind, (base, request.keep, tail)


def _short(value: str) -> bytes:
    """The first bytes of a hexadecimal hash; another notation is hashed to the same length."""
    try:
        return bytes.fromhex(value[: 2 * HASH_BYTES]).ljust(HASH_BYTES, b"\0")
    except ValueError:
        return hash48(value).to_bytes(HASH_BYTES, "big")
