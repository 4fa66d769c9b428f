"""The client's own reports of its calls, received beside the transcripts and stored."""

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ccmeter.errors import CcmeterError
from ccmeter.watch.database import Database
from ccmeter.watch.log import Log

if TYPE_CHECKING:  # an HTTP server, loaded only where one is wanted
    from ccmeter.otlp.records import ApiCall
    from ccmeter.otlp.server import Receiver

_MADE_S = 5.0  # that a call waits for a database that another process is making
_POLL_S = 0.05
_BUSY = "pragma busy_timeout = 5000"  # milliseconds: this thread may wait for others
_NO_NEWS = (0, 503)  # the connection broke, or it could not be stored: the client sends it again


class Telemetry:
    """Receives reports on the port that is wanted, and says what it had to leave out."""

    def __init__(self, home: str, log: Log) -> None:
        self._home = home
        self._log = log
        self._receiver: Receiver | None = None
        self._insists = False

    def insist(self, port: int) -> None:
        """Listen on this port, whatever the settings say. CcmeterError if it cannot be had."""
        self._open(port)
        self._insists = True

    def follow(self, port: int) -> None:
        """Listen where the settings say, 0 for nowhere; a port that is taken is tried again."""
        self._tell()
        if self._insists or port == (self._receiver.port if self._receiver else 0):
            return
        self.close()
        if not port:
            self._log.change("telemetry", "receiving no reports of calls any more")
            return
        try:
            self._open(port)
        except CcmeterError as error:
            self._log.change("telemetry", f"receiving no reports of calls: {error}")

    def close(self) -> None:
        """Answer what is under way, and listen no more."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.stop()

    def _open(self, port: int) -> None:
        from ccmeter.otlp.server import Receiver

        receiver = Receiver(self._store, port)
        receiver.start()
        self._receiver = receiver
        self._log.change("telemetry", f"receiving reports of calls on port {receiver.port}")

    def _store(self, calls: "Sequence[ApiCall]") -> None:
        """Runs in a thread of the receiver's; a connection belongs to one thread."""
        from ccmeter.store.api_calls import save_calls

        database = Database(self._home)
        try:
            connection = _connected(self._home, database)
            connection.execute(_BUSY)
            save_calls(connection, calls)
        except sqlite3.Error as error:
            raise CcmeterError(f"cannot store reported calls: {error}") from error
        finally:
            database.close()

    def _tell(self) -> None:
        if self._receiver is None:
            return
        counts = self._receiver.counts
        refused = {f"HTTP {n}": k for n, k in counts.refused.items() if n not in _NO_NEWS}
        parts = [_listed("events", counts.skips), _listed("requests", refused)]
        said = "; ".join(filter(None, parts))
        self._log.change("left out", f"reports of calls left out: {said}" if said else "")


def _connected(home: str, database: Database) -> sqlite3.Connection:
    """The connection, as soon as the catching up has made the database."""
    until = time.monotonic() + _MADE_S
    while time.monotonic() < until and os.path.isdir(home):
        connection = database.connection()
        if connection is not None:
            return connection
        time.sleep(_POLL_S)
    raise CcmeterError("there is no database yet, or the data folder was removed")


def _listed(what: str, counts: Mapping[str, int]) -> str:
    found = ", ".join(f"{count} x {why}" for why, count in sorted(counts.items()))
    return f"{what}: {found}" if found else ""
