"""When stored answers are judged, told of and made ready: what changed, and never too often."""

import sqlite3
import time
from collections.abc import Iterable
from datetime import date, datetime

from ccmeter.audit.keep_up import keep_up
from ccmeter.cache.alerts import Alert
from ccmeter.notices import Notice
from ccmeter.reports.ready import refresh
from ccmeter.reports.version_alarms import version_alarms
from ccmeter.store.db import data_version
from ccmeter.store.ready import forget_ready
from ccmeter.store.recent import sessions_since
from ccmeter.watch.surroundings import Surroundings
from ccmeter.watch.telling import find_news, forward_stale, leave_news, remember

KEPT_MS = 3 * 86_400_000  # since a session was answered last
_OVERLAP_MS = 600_000  # an answer is stored after the time it bears
_REST = 20  # times as long as the last renewal computed: bounds what it costs to a twentieth,
_REST_MOST_S = 4.0  # but a notice does not wait for longer than this
_COMPARE_S = 600.0  # between comparisons of client versions
_FORWARD_S = 600.0  # between looks for notices of sessions that are over


class Readying:
    """Remembers which sessions changed, and which day the stored values are of."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._changed: set[str] = set()
        self._limits = False  # whether a limit has reached a new maximum
        self._day: date | None = None
        self._not_before = 0.0  # monotonic
        self._renewed_ms = 0
        self._compared_at = float("-inf")  # client versions; monotonic
        self._forwarded_at = float("-inf")
        self._connection: sqlite3.Connection | None = None  # that was looked at last
        self._version = 0  # of what others had written then

    def look_at_others(self, connection: sqlite3.Connection) -> None:
        """Renew also what another ccmeter has stored, such as a report that read before it."""
        version = data_version(connection)
        same = connection is self._connection and version == self._version
        if not same and self._day is not None:
            self._changed.update(sessions_since(connection, self._renewed_ms - _OVERLAP_MS))
        self._connection, self._version = connection, version

    def add(self, sessions: Iterable[str]) -> None:
        """Say that these sessions changed."""
        self._changed.update(sessions)

    def add_limits(self) -> None:
        """Say that a limit has reached a new maximum; after the last one nobody is answered."""
        self._limits = True

    def wanted(self, around: Surroundings) -> bool:
        """Whether there is something to renew now: a session, a limit or the day has changed."""
        if self._day != _today(around):
            return True
        return (self._limits or bool(self._changed)) and time.monotonic() >= self._not_before

    def renew(self, connection: sqlite3.Connection, around: Surroundings) -> list[Notice]:
        """Judge what is new, tell of it, and renew the values that changed; return what was told.

        The caller holds the writer's lock.
        """
        started, now_ms = time.thread_time(), round(time.time() * 1000)
        today = _today(around)
        if self._day != today:
            self._changed.update(sessions_since(connection, now_ms - KEPT_MS))
            forget_ready(connection, now_ms - KEPT_MS)
        self._forward_stale()
        keep_up(connection, around.book, around.limits)
        unpriced = refresh(
            connection, around.book, around.zone, self._changed, now_ms, around.limits
        )
        alarms = self._alarms(connection, around, now_ms)
        news, told = find_news(connection, self._changed, unpriced, alarms, around.zone, now_ms)
        leave_news(self._home, news)
        remember(connection, told, now_ms)
        self._changed.clear()
        self._limits = False
        self._renewed_ms = now_ms
        self._day = today
        took = time.thread_time() - started
        self._not_before = time.monotonic() + min(_REST_MOST_S, _REST * took)
        return [each.notice for each in news]

    def _forward_stale(self) -> None:
        if time.monotonic() >= self._forwarded_at + _FORWARD_S:
            self._forwarded_at = time.monotonic()
            forward_stale(self._home)

    def _alarms(
        self, connection: sqlite3.Connection, around: Surroundings, now_ms: int
    ) -> list[Alert]:
        """Alarms about client versions, which take long to compute; mostly none."""
        if time.monotonic() < self._compared_at + _COMPARE_S:
            return []
        self._compared_at = time.monotonic()
        return version_alarms(connection, now_ms, around.limits)


def _today(around: Surroundings) -> date:
    return datetime.fromtimestamp(time.time(), around.zone[0]).date()
