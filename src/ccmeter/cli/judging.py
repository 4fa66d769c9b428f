"""Judging what is new for a command, after it has read transcripts or without."""

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from ccmeter.audit.pending import is_judged
from ccmeter.cache.thresholds import read_limits
from ccmeter.errors import CcmeterError
from ccmeter.pricing.here import book_of
from ccmeter.store.db import open_rw
from ccmeter.store.health import open_checked
from ccmeter.store.lock import LockBusyError, writer_lock

if TYPE_CHECKING:
    from ccmeter.cli.place import Place

WAIT_S = 15.0


def judge(
    connection: sqlite3.Connection,
    place: "Place",
    *,
    anew: bool = False,
    since_ms: int | None = None,
    unread: bool = False,
) -> None:
    """Judge the requests that are new, or all `anew`. The caller holds the writer's lock.

    A first start in a long history judges only the sessions of the time since `since_ms`, and so
    does whoever comes next as long as older transcripts are `unread`.
    """
    book, limits = book_of(place.home, place.config.prices), read_limits(place.config.audit)
    if not anew and is_judged(connection, book, limits):
        return
    from ccmeter.audit import keep_up  # only when there is something to do

    if anew:
        keep_up.forget(connection)
    if since_ms is None:
        keep_up.keep_up(connection, book, limits)
    else:
        keep_up.judge_since(connection, book, limits, since_ms, unread=unread)


def judge_stored(place: "Place", *, anew: bool = False, wait_s: float = WAIT_S) -> bool:
    """Judge what is stored; False when another ccmeter is writing and does not get done."""
    if not anew and _is_done(place):
        return True
    try:
        with writer_lock(place.home, wait_s), closing(open_rw(place.home)) as connection:
            judge(connection, place, anew=anew)
    except LockBusyError:
        return False
    return True


def judge_if_possible(place: "Place") -> None:
    """Judge what is stored, unless that would have to wait or the folder cannot be written."""
    with suppress(CcmeterError):
        judge_stored(place, wait_s=0.0)


def _is_done(place: "Place") -> bool:
    connection = open_checked(place.home)
    if connection is None:  # nothing is stored
        return True
    with closing(connection):
        book, limits = book_of(place.home, place.config.prices), read_limits(place.config.audit)
        return is_judged(connection, book, limits)
