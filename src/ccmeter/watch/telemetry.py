"""The client's own reports of its calls, received beside the transcripts and stored."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from ccmeter.errors import CcmeterError
from ccmeter.otlp.records import ApiCall
from ccmeter.otlp.server import Receiver
from ccmeter.store.api_calls import save_calls
from ccmeter.store.db import open_rw

_BUSY_S = 5.0


def receiver(home: str, port: int) -> Receiver:
    """Return a receiver that stores into the data folder. CcmeterError if the port is taken."""

    def store(calls: Sequence[ApiCall]) -> None:
        # in a thread of the receiver's own, and a connection belongs to one thread
        try:
            with closing(open_rw(home, _BUSY_S)) as connection:
                save_calls(connection, calls)
        except sqlite3.Error as error:  # the client sends them again
            raise CcmeterError(f"cannot store reported calls: {error}") from error

    return Receiver(store, port)
