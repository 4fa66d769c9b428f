"""What the whole history knows: who was answered by which model, and when."""

import sqlite3
from typing import NamedTuple

from ccmeter.model import Terms
from ccmeter.store.read import Who, load_owners, load_terms
from ccmeter.store.statements import sql


class Seen(NamedTuple):
    """Responses of one owner under the same terms. Times are UTC epoch milliseconds."""

    who: Who
    terms: Terms
    first_ms: int
    last_ms: int


def load_seen(connection: sqlite3.Connection) -> list[Seen]:
    """Return all that was ever seen."""
    rows = connection.execute(sql("seen")).fetchall()
    owners, terms = load_owners(connection, {row[0] for row in rows}), load_terms(connection)
    return [Seen(owners[owner], terms[term], *times) for owner, term, *times in rows]
