"""Last step of the flow: what was read and how far, committed together."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ccmeter.model import ApiRequest, Response
from ccmeter.store.hashing import hash48, hash63
from ccmeter.store.names import Names
from ccmeter.store.rows import call_row, response_row
from ccmeter.store.statements import sql
from ccmeter.transcripts.merge import apart_key
from ccmeter.transcripts.reader import Batch

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
        self._reused = self._known_reused()

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
            self._reused = self._known_reused()
            raise
        new = self._last_id() - before
        return Written(new, max(0, touched - new))

    def _known_reused(self) -> set[str]:
        return {key for (key,) in self._connection.execute(sql("load_reused"))}

    def _last_id(self) -> int:
        (last,) = self._connection.execute(sql("last_id")).fetchone()
        return last or 0

    def _store(self, batch: Batch) -> int:
        root = batch.file.root
        place = {"path": batch.file.path, "root_id": self._names.root(root)}
        cursor = place | batch.cursor._asdict()
        (source,) = self._connection.execute(sql("save_cursor"), cursor).fetchone()
        self._learn(batch.reused)
        touched = self._responses(batch.responses, root, source)
        if batch.rescan:
            self._connection.execute(sql("forget_marks"), (source,))
            self._connection.execute(sql("forget_skips"), (source,))
        self._marks(batch, source)
        skips = [(source, *skip) for skip in batch.skips]
        self._connection.executemany(sql("save_skip"), skips)
        return touched

    def _responses(self, responses: Sequence[Response], root: str, source: int) -> int:
        """Upsert; return how many rows are new or changed."""
        names = self._names
        found = list(self._told_apart(responses)) if self._reused else responses
        rows = [response_row(r, root, source, names) for r in found if r.parent is None]
        calls = [call_row(r, root, source, names) for r in found if r.parent is not None]
        touched = max(0, self._connection.executemany(sql("upsert_response"), rows).rowcount)
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
        rows = [(r.time_ms, names.project(r.owner.cwd), names.session(s), r.time_ms)
                for s, r in earliest.items()]
        self._connection.executemany(sql("save_home"), rows)

    def _learn(self, keys: Iterable[str]) -> None:
        """Remember ids that a proxy uses for several responses, and set apart what is stored."""
        for key in set(keys) - self._reused:
            self._connection.execute(sql("save_reused"), (hash63(key), key))
            self._reused.add(key)
            self._rename_family(key)

    def _rename_family(self, key: str) -> None:
        family = self._connection.execute(sql("family"), (hash63(key), hash63(key))).fetchall()
        for stored, request_id, model in family:
            base = apart_key(key, request_id, model)
            new = base + stored[len(key) :]
            values = (new, hash63(new), hash63(base), hash63(stored), stored)
            self._connection.execute(sql("rename_reused"), values)

    def _told_apart(self, responses: Iterable[Response]) -> Iterator[Response]:
        models: dict[str, str] = {}
        for response in responses:
            base = response.parent or response.key
            if base not in self._reused:
                yield response
                continue
            # a call may have another model than its response, but it is always read beside it
            model = response.terms.model if response.parent is None else models[base]
            models[base] = model
            new = apart_key(base, response.request_id, model)
            parent = new if response.parent else None
            yield response._replace(key=new + response.key[len(base) :], parent=parent)

    def _marks(self, batch: Batch, source: int) -> None:
        names = self._names
        marks = [
            (source, m.offset, names.session(m.session), names.agent(m.agent), *m[2:-1])
            for m in batch.marks
        ]
        self._connection.executemany(sql("save_mark"), marks)
        requests = [self._request_row(request) for request in batch.requests]
        self._connection.executemany(sql("save_request"), requests)
        states = [(names.session(s.session), *s[1:-1]) for s in batch.cost_states]
        self._connection.executemany(sql("save_cost_state"), states)

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
