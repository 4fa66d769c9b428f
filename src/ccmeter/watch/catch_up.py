"""A large pass: all transcripts, and the judgement of all that is new. See `child`."""

from contextlib import closing

from ccmeter.audit.keep_up import keep_up
from ccmeter.client_meter import readings
from ccmeter.ingest import ingest
from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock
from ccmeter.store.process_meters import save_process_meters
from ccmeter.watch.surroundings import look_around

_WAIT_S = 15.0


def catch_up(home: str) -> None:
    """Bring the data folder up to date; CcmeterError when that fails."""
    around = look_around(home)
    with writer_lock(home, _WAIT_S), closing(open_rw(home)) as connection:
        ingest(connection, around.roots)
        save_process_meters(connection, readings(around.config.metered(around.roots)))
        keep_up(connection, around.book, around.limits)
