"""Sums of responses between any two moments, where days are too coarse."""

import json
import sqlite3
from collections.abc import Sequence

from ccmeter.model import Usage
from ccmeter.store.read import Slice, day_of, load_owners, load_terms, typical_prompts
from ccmeter.store.statements import sql

_BANDS = ("band1", "band2", "band3")
_NEVER = 1 << 62

Span = tuple[int, int]  # milliseconds: after the first, up to and with the second


def load_spans(
    connection: sqlite3.Connection, spans: Sequence[Span], thresholds: Sequence[int]
) -> list[list[Slice]]:
    """Return the sums of the responses of each span; spans may overlap.

    `thresholds` are the prompt sizes above which some price changes, at most three. Their local
    days are days in UTC.
    """
    if len(thresholds) > len(_BANDS):
        raise ValueError(f"more than {len(_BANDS)} long-context thresholds: {thresholds}")
    padded = (*thresholds, _NEVER, _NEVER, _NEVER)
    values = dict(zip(_BANDS, padded, strict=False)) | {"spans": json.dumps(spans)}
    rows = connection.execute(sql("span_sums"), values).fetchall()
    owners = load_owners(connection, {row[1] for row in rows})
    terms = load_terms(connection)
    typical = typical_prompts(thresholds)
    found: list[list[Slice]] = [[] for _ in spans]
    for span, owner, kind, day, band, count, unfinished, *usage in rows:
        date = day_of(day)
        found[span].append(
            Slice(
                owners[owner],
                terms[kind],
                date,
                date.isoformat(),
                typical[band],
                count,
                unfinished,
                Usage(*usage),
            )
        )
    return found
