"""The values that the watcher has made ready in the database; {} where there are none."""

import os

from ccmeter.paths import database_path, read_only_uri
from ccmeter.statusline.given import Json, decode
from ccmeter.store.statements import sql

_WAIT_S = 0.05


def load_ready(home: str, *names: str) -> list[Json]:
    """Return the values of the names, {} for each that cannot be had right now."""
    path = database_path(home)
    if not os.path.exists(path):
        return [{}] * len(names)
    try:
        from _sqlite3 import Error, connect  # sqlite3 itself loads datetime and more
    except ImportError:
        from sqlite3 import Error, connect
    try:
        connection = connect(read_only_uri(path), uri=True, timeout=_WAIT_S)
        try:
            query = sql("load_ready")
            rows = [connection.execute(query, (name,)).fetchone() for name in names]
        finally:
            connection.close()
    except (Error, OSError, ValueError):  # locked, damaged, made by an older version, removed
        return [{}] * len(names)
    return [decode(row[0]) if row and isinstance(row[0], str) else {} for row in rows]
