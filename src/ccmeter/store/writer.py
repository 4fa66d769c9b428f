"""Last step of the flow: what was read and how far, committed together."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ccmeter.model import ApiRequest, Response
from ccmeter.store.hashing import hash48, hash63
from ccmeter.store.kept import Kept
from ccmeter.store.names import Names
from ccmeter.store.reuse import ReusedIds
from ccmeter.store.rows import call_row, response_row
from ccmeter.store.statements import sql
from ccmeter.transcripts.reader import Batch, reused_ids
from ccmeter.transcripts.repair import bindable

_HASH_BYTES = 6  # of each message hash that is kept: enough to see a change


class Written(NamedTuple):
    """What a transaction did to the responses."""

    new: int
    changed: int


class Writer:
    """Writes batches. One at a time: the caller holds the writer's lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)
        self._reused = ReusedIds(connection)
        self._kept = Kept(connection, self._names)
        self.read_again = False  # an id turned out to be reused: one more pass tells all apart

    def store(self, batches: Iterable[Batch]) -> Written:
        """Commit rows and cursors of the batches in one transaction, or nothing of them."""
        before = self._last_id()
        self._connection.execute("begin immediate")
        try:
            touched = sum([self._store(batch) for batch in batches])
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            self._names.forget()
            self._reused.reload()
            raise
        new = self._last_id() - before
        return Written(new, max(0, touched - new))

    def _last_id(self) -> int:
        (last,) = self._connection.execute(sql("last_id")).fetchone()
        return last or 0

    def _store(self, batch: Batch) -> int:
        root = bindable(batch.file.root)
        source = self._source(batch, root)
        self._learn(batch)
        touched = self._responses(batch.responses, root, source)
        if not batch.start:
            self._connection.execute(sql("forget_marks"), (source,))
            self._connection.execute(sql("forget_skips"), (source,))
        self._marks(batch, source)
        skips = [(source, *skip) for skip in batch.skips]
        self._connection.executemany(sql("save_skip"), skips)
        return touched

    def _source(self, batch: Batch, root: str) -> int:
        """Save how far the file has been read; return its id."""
        place = {"path": bindable(batch.file.path), "root_id": self._names.root(root)}
        cursor = place | batch.cursor._asdict()
        if batch.start:  # read on, so it is the file that was read before, wherever it lies now
            self._connection.execute(sql("move_file"), cursor)
        (source,) = self._connection.execute(sql("save_cursor"), cursor).fetchone()
        return int(source)

    def _learn(self, batch: Batch) -> None:
        """Find out about reused ids before rows are told apart by them."""
        reused = batch.reused
        if batch.start and self._reused.doubtful(batch.responses):
            reused |= reused_ids(batch.file)
        if self._reused.learn(reused):
            self._connection.execute(sql("read_again"))
            self.read_again = True

    def _responses(self, responses: Sequence[Response], root: str, source: int) -> int:
        """Upsert; return how many rows are new or changed."""
        names = self._names
        found = self._reused.told_apart(responses)
        last = self._last_id()
        rows = [response_row(r, root, source, names) for r in found if r.parent is None]
        calls = [call_row(r, root, source, names) for r in found if r.parent is not None]
        touched = max(0, self._connection.executemany(sql("upsert_response"), rows).rowcount)
        self._kept.copies(found, some_known=self._last_id() - last < len(rows))
        self._kept.ends(found)
        self._homes(found)
        if calls:
            touched += self._connection.executemany(sql("upsert_call"), calls).rowcount
        return touched

    def _homes(self, responses: Iterable[Response]) -> None:
        """Remember the folder that each session started in."""
        earliest: dict[str, Response] = {}
        for response in responses:
            known = earliest.setdefault(response.owner.session, response)
            if response.time_ms < known.time_ms:
                earliest[response.owner.session] = response
        names = self._names
        rows = [
            (r.time_ms, names.project(r.owner.cwd), names.session(s), r.time_ms)
            for s, r in earliest.items()
        ]
        self._connection.executemany(sql("save_home"), rows)

    def _marks(self, batch: Batch, source: int) -> None:
        names = self._names
        marks = [
            (source, m.offset, names.session(m.session), names.agent(m.agent), *m[2:-1])
            for m in batch.marks
        ]
        self._connection.executemany(sql("save_mark"), marks)
        requests = [self._request_row(request) for request in batch.requests]
        self._connection.executemany(sql("save_request"), requests)
        self._kept.readings(batch.cost_states, batch.responses, first=not batch.start)
        self._kept.blocks(batch.blocks)

    def _request_row(self, request: ApiRequest) -> tuple[int | bytes | None, ...]:
        return (
            hash63(request.id),
            self._names.session(request.session),
            self._names.agent(request.agent),
            request.time_ms,
            self._names.request_kind(request),
            hash63(request.base) if request.base else None,
            request.keep,
            b"".join(_short(value) for value in request.tail),
        )


def _short(value: str) -> bytes:
    """The first bytes of a hexadecimal hash; another notation is hashed to the same length."""
    try:
        return bytes.fromhex(value[: 2 * _HASH_BYTES]).ljust(_HASH_BYTES, b"\0")
    except ValueError:
        return hash48(value).to_bytes(_HASH_BYTES, "big")
