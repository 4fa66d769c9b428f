"""Single responses out of the database, as a stream."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ccmeter.model import Terms, Usage
from ccmeter.store.read import Who, load_terms
from ccmeter.store.statements import sql

_CHUNK = 2000  # rows in memory at a time
_USAGE = slice(6, 6 + len(Usage._fields))


class Stored(NamedTuple):
    """One response as it is stored."""

    key: str
    request_id: str | None
    time_ms: int
    start_ms: int | None
    who: Who
    terms: Terms
    usage: Usage
    thinking_tokens: int
    web_fetches: int
    miss_tokens: int
    finished: int
    path: str  # of the believed line
    offset: int


def stream(connection: sqlite3.Connection, since_ms: int, until_ms: int) -> Iterator[list[Stored]]:
    """Yield the responses of a period (milliseconds, the end excluded) in chunks, oldest first.

    The memory needed does not grow with the period.
    """
    values = {"since_ms": since_ms, "until_ms": until_ms}
    terms = load_terms(connection)
    cursor = connection.execute(sql("stream_responses"), values)
    while rows := cursor.fetchmany(_CHUNK):
        owners = _owners(connection, rows)
        yield [_stored(row, owners[row[4]], terms[row[5]]) for row in rows]


def _stored(row: tuple[Any, ...], who: Who, terms: Terms) -> Stored:
    return Stored._make((*row[:4], who, terms, Usage(*row[_USAGE]), *row[_USAGE.stop :]))


def _owners(connection: sqlite3.Connection, rows: Sequence[Sequence[int]]) -> dict[int, Who]:
    ids = json.dumps(sorted({row[4] for row in rows}))
    found = connection.execute(sql("load_owners"), {"ids": ids})
    return {id_: Who._make(rest) for id_, *rest in found}
