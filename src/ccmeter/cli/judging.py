"""One judgement of what is new for a command: lock, database, prices."""

from contextlib import closing

from ccmeter.audit.keep_up import forget, keep_up
from ccmeter.cli.source import Place
from ccmeter.cli.syncing import WAIT_S
from ccmeter.pricing.book import load_book
from ccmeter.store.db import open_rw
from ccmeter.store.lock import LockBusyError, writer_lock


def judge(place: Place, *, anew: bool = False) -> bool:
    """Judge the requests that are new, or all `anew`; False when another ccmeter is writing."""
    try:
        with writer_lock(place.home, WAIT_S), closing(open_rw(place.home)) as connection:
            if anew:
                forget(connection)
            keep_up(connection, load_book(place.config.prices))
    except LockBusyError:
        return False
    return True
