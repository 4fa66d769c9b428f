"""What the live view shows: read again whenever something was stored, and now and then."""

import os
import sqlite3
import time
from collections.abc import Mapping

from ccmeter.audit.latest import Latest
from ccmeter.cache.thresholds import read_limits
from ccmeter.cli.options import chosen_zone
from ccmeter.cli.place import Place
from ccmeter.cli.source import people
from ccmeter.errors import CcmeterError
from ccmeter.limits.calibrate import Usd
from ccmeter.paths import database_path
from ccmeter.pricing.here import book_of
from ccmeter.reports.limits import make_limits_report, worths
from ccmeter.reports.live import Live, Viewer, later, look
from ccmeter.store.db import data_version
from ccmeter.store.health import open_checked

_REQUESTS = 60
_STILL_S = 5.0  # until it is read again although nothing was stored: rates fall with time
_REST = 10  # times as long as a look took, until the next one
_WORTH_S = 300.0  # what 100 % are worth hardly changes, and takes a while
_PATIENCE_S = 20.0  # with a database that cannot be read: it may be upgraded just now


class Source:
    """Looks into the database, whatever happens to it meanwhile."""

    def __init__(self, place: Place) -> None:
        config = place.config
        book, limits = book_of(place.home, config.prices), read_limits(config.audit)
        zone = chosen_zone(None, config)
        self._home = place.home
        self._viewer = Viewer(book, people(place), config.user, zone, Latest(book, limits))
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # that the connection reads
        self._live: Live | None = None
        self._version = 0  # of what was stored when it was looked at
        self._looked_at = self._not_before = float("-inf")
        self._worth: Mapping[str, Usd] = {}
        self._worth_until = self._readable_at = time.monotonic()

    def look(self) -> Live | None:
        """Return this moment, None while nothing can be read.

        CcmeterError when it stays like that, with what to do.
        """
        now_ms = round(time.time() * 1000)
        try:
            connection = self._reading()
            if connection is not None and self._is_due(connection):
                self._look(connection, now_ms)
        except (CcmeterError, sqlite3.Error) as error:
            self.close()
            if time.monotonic() > self._readable_at + _PATIENCE_S:
                if isinstance(error, CcmeterError):
                    raise
                raise CcmeterError(
                    f"cannot read the database: {error}. Try: ccmeter doctor"
                ) from error
        else:
            self._readable_at = time.monotonic()
        return self._live and later(self._live, now_ms)

    def close(self) -> None:
        """Close the database; the next look opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _reading(self) -> sqlite3.Connection | None:
        """A connection to the database that is there now."""
        now = _identity(database_path(self._home))
        if now != self._file:
            self.close()
        if self._connection is None:
            self._connection, self._file, self._version = open_checked(self._home), now, 0
        return self._connection

    def _is_due(self, connection: sqlite3.Connection) -> bool:
        now = time.monotonic()
        if now < self._not_before:
            return False
        before, self._version = self._version, data_version(connection)
        return self._version != before or now > self._looked_at + _STILL_S

    def _look(self, connection: sqlite3.Connection, now_ms: int) -> None:
        worth, started = self._worths(connection, now_ms), time.monotonic()
        self._live = look(connection, self._viewer, now_ms, worth, _REQUESTS)
        self._looked_at = time.monotonic()
        self._not_before = self._looked_at + _REST * (self._looked_at - started)

    def _worths(self, connection: sqlite3.Connection, now_ms: int) -> Mapping[str, Usd]:
        if time.monotonic() >= self._worth_until:
            viewer = self._viewer
            report = make_limits_report(
                connection, viewer.book, viewer.people, viewer.zone, now_ms, viewer.user
            )
            fits = [fit for each in report.users for fit in each.fits]
            self._worth, self._worth_until = worths(fits), time.monotonic() + _WORTH_S
        return self._worth


def _identity(path: str) -> tuple[int, int] | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_dev, info.st_ino
