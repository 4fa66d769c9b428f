"""Whose a response is that two sessions tell as their own, where the younger was read first."""

import json
import sqlite3
from collections.abc import Sequence

from ccmeter.model import Cursor
from ccmeter.store.names import Names
from ccmeter.store.packing import Packed, Row
from ccmeter.store.statements import sql
from ccmeter.transcripts.discover import Transcript

_HASH, _PLACE = 0, 4  # of the columns of a response
_OWN = 0  # the place of a main thread's own line


class Origins:
    """Gives responses back to a session that was read late.

    Forks of old clients do not mark what they repeat, and of equal copies the one read first owns
    the response: that of the oldest file, where files are read by age. But a first report reads
    the last days before the rest.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self._begun = ""  # the file of which all was read for the first time, so far

    def note(self, packed: Packed, path: str) -> None:
        """Find out whether a file is read for the first time, before its cursor is saved.

        It may be read in stretches, and its first reading may have been interrupted.
        """
        if packed.start and path == self._begun:
            return
        stored = self._connection.execute(sql("stored_cursor"), (path,)).fetchone()
        left = (packed.start, Cursor._make(packed.cursor).mtime_ns)
        begun = stored == left if packed.start else stored is None
        self._begun = path if begun else ""

    def claim(
        self, packed: Packed, source: int, owners: Sequence[int], found: Sequence[Row]
    ) -> None:
        """Take what younger sessions own though this file, just stored, tells it as its own."""
        file = Transcript._make(packed.file)
        if not self._begun or file.agent or file.session is None:
            return
        own = {row[2][_HASH]: owners[row[0]] for row in found if row[2][_PLACE] == _OWN}
        if not own:  # a fork that marks what it repeats
            return
        values = {
            "hashes": json.dumps(list(own)),
            "session_id": self._names.session(file.session),
            "mtime_ns": Cursor._make(packed.cursor).mtime_ns,
            "source": source,
        }
        sessions = self._connection.execute(sql("younger_owners"), values).fetchall()
        if sessions:
            younger = json.dumps([session for (session,) in sessions])
            values = {"hashes": values["hashes"], "younger": younger}
            self._connection.execute(sql("save_given"), values)
            given = [(owner, key, younger) for key, owner in own.items()]
            self._connection.executemany(sql("give_back"), given)
