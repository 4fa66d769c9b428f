"""What was stored under a message id before it turned out to stand for several responses."""

import sqlite3

from ccmeter.model import Response, Usage
from ccmeter.store.hashing import hash63
from ccmeter.store.names import Names
from ccmeter.store.statements import sql
from ccmeter.transcripts.discover import transcript_below
from ccmeter.transcripts.merge import apart, apart_key, placing
from ccmeter.transcripts.reader import told_at

_LAST = 4  # worse than any place of an owner: the first line that is read again owns the response


class Folded:
    """Sets apart the row of a reused id. Its usage is of one line; the rest may be of any lines.

    So it becomes what that line tells, which is right whether or not the files are ever read
    again. Where the line is gone the row stays as it is, under its best name: nothing else tells
    of that response any more.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def set_apart(self, key: str) -> bool:
        """Give what is stored under the id a key of its own; whether anything was stored."""
        stored = self._connection.execute(sql("stored_line"), (hash63(key),)).fetchone()
        if stored is None:
            return False
        path, root, offset, request_id, model, finished, *usage = stored
        line = _believed(key, path, root, offset, (bool(finished), Usage._make(usage)))
        self._rename(key, line.key if line else apart_key(key, request_id, model))
        if line:
            self._tell(line, root)
        return True

    def _rename(self, key: str, new: str) -> None:
        """Rename the response, the calls inside it, and what is kept beside it."""
        old_hash, new_hash = hash63(key), hash63(new)
        for (stored,) in self._connection.execute(sql("family"), (old_hash, old_hash)).fetchall():
            own = new + stored[len(key) :]
            values = (own, hash63(own), new_hash, hash63(stored), stored)
            self._connection.execute(sql("rename_reused"), values)
            self._connection.execute(sql("rename_copies"), (hash63(own), hash63(stored)))
        self._connection.execute(sql("rename_blocks"), (new_hash, old_hash))

    def _tell(self, line: Response, root: str) -> None:
        """Let the row, and the calls inside, be what the line alone tells of them."""
        key_hash = hash63(line.key)
        values = {
            "key_hash": key_hash,
            "request_id": line.request_id,
            "request_ref": hash63(line.request_ref) if line.request_ref else None,
            "owner_id": self._names.owner(line.owner, root),
            "owner_rank": placing(line.owner),
            "time_ms": line.time_ms,
            "start_ms": line.start_ms,
        }
        self._connection.execute(sql("tell_anew"), values)
        self._connection.execute(sql("yield_owner"), (_LAST, key_hash))
        # files that are read again name these anew; they were of any response of the id
        self._connection.execute(sql("forget_copies"), (key_hash, key_hash))
        self._connection.execute(sql("forget_blocks"), (key_hash,))


def _believed(
    key: str, path: str, root: str, offset: int, told: tuple[bool, Usage]
) -> Response | None:
    """Read the line again that told this under the id; None when it does not stand there."""
    file = transcript_below(path, root)
    for response in told_at(file, offset) if file else ():
        own = apart(response) if response.key == key else response
        same = own.key == apart_key(key, own.request_id, own.terms.model)
        if same and (own.terms.stop_reason is not None, own.usage) == told:
            return own
    return None
