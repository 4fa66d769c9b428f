"""What can be answered while another ccmeter is reading: all but what it has yet to read."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from ccmeter.audit.pending import is_judged_since
from ccmeter.cache.thresholds import read_limits
from ccmeter.cli.place import Place
from ccmeter.ingest import plan
from ccmeter.pricing.here import book_of
from ccmeter.store.health import open_checked


class Ready(NamedTuple):
    """The sessions of a time are stored and judged."""

    unread: bool  # older transcripts are not
    unreadable: Sequence[str]  # folders and transcripts that the user may not look at


def look_meanwhile(place: Place, since_ms: int) -> Ready | None:
    """Return what there is to know of the time since then; None where a report has to wait for it.

    Nothing of a session that was written to since then may be new, and all of it must be judged.
    """
    connection = open_checked(place.home)
    if connection is None:
        return None
    with closing(connection):
        connection.execute("begin")  # of what is read here nothing changes in between
        return _looked(connection, place, since_ms)


def _looked(connection: sqlite3.Connection, place: Place, since_ms: int) -> Ready | None:
    new = plan(connection, place.roots)
    if new.without_old(since_ms, little=-1).work:
        return None
    book, limits = book_of(place.home, place.config.prices), read_limits(place.config.audit)
    if not is_judged_since(connection, book, limits, since_ms):
        return None
    return Ready(bool(new.work), new.unreadable)
