"""The history in a few numbers, and the lines that are missing from it."""

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from ccmeter.store.statements import sql

_NO_LIMIT = -1


class History(NamedTuple):
    """All responses; times in UTC epoch milliseconds, None in an empty history."""

    responses: int
    unfinished: int
    first_ms: int | None
    last_ms: int | None
    sessions: int


class BadLine(NamedTuple):
    """A line that could not be metered, and where it stands."""

    path: str
    offset: int
    reason: str


def history(connection: sqlite3.Connection) -> History:
    """Return the numbers of the whole history."""
    return History(*connection.execute(sql("history")).fetchone())


def bad_lines(connection: sqlite3.Connection, limit: int | None) -> list[BadLine]:
    """Return the bad lines, those of the newest files first; all of them without a limit."""
    values = {"limit": _NO_LIMIT if limit is None else limit}
    return [BadLine(*row) for row in connection.execute(sql("newest_skips"), values)]


def rows_from(connection: sqlite3.Connection, paths: Sequence[str]) -> int:
    """Return how many responses are believed from a line of these files."""
    values = {"paths": json.dumps(list(paths))}
    (count,) = connection.execute(sql("kept_rows"), values).fetchone()
    return int(count)
