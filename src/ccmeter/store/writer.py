"""Last step of the flow: what was read and how far, committed together."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ccmeter.model import Cursor, Owner, Terms
from ccmeter.store.hashing import hash63
from ccmeter.store.kept import Kept
from ccmeter.store.names import Names
from ccmeter.store.origins import Origins
from ccmeter.store.packing import Packed, Row, Values
from ccmeter.store.reuse import ReusedIds
from ccmeter.store.statements import sql
from ccmeter.store.transaction import transaction
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.repair import bindable

_KEY_HASH = 3  # of the columns of a response
_PARENT = -1  # of the columns of a call
_ANY = (1 << 63) - 1  # the largest id


class Written(NamedTuple):
    """What a transaction did to the responses."""

    new: int
    changed: int


class Writer:
    """Writes what was packed. One at a time: the caller holds the writer's lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)
        self._reused = ReusedIds(connection, self._names)
        self._kept = Kept(connection, self._names)
        self._origins = Origins(connection, self._names)
        self.read_again = False  # an id turned out to be reused: one more pass tells all apart

    def store(self, read: Iterable[Packed]) -> Written:
        """Commit rows and cursors in one transaction, or nothing of them."""
        self._names.forget_if_many()
        try:
            with transaction(self._connection):
                written = [self._store(packed) for packed in read]
        except BaseException:
            self._names.forget()
            self._reused.reload()
            raise
        return Written(sum(one.new for one in written), sum(one.changed for one in written))

    def _last_id(self) -> int:
        (last,) = self._connection.execute(sql("last_id")).fetchone()
        return last or 0

    def _store(self, packed: Packed) -> Written:
        file = Transcript._make(packed.file)
        root = bindable(file.root)
        self._origins.note(packed, bindable(file.path))
        source = self._source(packed, bindable(file.path), root)
        self._learn(packed, file, source)
        written = self._responses(packed, root, source)
        if not packed.start:
            self._connection.execute(sql("forget_marks"), (source,))
            self._connection.execute(sql("forget_skips"), (source,))
        self._marks(packed, source)
        skips = [(source, *skip) for skip in packed.skips]
        self._connection.executemany(sql("save_skip"), skips)
        return written

    def _source(self, packed: Packed, path: str, root: str) -> int:
        """Save how far the file has been read; return its id."""
        place = {"path": path, "root_id": self._names.root(root)}
        cursor = place | Cursor._make(packed.cursor)._asdict()
        if packed.start:  # read on, so it is the file that was read before, wherever it lies now
            self._connection.execute(sql("move_file"), cursor)
            if self.read_again:  # what stands before was read too early
                cursor |= {"offset": 0, "settled_size": -1}
        (source,) = self._connection.execute(sql("save_cursor"), cursor).fetchone()
        return int(source)

    def _learn(self, packed: Packed, file: Transcript, source: int) -> None:
        """Find out about reused ids before rows are told apart by them."""
        if self._reused.learn(self._reused.shown(packed, file, source)):
            self._connection.execute(sql("read_again"))
            self.read_again = True

    def _responses(self, packed: Packed, root: str, source: int) -> Written:
        """Store the responses and the calls inside them."""
        rows, calls = self._reused.told_apart(packed)
        owners = [self._names.owner(Owner._make(each), root) for each in packed.owners]
        terms = [self._names.terms(Terms._make(each)) for each in packed.terms]
        bound = [(source, owners[o], terms[t], *columns) for o, t, columns, _ in rows]
        inside = [
            (source, owners[o], terms[t], *columns, hash63(parent or ""))
            for o, t, columns, parent in calls
        ]
        known = self._known(inside)  # storing the responses may drop some of them
        believed = self._believed(inside)
        written = self._inserted(bound)
        some_known = written.new < len(rows)
        found: Sequence[Row] = [*rows, *calls] if calls else rows
        if some_known:
            self._origins.claim(packed, source, owners, found)
        self._kept.copies(packed, found, some_known)
        self._kept.spans(packed.spans)
        if not inside:
            return written
        # of lines believed before they are stored; of those rewritten since they are not believed
        inside = [row for row in inside if (row[_PARENT], *_line(row)) not in believed]
        touched = self._connection.executemany(sql("upsert_call"), inside).rowcount
        new = len(self._known(inside) - known)
        return Written(written.new + new, written.changed + max(0, touched - new))

    def _inserted(self, bound: list[Values]) -> Written:
        last = self._last_id()
        new = max(0, self._connection.executemany(sql("insert_response"), bound).rowcount)
        return Written(new, self._upserted(bound, new, last) if new < len(bound) else 0)

    def _upserted(self, bound: list[Values], new: int, last: int) -> int:
        """Merge what was stored up to the id `last`, or is there twice; return what that changed.

        A row merged with itself stays as it is, so that those which are new may be among them.
        """
        hashes = {row[_KEY_HASH] for row in bound}
        if new and len(hashes) == len(bound):
            known = self._known(bound, last)
            bound = [row for row in bound if row[_KEY_HASH] in known]
        changed = max(0, self._connection.executemany(sql("upsert_response"), bound).rowcount)
        if changed:
            stored = json.dumps([row[_KEY_HASH] for row in bound])
            self._connection.execute(sql("drop_calls"), (stored,))
        return changed

    def _believed(self, inside: Sequence[Values]) -> set[Values]:
        """Return the believed lines, with their ranks, of the responses around the calls."""
        if not inside:
            return set()
        hashes = json.dumps([row[_PARENT] for row in inside])
        return set(self._connection.execute(sql("believed_lines"), (hashes,)).fetchall())

    def _known(self, bound: Sequence[Values], last: int = _ANY) -> set[int]:
        """Return the hashes of the keys of those that are stored, up to the id `last`."""
        if not bound:
            return set()
        values = {"hashes": json.dumps([row[_KEY_HASH] for row in bound]), "last": last}
        return {key for (key,) in self._connection.execute(sql("stored_before"), values)}

    def _marks(self, packed: Packed, source: int) -> None:
        names = self._names
        marks = [
            (source, offset, names.session(session), names.agent(agent), *rest)
            for offset, session, agent, rest in packed.marks
        ]
        self._connection.executemany(sql("save_mark"), marks)
        requests = [
            (
                identity,
                names.session(session),
                names.agent(agent),
                time_ms,
                names.request_kind(kind),
                *behind,
            )
            for session, agent, (identity, time_ms), kind, behind in packed.requests
        ]
        self._connection.executemany(sql("save_request"), requests)
        self._kept.readings(packed)
        if packed.blocks:
            self._connection.executemany(sql("save_block"), self._reused.blocks(packed))


def _line(call: Values) -> Values:
    """The line that tells of the call: its file, its offset and its rank."""
    finished, output, offset = call[-4:_PARENT]
    return call[0], offset, finished, output
