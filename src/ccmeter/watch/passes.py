"""One pass: what is new goes into the database, and what follows from it is renewed."""

import os
import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ccmeter.audit.pending import backlog
from ccmeter.client_meter import readings
from ccmeter.ingest import Plan, SyncStats, carry_out, plan, plan_files
from ccmeter.limits.spool import LINGER_MS, SPOOL
from ccmeter.model import CostState
from ccmeter.notices import Notice
from ccmeter.store.health import lock_state
from ccmeter.store.limits import take_in
from ccmeter.store.lock import LockBusyError, writer_lock
from ccmeter.store.packing import Parcel
from ccmeter.store.process_meters import save_process_meters
from ccmeter.transcripts.discover import Transcript
from ccmeter.watch.database import Database
from ccmeter.watch.readying import Readying
from ccmeter.watch.surroundings import Surroundings

# More than this is read by a process of its own, which gives its memory back.
LARGE_BYTES, LARGE_FILES, LARGE_BACKLOG = 8 << 20, 300, 10_000  # responses not judged yet
_LOOKS_S = (1.0, LINGER_MS / 1000 + 1)  # after the spool was taken; the last one removes it


class Outcome(NamedTuple):
    """What a pass did."""

    stats: SyncStats = SyncStats()
    read: frozenset[str] = frozenset()  # paths of transcripts that had grown
    busy: bool = False  # another ccmeter was writing: nothing was done
    large: bool = False  # too much for this process: nothing was done
    again: bool = False  # every transcript is to be read again
    news: Sequence[Notice] = ()  # that were left for hooks to show


class Passes:
    """Makes passes, one at a time. They raise CcmeterError, sqlite3.Error and OSError."""

    def __init__(self, home: str, around: Surroundings) -> None:
        self.around = around
        self._home = home
        self._database = Database(home)
        self._readying = Readying(home)
        self._looks: list[float] = []  # when to look again into what was taken; monotonic

    def surround(self, around: Surroundings) -> None:
        """Take other settings; everything that was answered lately is renewed."""
        self.around = around
        self._readying = Readying(self._home)

    def all(self) -> Outcome:
        """Look at every transcript, and at all that is taken in beside them."""
        if lock_state(self._home) == "held":  # found out before the work of looking at all
            return Outcome(busy=True)
        connection, around = self._database.connection(), self.around
        if connection is None or self._is_behind(connection):
            return Outcome(large=True)
        found = plan(connection, around.roots)
        if _is_large(found):
            return Outcome(large=True)
        self._readying.look_at_others(connection)
        meters = readings(around.config.metered(around.roots))
        done = self._store(connection, [file for file, _ in found.work], meters)
        self._take_in(connection)
        return done._replace(stats=done.stats._replace(files=found.files))

    def some(self, files: Sequence[Transcript]) -> Outcome:
        """Look at these transcripts alone."""
        connection = self._database.connection()
        if connection is None or self._is_behind(connection):
            return Outcome(large=True)
        if _is_large(plan_files(connection, files)):
            return Outcome(large=True)
        self._readying.look_at_others(connection)
        return self._store(connection, files, ())

    def limits(self) -> None:
        """Take in what status lines wrote about plan limits."""
        connection = self._database.connection()
        if connection is not None:
            self._take_in(connection)

    def limits_wait(self) -> bool:
        """Whether to look once more into what was taken from status lines: one may write late."""
        return bool(self._looks) and time.monotonic() >= self._looks[0]

    def _take_in(self, connection: sqlite3.Connection) -> None:
        now = time.monotonic()
        if os.path.exists(os.path.join(self._home, SPOOL)):
            self._looks = [now + later for later in _LOOKS_S]
        else:
            self._looks = [moment for moment in self._looks if moment > now]
        if take_in(connection, self._home):
            self._readying.add_limits()

    def is_lost(self) -> bool:
        """Whether the database was removed or replaced since the last pass."""
        return self._database.is_another()

    def is_due(self) -> bool:
        """Whether values of the statusline wait to be renewed."""
        return self._readying.wanted(self.around)

    def renew(self) -> Outcome:
        """Renew the values of the statusline that are due."""
        return self.some(())

    def rest(self) -> None:
        """Close the database until the next pass."""
        self._database.close()

    def _is_behind(self, connection: sqlite3.Connection) -> bool:
        return backlog(connection, self.around.book, self.around.limits) > LARGE_BACKLOG

    def _store(
        self,
        connection: sqlite3.Connection,
        files: Sequence[Transcript],
        meters: Collection[CostState],
    ) -> Outcome:
        if not (files or meters or self.is_due()):
            return Outcome()
        try:
            with writer_lock(self._home, 0.0):
                return self._locked(connection, files, meters)
        except LockBusyError:
            return Outcome(busy=True)

    def _locked(
        self,
        connection: sqlite3.Connection,
        files: Sequence[Transcript],
        meters: Collection[CostState],
    ) -> Outcome:
        read: set[str] = set()

        def stored(group: Sequence[Parcel]) -> None:
            for parcel in group:
                self._readying.add(parcel.sessions)
                if parcel.size:
                    read.add(parcel.path)

        # planned here, not before: another ccmeter may have read them until the lock was free
        found = plan_files(connection, files)
        stats, again = carry_out(connection, found, stored=stored)
        save_process_meters(connection, meters)
        news = self._readying.renew(connection, self.around) if self.is_due() else ()
        return Outcome(stats, frozenset(read), again=again, news=news)


def _is_large(plan: Plan) -> bool:
    return len(plan.work) > LARGE_FILES or plan.bytes > LARGE_BYTES
