"""What is going on now: sessions that were answered lately, and the newest responses."""

import sqlite3
from typing import NamedTuple

from ccmeter.model import Terms, Usage
from ccmeter.store.read import Who, load_owners, load_terms
from ccmeter.store.statements import sql


class Span(NamedTuple):
    """When the first and the last response of a session were made (UTC epoch milliseconds)."""

    first_ms: int
    last_ms: int


def span_of(connection: sqlite3.Connection, session: str) -> Span | None:
    """Return where the session lies in time, None when it has no response."""
    found = connection.execute(sql("session_span"), (session,)).fetchone()
    return Span._make(found) if found else None


def sessions_since(connection: sqlite3.Connection, since_ms: int) -> list[str]:
    """Return the sessions that were answered at that time or later."""
    return [name for (name,) in connection.execute(sql("recent_sessions"), (since_ms,))]


class Answer(NamedTuple):
    """One response, as a list of the newest shows it."""

    key: str
    time_ms: int
    who: Who
    terms: Terms
    usage: Usage


def last_answers(connection: sqlite3.Connection, since_ms: int, limit: int) -> list[Answer]:
    """Return the newest responses since that time, the newest first."""
    values = {"since_ms": since_ms, "limit": limit}
    rows = connection.execute(sql("last_responses"), values).fetchall()
    owners, terms = load_owners(connection, {row[2] for row in rows}), load_terms(connection)
    return [
        Answer(key, time_ms, owners[owner], terms[term], Usage(*usage))
        for key, time_ms, owner, term, *usage in rows
    ]
