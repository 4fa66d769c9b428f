"""Responses without a final line, with the sizes of what their lines show."""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from ccmeter.model import Terms, Usage
from ccmeter.store.read import Slice, Who, day_of, load_owners, load_terms
from ccmeter.store.statements import sql


class Unfinished(NamedTuple):
    """One response whose output is known only as far as it was written."""

    slice: Slice  # whose it is, when and on which terms; without any usage
    output_tokens: int  # as far as written
    text_bytes: int
    input_bytes: int  # of tool inputs, as compact JSON
    tool_uses: int
    signature_bytes: int


def load_unfinished(
    connection: sqlite3.Connection, stretches: Iterable[tuple[int, int, int]]
) -> list[Unfinished]:
    """Return the unfinished responses in the stretches (from, until, shift; milliseconds).

    Those of which no line was kept are left out.
    """
    rows = [
        row
        for since, until, shift in stretches
        for row in connection.execute(
            sql("unfinished"), {"since_ms": since, "until_ms": until, "shift_ms": shift}
        )
    ]
    owners, terms = load_owners(connection, {row[0] for row in rows}), load_terms(connection)
    return [_unfinished(row, owners[row[0]], terms[row[1]]) for row in rows]


def _unfinished(row: tuple[int, ...], who: Who, terms: Terms) -> Unfinished:
    local, utc, prompt = row[2:5]
    slice_ = Slice(who, terms, day_of(local), day_of(utc).isoformat(), prompt, 0, 0, Usage())
    return Unfinished(slice_, *row[5:])
