"""The watcher's connection: kept open between passes, given up when the file is another one."""

import os
import sqlite3
from contextlib import closing

from ccmeter.errors import CcmeterError
from ccmeter.paths import database_path
from ccmeter.store.db import open_ro, open_rw
from ccmeter.store.migrations import VERSION

_BUSY_S = 0.5  # a watcher that is to end does not wait for locks of others


class NewerError(CcmeterError):
    """A newer ccmeter has changed the database: this watcher's time is over."""


class Database:
    """Hands out the connection. Closed in quiet times, so that the write-ahead log is folded in."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._connection: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None

    def connection(self) -> sqlite3.Connection | None:
        """Return a connection to the database that is there now.

        None when it has to be made or upgraded, which loads so much that another process should
        do it. CcmeterError and sqlite3.Error when it cannot be had, NewerError when a newer
        ccmeter has changed it.
        """
        if self._connection is not None and not self._is_good(self._connection):
            self.close()
        if self._connection is None:
            if self._stored_schema() < VERSION:
                return None
            self._connection = open_rw(self._home, _BUSY_S)
            self._file = os.stat(database_path(self._home))
        return self._connection

    def _is_good(self, connection: sqlite3.Connection) -> bool:
        return self._same_file() and _schema(connection) == VERSION

    def is_another(self) -> bool:
        """Whether the database that is there is not the one that was written last."""
        return self._file is not None and not self._same_file()

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _same_file(self) -> bool:
        try:
            there = os.stat(database_path(self._home))
        except OSError:
            return False
        return self._file is not None and os.path.samestat(there, self._file)

    def _stored_schema(self) -> int:
        """The schema of the database that is there, 0 where there is none."""
        connection = open_ro(self._home)
        if connection is None:
            return 0
        with closing(connection):
            schema = _schema(connection)
        if schema > VERSION:
            raise NewerError("a newer ccmeter has taken over the database")
        return schema


def _schema(connection: sqlite3.Connection) -> int:
    (schema,) = connection.execute("pragma user_version").fetchone()
    return int(schema)
