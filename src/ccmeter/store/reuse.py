"""Message ids that a proxy gave to several responses: found out once, never believed again."""

import json
import sqlite3
from collections.abc import Iterable, Mapping

from ccmeter.model import Cursor, Terms
from ccmeter.store.folded import Folded
from ccmeter.store.hashing import hash63
from ccmeter.store.names import Names
from ccmeter.store.packing import Packed, Row, Values
from ccmeter.store.statements import sql
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.merge import apart_key
from ccmeter.transcripts.reader import reused_ids


class ReusedIds:
    """The ids known to stand for several responses, in memory and in the database."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._folded = Folded(connection, names)
        self._known: set[str] = set()
        self._looked: set[str] = set()  # files that were read whole, as large as they were found
        self._alike = ""  # a file whose first stretches tell of ids as all that is stored does
        self.reload()

    def reload(self) -> None:
        """Take what the database holds: after a rollback some may not be known."""
        self._known = {key for (key,) in self._connection.execute(sql("load_reused"))}
        self._looked.clear()

    def shown(self, packed: Packed, file: Transcript, source: int) -> frozenset[str]:
        """Return the ids that the file gives to several responses, as far as it was read."""
        read = Cursor._make(packed.cursor).settled_size
        if not packed.start:  # of a large file, a fork perhaps, this is the first stretch
            alike = read < file.size and not self._doubtful(packed, None)
            self._alike = file.path if alike else ""
            return packed.reused
        only = None if file.path == self._alike else source
        if file.path in self._looked or not self._doubtful(packed, only):
            return packed.reused
        if read <= file.size:  # else it grew since
            self._looked.add(file.path)
        return packed.reused | reused_ids(file)

    def _doubtful(self, packed: Packed, source: int | None) -> bool:
        """Whether some id is stored already, and not only as this file tells of it.

        That is a copy in another file, or an id reused in this one; only the file can tell. Without
        a source, what other files tell is no reason for doubt as long as they tell the same.
        """
        own = {
            columns[0]: (columns[2], Terms._make(packed.terms[terms]).model, columns[4])
            for _, terms, columns, _ in packed.rows
        }
        values = {"hashes": json.dumps(list(own))}
        for key, at, request_id, model, place in self._connection.execute(
            sql("stored_ids"), values
        ):
            if (request_id, model) != own[key][:2]:
                return True
            if source is not None and (at != source or place < own[key][2]):
                return True
        return False

    def learn(self, keys: Iterable[str]) -> bool:
        """Remember the ids and set apart what is stored; whether anything was.

        Lines of other files may have been folded into what was stored: they are to be read again.
        """
        stored = False
        for key in set(keys) - self._known:
            self._connection.execute(sql("save_reused"), (hash63(key), key))
            self._known.add(key)
            stored |= self._folded.set_apart(key)
        return stored

    def told_apart(self, packed: Packed) -> tuple[list[Row], list[Row]]:
        """Return the rows of responses and of calls, those of reused ids under keys of their own.

        A call may have another model than its response, but is always read beside it.
        """
        apart = self._apart(packed)
        if not apart:
            return packed.rows, packed.calls
        return (
            [_renamed(row, row[2][1], apart) for row in packed.rows],
            [_renamed(row, row[3] or "", apart) for row in packed.calls],
        )

    def blocks(self, packed: Packed) -> list[Values]:
        """Return the sizes of lines, those of reused ids with the responses told apart."""
        apart = {hash63(key): hash63(new) for key, new in self._apart(packed).items()}
        return [(apart.get(key, key), *sizes) for key, *sizes in packed.blocks]

    def _apart(self, packed: Packed) -> dict[str, str]:
        """The keys of their own of the reused ids that the file shows for one response each."""
        if not self._known:
            return {}
        return {
            columns[1]: apart_key(columns[1], columns[2], Terms._make(packed.terms[terms]).model)
            for _, terms, columns, _ in packed.rows
            if columns[1] in self._known
        }


def _renamed(row: Row, base: str, apart: Mapping[str, str]) -> Row:
    """The row under the new name of the response that it is, or was made inside."""
    new = apart.get(base)
    if new is None:
        return row
    owner, terms, columns, parent = row
    key = new + columns[1][len(base) :]
    columns = (hash63(key), key, *columns[2:])
    return owner, terms, columns, new if parent else None
