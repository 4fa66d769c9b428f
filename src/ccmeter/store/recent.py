"""What is going on now: sessions that were answered lately, and their last requests."""

import sqlite3
from typing import NamedTuple

from ccmeter.store.statements import sql


class Span(NamedTuple):
    """A session's row, and when its first and last response were made (UTC epoch ms)."""

    id: int
    first_ms: int
    last_ms: int


class Request(NamedTuple):
    """What a request of the main thread did with the prompt cache."""

    start_ms: int  # when it was sent, else when it was answered
    read: int  # tokens
    written_5m: int
    written_1h: int


def span_of(connection: sqlite3.Connection, session: str) -> Span | None:
    """Return where the session lies in time, None when it has no response."""
    found = connection.execute(sql("session_span"), (session,)).fetchone()
    return Span._make(found) if found else None


def sessions_since(connection: sqlite3.Connection, since_ms: int) -> list[str]:
    """Return the sessions that were answered at that time or later."""
    return [name for (name,) in connection.execute(sql("recent_sessions"), (since_ms,))]


def last_requests(connection: sqlite3.Connection, span: Span, limit: int) -> list[Request]:
    """Return the last requests of the session's main thread, the newest first."""
    rows = connection.execute(sql("last_requests"), {**span._asdict(), "limit": limit})
    return [Request._make(row) for row in rows]
