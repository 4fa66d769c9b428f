"""Rows out of the database for the reports: sums of responses, and what they have in common."""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from ccmeter.model import Terms, Usage
from ccmeter.store.statements import sql

_EPOCH = date(1970, 1, 1)
_BANDS = 3  # long-context thresholds that slices.sql can tell apart
_NEVER = 1 << 62
_DAY_MS = 86_400_000


class Who(NamedTuple):
    """Whose responses: everything that a report can group or filter by."""

    root: str
    session: str
    agent: str  # "" for the main thread
    agent_type: str | None
    cwd: str
    home: str  # the folder the session started in
    version: str
    entrypoint: str


class Slice(NamedTuple):
    """Sums over responses between which no report tells a difference, and which have one price.

    Session, folder, client and type of agent, what a price can depend on, days and long-context
    band are the same in all; everything else in `who` and `terms` is that of one of them.
    """

    who: Who
    terms: Terms
    local_day: date
    utc_day: str
    prompt_tokens: int  # of a typical request of the band, for choosing the price
    responses: int
    unfinished: int
    usage: Usage
    missing_output: int = 0  # estimated output of unfinished responses, see reports/estimator


class _Day(NamedTuple):
    """A stretch within one local day and one UTC day."""

    since_ms: int
    until_ms: int  # excluded
    local: date
    utc: str


def load_slices(
    connection: sqlite3.Connection,
    stretches: Iterable[tuple[int, int, int]],
    thresholds: Sequence[int],
    sessions: Collection[str] | None = None,
) -> list[Slice]:
    """Return the sums of all responses in the stretches (from, until, shift; milliseconds).

    `thresholds` are the prompt sizes above which some price changes, at most three. `sessions`
    are those that are asked for, None for all.
    """
    if len(thresholds) > _BANDS:
        raise ValueError(f"more than {_BANDS} long-context thresholds: {thresholds}")
    bands = {f"band{n + 1}": _NEVER for n in range(_BANDS)}
    bands |= {f"band{n + 1}": value for n, value in enumerate(thresholds)}
    fixed = {**bands, "sessions": None if sessions is None else json.dumps(sorted(sessions))}
    days = [day for stretch in stretches for day in _days(connection, stretch)]
    found = [(day, row) for day in days for row in _rows(connection, day, fixed)]
    owners = load_owners(connection, {row[0] for _, row in found})
    terms = load_terms(connection)
    typical = typical_prompts(thresholds)
    return [
        Slice(
            owners[row[0]],
            terms[row[1]],
            day.local,
            day.utc,
            typical[row[2]],
            row[3],
            row[4],
            Usage(*row[5:]),
        )
        for day, row in found
    ]


def typical_prompt(prompt_tokens: int, thresholds: Sequence[int]) -> int:
    """Return the size that stands for all prompts of one band."""
    return typical_prompts(thresholds)[bisect_left(thresholds, prompt_tokens)]


def typical_prompts(thresholds: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes that stand for all prompts of each band, the shortest first."""
    return (0, *(threshold + 1 for threshold in thresholds))


def _days(connection: sqlite3.Connection, stretch: tuple[int, int, int]) -> Iterator[_Day]:
    """Yield the days of the stretch, without those on which nothing was answered.

    Rows of one day are sorted faster than those of many, and need not tell which it was.
    """
    since, until, shift = stretch
    while True:
        values = {"since_ms": since, "until_ms": until}
        (time_ms,) = connection.execute(sql("next_time"), values).fetchone()
        if time_ms is None:
            return
        local, utc = (time_ms + shift) // _DAY_MS, time_ms // _DAY_MS
        end = min((local + 1) * _DAY_MS - shift, (utc + 1) * _DAY_MS, until)
        yield _Day(time_ms, end, day_of(local), day_of(utc).isoformat())
        since = end


def _rows(
    connection: sqlite3.Connection, day: _Day, fixed: Mapping[str, int | str | None]
) -> Iterator[tuple[int, ...]]:
    values = {"since_ms": day.since_ms, "until_ms": day.until_ms, **fixed}
    return connection.execute(sql("slices"), values)


def load_terms(connection: sqlite3.Connection) -> dict[int, Terms]:
    """Return all terms by id."""
    return {
        id_: Terms._make((*rest, bool(aborted), bool(untyped)))
        for id_, *rest, aborted, untyped in connection.execute(sql("load_terms"))
    }


def load_owners(connection: sqlite3.Connection, ids: Collection[int]) -> dict[int, Who]:
    """Return the owners with these ids."""
    rows = connection.execute(sql("load_owners"), {"ids": json.dumps(sorted(ids))})
    return {id_: Who._make(rest) for id_, *rest in rows}


@lru_cache(maxsize=4096)
def day_of(number: int) -> date:
    """Return a day from its number since 1970."""
    return _EPOCH + timedelta(days=number)


def extent(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """Return the times of the first and last response, or None when there is none."""
    first, last = connection.execute(sql("extent")).fetchone()
    return None if first is None else (first, last)


def newest_id(connection: sqlite3.Connection) -> int:
    """Return the row's id of the newest response, which is about how many there are."""
    (last,) = connection.execute(sql("last_id")).fetchone()
    return last or 0


def skip_counts(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return how many lines could not be metered, by reason, the commonest first."""
    return connection.execute(sql("skip_counts")).fetchall()
