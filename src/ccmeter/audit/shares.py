"""Judging a whole history: in this process when it is short, on all cores when it is long."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import groupby

from ccmeter.audit.found import ThreadFound, find
from ccmeter.audit.steps import Steps
from ccmeter.audit.threads import Past
from ccmeter.cache.thresholds import Limits
from ccmeter.pricing.book import Book
from ccmeter.store import audit as store
from ccmeter.store.audit import Row, ThreadId
from ccmeter.store.audit_shares import Share, requests_of, shares
from ccmeter.store.db import folder_of, open_ro
from ccmeter.store.read import newest_id

_WORTH_PROCESSES = 100_000  # responses; below that, starting them costs more than it saves
_MOST = 8  # processes
_SIZE = 10_000  # responses in a share, which bounds what waits to be stored


def judge_all(connection: sqlite3.Connection, book: Book, limits: Limits) -> Iterator[ThreadFound]:
    """Yield what the requests of all threads come to, from their start."""
    processes = min(os.cpu_count() or 1, _MOST)
    if processes < 2 or newest_id(connection) < _WORTH_PROCESSES:
        yield from judge_rows(store.requests(connection), Steps(connection, book), limits)
        return
    from ccmeter.transcripts.helpers import Helpers  # only a long history needs them

    work = partial(judge_share, folder_of(connection), book, limits)
    # a fork would take SQLite's locks for its own
    helpers = Helpers(work, processes, "spawn")
    for found in helpers.map(shares(connection, _SIZE)):
        yield from found


def judge_share(home: str, book: Book, limits: Limits, share: Share) -> list[ThreadFound]:
    """Judge one share of the sessions of a data folder. Runs in a helper."""
    connection = open_ro(home)
    if connection is None:
        return []
    with closing(connection):
        steps = Steps(connection, book, share.sessions, share.owners)
        return list(judge_rows(requests_of(connection, share), steps, limits))


def judge_rows(rows: Iterable[Row], steps: Steps, limits: Limits) -> Iterator[ThreadFound]:
    """Judge whole threads, whose rows come together."""
    for thread, own in threads(rows):
        yield find(thread, Past(), None, own, steps, limits)


def threads(rows: Iterable[Row]) -> Iterator[tuple[ThreadId, list[Row]]]:
    """Yield rows thread by thread."""
    for thread, group in groupby(rows, lambda row: (row[16], row[17])):
        yield thread, list(group)
