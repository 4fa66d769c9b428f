"""Small values that are ready to be shown, so that the statusline need not compute.

They are derived from the rows: dropped at any moment, they come back with the next pass.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from ccmeter.store.statements import sql
from ccmeter.store.transaction import transaction

TODAY = "today"
_SESSION = "session/"

Value = Mapping[str, Any]  # JSON


def session_name(session: str) -> str:
    """Return the name of a session's value."""
    return _SESSION + session


def save_ready(connection: sqlite3.Connection, values: Mapping[str, Value], now_ms: int) -> None:
    """Store the values by name in one transaction. The caller holds the writer's lock."""
    rows = [(name, json.dumps(value), now_ms) for name, value in values.items()]
    if not rows:
        return
    with transaction(connection):
        connection.executemany(sql("save_ready"), rows)


def load_ready(connection: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    """Return a value, None when it is not ready."""
    found = connection.execute(sql("load_ready"), (name,)).fetchone()
    return None if found is None else json.loads(found[0])


def forget_ready(connection: sqlite3.Connection, before_ms: int) -> None:
    """Drop the values that were stored last before that moment (UTC epoch milliseconds)."""
    connection.execute(sql("forget_ready"), (before_ms,))
