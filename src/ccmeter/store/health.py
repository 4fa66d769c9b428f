"""Whether the database can be read, found out without changing or making anything."""

import os
import sqlite3
from contextlib import closing
from typing import NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.paths import database_path
from ccmeter.store import migrations
from ccmeter.store.db import open_ro
from ccmeter.store.lock import LockBusyError, NoLocksError, writer_lock

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SHOWN = 1  # damages named: the first tells enough


class Health(NamedTuple):
    """The state of the database: missing, empty, current, older, newer, damaged, unreadable."""

    state: str
    schema: int | None = None
    error: str = ""  # what SQLite says


def examine(home: str) -> Health:
    """Look into the whole database of the data folder."""
    try:
        connection = open_ro(home)
        if connection is None:
            return Health("missing")
        with closing(connection):
            return _looked_into(connection)
    except sqlite3.Error as error:
        return broken(error)


def broken(error: sqlite3.Error) -> Health:
    """Return the state of a database that answers with this error."""
    damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
    return Health("damaged" if damaged else "unreadable", error=str(error))


def _looked_into(connection: sqlite3.Connection) -> Health:
    (schema,) = connection.execute("pragma user_version").fetchone()
    (found,) = connection.execute(f"pragma quick_check({_SHOWN})").fetchone()
    if found != "ok":
        return Health("damaged", schema, " ".join(found.split()))
    return Health(_age(schema), schema)


def _age(schema: int) -> str:
    if schema == migrations.VERSION:
        return "current"
    if schema == 0:
        return "empty"
    return "older" if schema < migrations.VERSION else "newer"


def open_checked(home: str) -> sqlite3.Connection | None:
    """Open the database for reading; None when there is none yet, or it is only being made.

    CcmeterError, with what to do, when it cannot be read or has another schema.
    """
    path = database_path(home)
    try:
        connection = open_ro(home)
        if connection is None:
            return None
        (schema,) = connection.execute("pragma user_version").fetchone()
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    if schema == migrations.VERSION:
        return connection
    connection.close()
    if schema == 0:
        return None
    advice = "Update ccmeter." if _age(schema) == "newer" else "Run: ccmeter sync"
    raise CcmeterError(
        f"the database {path} has schema {schema}; this ccmeter reads {migrations.VERSION}."
        f" {advice}"
    )


def unreadable(path: str, error: sqlite3.Error) -> CcmeterError:
    """Return the error of a database that cannot be read."""
    return CcmeterError(f"cannot read the database {path}: {error}. What to do: ccmeter doctor")


def lock_state(home: str) -> str:
    """Return whether somebody writes just now: free, held, none (never locked).

    Where that cannot be known, why: no locks (of the file system), no file (that can be opened).
    """
    if not os.path.exists(os.path.join(home, "writer.lock")):
        return "none"
    try:
        with writer_lock(home, 0.0):
            return "free"
    except LockBusyError:
        return "held"
    except NoLocksError:
        return "no locks"
    except CcmeterError:
        return "no file"
