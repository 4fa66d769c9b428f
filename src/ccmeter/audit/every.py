"""Every request with its verdict: healthy ones are not stored, so they are judged once more."""

import sqlite3
from collections.abc import Collection, Iterator
from itertools import groupby

from ccmeter.audit.steps import Steps
from ccmeter.cache.judge import Judged, judge
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.pricing.book import Book
from ccmeter.store import audit as store
from ccmeter.store.audit_read import Ids, threads_of


def every_request(
    connection: sqlite3.Connection, book: Book, sessions: Ids, limits: Limits = LIMITS
) -> Iterator[list[Judged]]:
    """Yield the requests of each thread of the sessions, the main threads first."""
    threads = None if sessions is None else threads_of(connection, sessions)
    steps = Steps(connection, book, _sessions(sessions))
    rows = store.requests(connection, threads)
    for thread, group in groupby(rows, lambda row: (row[16], row[17])):
        yield judge(steps.of(thread, list(group), None), limits, steps.rewritten)


def _sessions(sessions: Ids) -> Collection[int] | None:
    return None if sessions is None else set(sessions)
