"""A large pass: all transcripts, and the judgement of all that is new. See `child`."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ccmeter.audit.keep_up import judge_since, keep_up
from ccmeter.client_meter import readings
from ccmeter.ingest import ingest
from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock
from ccmeter.store.process_meters import save_process_meters
from ccmeter.turns import read_in_turns
from ccmeter.watch.surroundings import Surroundings, look_around

_WAIT_S = 15.0
_FIRST_MS = 7 * 86_400_000  # what a report shows unless it is asked for more
_GIVE_WAY_S = 0.5  # many times as long as others wait before they ask for the lock again


def catch_up(home: str) -> None:
    """Bring the data folder up to date; CcmeterError when that fails.

    The last days come first. Then a report that waits may go ahead, before a long history is read,
    and others while it is.
    """
    around = look_around(home)
    since_ms = time.time_ns() // 1_000_000 - _FIRST_MS
    with _writing(home) as connection:
        first = ingest(connection, around.roots, since_ms=since_ms)
        if not first.postponed:
            _finish(connection, around)
            return
        judge_since(connection, around.book, around.limits, since_ms, unread=True)
    time.sleep(_GIVE_WAY_S)
    read_in_turns(home, around.roots, _WAIT_S)
    with _writing(home) as connection:
        ingest(connection, around.roots)
        _finish(connection, around)


def _finish(connection: sqlite3.Connection, around: Surroundings) -> None:
    save_process_meters(connection, readings(around.config.metered(around.roots)))
    keep_up(connection, around.book, around.limits)


@contextmanager
def _writing(home: str) -> Iterator[sqlite3.Connection]:
    with writer_lock(home, _WAIT_S), closing(open_rw(home)) as connection:
        yield connection
