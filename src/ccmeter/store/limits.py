"""Official percentages of plan limits: out of the spool into the database, and out of it again.

What is stored does not depend on the order in which lines are taken in, nor on how often.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ccmeter.limits import spool
from ccmeter.limits.samples import Sample, Seen, read_record, samples_of
from ccmeter.limits.shown_cost import ShownCost, shown_cost
from ccmeter.store.names import Names
from ccmeter.store.shown_costs import save_shown_costs
from ccmeter.store.statements import sql
from ccmeter.store.transaction import transaction


class _Key(NamedTuple):
    """What sights of one percentage of one window have in common."""

    folder: str
    kind: str
    resets_ms: int
    used: int


_Times = tuple[int, int]  # of the first and the last sight


class _Found(NamedTuple):
    """What lines of the spool tell: sights of percentages, and the last cost of each session."""

    limits: dict[_Key, _Times]
    costs: dict[str, ShownCost]


def take_in(connection: sqlite3.Connection, home: str, now_ms: int | None = None) -> int:
    """Store what status lines wrote into the spool of the data folder; return the new maxima.

    Of each window, the first sight of every new maximum is kept; of each session, the cost that
    its client showed last. One transaction of its own, so
    the writer's lock is not needed. Killed at any moment it loses nothing: the spool is renamed
    first, and what is left of it is taken in by the next pass. Best called after transcripts
    were read, which tell whose a session is where the line does not.
    """
    now = round(time.time() * 1000) if now_ms is None else now_ms
    found = _Found({}, {})
    folders = _Folders(connection)
    ends = []
    for taken in spool.take(home, now):
        try:
            ends.append((taken, _fold(taken, now, folders, found)))
        except OSError:  # gone, by another pass; or unreadable just now, and kept for the next
            continue
    new = _save(connection, found) if any(found) else 0
    for taken, end in ends:
        spool.put_back(taken, end, now)
    return new


def _fold(taken: spool.Taken, now_ms: int, folders: "_Folders", found: _Found) -> int:
    """Gather what a spool tells; return the offset behind the last line."""
    end = taken.offset
    for lines, offset in spool.read(taken, now_ms):
        end = offset
        for record, moment in filter(None, map(read_record, lines)):
            for sample in samples_of(record, moment):
                key = _Key(folders.of(sample), sample.kind, sample.resets_ms, sample.used)
                first, last = found.limits.get(key, (sample.time_ms, sample.time_ms))
                found.limits[key] = (min(first, sample.time_ms), max(last, sample.time_ms))
            cost = shown_cost(record, moment)
            if cost and cost >= found.costs.get(cost.session, cost):
                found.costs[cost.session] = cost
    return end


class _Folders:
    """The Claude folders of samples, from the session where the line does not say."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[str, str] = {}

    def of(self, sample: Sample) -> str:
        """The folder; "" when neither line nor session tells."""
        if sample.folder:
            return sample.folder
        found = self._known.get(sample.session)
        if found is None:
            row = self._connection.execute(sql("session_root"), (sample.session,)).fetchone()
            found = self._known[sample.session] = row[0] if row else ""
        return found


def _save(connection: sqlite3.Connection, found: _Found) -> int:
    """Store it in one transaction; return how many new maxima there are."""
    with transaction(connection):
        before = _count(connection)
        names = Names(connection)
        save_shown_costs(connection, names, found.costs.values())
        connection.executemany(sql("save_limit"), _rows(names, found.limits))
        for oldest in sorted(key.resets_ms for key in found.limits)[:1]:
            connection.execute(sql("forget_limits"), (oldest,))
        new = _count(connection) - before
    return max(0, new)


def _rows(names: Names, found: Mapping[_Key, _Times]) -> Iterator[tuple[int | str, ...]]:
    for key, times in found.items():
        yield (names.root(key.folder), *key[1:], *times)


def _count(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute(sql("count_limits")).fetchone()
    return int(count)


def load_seen(connection: sqlite3.Connection, since_ms: int = 0) -> list[Seen]:
    """Return what was seen of the windows that are reset at that time or later."""
    return [Seen._make(row) for row in connection.execute(sql("load_limits"), (since_ms,))]
