"""Opening the database: one way to write, one way to read."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ccmeter.errors import CcmeterError
from ccmeter.paths import database_path, ensure_home, read_only_uri

_BUSY_S = 30.0


def open_rw(home: str, busy_s: float = _BUSY_S) -> sqlite3.Connection:
    """Open the database for writing, made and migrated where needed. CcmeterError if it cannot be.

    The connection is in autocommit mode: every write names its transaction. `busy_s` is how long
    it waits for the locks of others.
    """
    path = database_path(home)
    try:
        ensure_home(home)
        _create_private(path)
        connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
        with _closed_on_error(connection):
            _prepare(connection, busy_s)
    except (OSError, sqlite3.Error) as error:
        raise CcmeterError(
            f"cannot open the database {path}: {error}. Is the folder writable and the disk not"
            " full? A damaged file can be moved away; it is rebuilt from the transcripts that"
            " still exist."
        ) from error
    return connection


def _prepare(connection: sqlite3.Connection, busy_s: float) -> None:
    connection.execute("pragma page_size = 8192")  # of a new database: less is left over per page
    _write_ahead(connection, busy_s)
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma cache_size = -2048")  # KiB; more is no faster
    # Within a transaction more, so that a page that many of its rows fall on is written once.
    connection.execute("pragma cache_spill = -8192")
    _upgrade(connection)


def _write_ahead(connection: sqlite3.Connection, busy_s: float) -> None:
    """Switch to WAL. Of several that start at once SQLite refuses some, without waiting."""
    end = time.monotonic() + busy_s
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def open_ro(home: str) -> sqlite3.Connection | None:
    """Open the database for reading; None when there is none yet."""
    path = database_path(home)
    if not os.path.exists(path):
        return None
    connection = sqlite3.connect(read_only_uri(path), uri=True, timeout=_BUSY_S)
    with _closed_on_error(connection):
        connection.execute("pragma query_only = on")
        connection.execute("pragma cache_size = -4096")  # more, or a mapped file, is no faster
    return connection


def data_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes whenever another connection has stored something."""
    version: int = connection.execute("pragma data_version").fetchone()[0]
    return version


def folder_of(connection: sqlite3.Connection) -> str:
    """Return the data folder of an open database."""
    path: str = connection.execute("pragma database_list").fetchone()[2]
    return os.path.dirname(path)


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection that turns out to be of no use, and let the error through."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _create_private(path: str) -> None:
    if not os.path.exists(path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _upgrade(connection: sqlite3.Connection) -> None:
    from ccmeter.store import migrations

    (version,) = connection.execute("pragma user_version").fetchone()
    if version > migrations.VERSION:
        raise CcmeterError(
            f"the database was written by a newer ccmeter (schema {version}, this one knows"
            f" {migrations.VERSION}). Update ccmeter."
        )
    if version < migrations.VERSION:
        migrations.migrate(connection)
