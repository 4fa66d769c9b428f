"""Message ids that a proxy gave to several responses: found out once, never believed again."""

import json
import sqlite3
from collections.abc import Iterable, Mapping

from ccmeter.model import Terms
from ccmeter.store.hashing import hash63
from ccmeter.store.packing import Packed, Row
from ccmeter.store.statements import sql
from ccmeter.transcripts.merge import apart_key, same_ids


class ReusedIds:
    """The ids known to stand for several responses, in memory and in the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: set[str] = set()
        self.reload()

    def reload(self) -> None:
        """Take what the database holds: after a rollback some may not be known."""
        self._known = {key for (key,) in self._connection.execute(sql("load_reused"))}

    def doubtful(self, packed: Packed) -> bool:
        """Whether some id is stored already with another request id or model.

        That is a copy in another file, or an id reused in this one; only the file can tell.
        """
        own = {
            columns[0]: (columns[2], Terms._make(packed.terms[terms]).model)
            for _, terms, columns, _ in packed.rows
        }
        values = {"hashes": json.dumps(list(own))}
        return any(
            not same_ids(request_id, model, *own[hash63(key)])
            for key, request_id, model in self._connection.execute(sql("stored_ids"), values)
        )

    def learn(self, keys: Iterable[str]) -> bool:
        """Remember the ids and set apart what is stored; whether anything was.

        Lines of other files may have been folded into what was stored: they are to be read again.
        """
        stored = False
        for key in set(keys) - self._known:
            self._connection.execute(sql("save_reused"), (hash63(key), key))
            self._known.add(key)
            stored |= self._set_apart(key)
        return stored

    def _set_apart(self, key: str) -> bool:
        family = self._connection.execute(sql("family"), (hash63(key), hash63(key))).fetchall()
        for stored, request_id, model in family:
            base = apart_key(key, request_id, model)
            new = base + stored[len(key) :]
            values = (new, hash63(new), hash63(base), hash63(stored), stored)
            self._connection.execute(sql("rename_reused"), values)
        return bool(family)

    def told_apart(self, packed: Packed) -> tuple[list[Row], list[Row]]:
        """Return the rows of responses and of calls, those of reused ids under keys of their own.

        A call may have another model than its response, but is always read beside it.
        """
        if not self._known:
            return packed.rows, packed.calls
        apart: dict[str, str] = {}
        for _, terms, columns, _ in packed.rows:
            if columns[1] in self._known:
                model = Terms._make(packed.terms[terms]).model
                apart[columns[1]] = apart_key(columns[1], columns[2], model)
        return (
            [_renamed(row, row[2][1], apart) for row in packed.rows],
            [_renamed(row, row[3] or "", apart) for row in packed.calls],
        )


def _renamed(row: Row, base: str, apart: Mapping[str, str]) -> Row:
    """The row under the new name of the response that it is, or was made inside."""
    new = apart.get(base)
    if new is None:
        return row
    owner, terms, columns, parent = row
    key = new + columns[1][len(base) :]
    columns = (hash63(key), key, *columns[2:])
    return owner, terms, columns, new if parent else None
