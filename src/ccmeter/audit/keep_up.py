"""Judging what is new: the one way in which anything is found and stored."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ccmeter.audit.found import ThreadFound, find
from ccmeter.audit.pending import basis, is_judged_since, is_part, part
from ccmeter.audit.shares import judge_all, judge_rows, threads
from ccmeter.audit.steps import Steps
from ccmeter.audit.threads import Past, unpack
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.pricing.book import Book
from ccmeter.store import audit as store
from ccmeter.store.audit import Progress, Stored, ThreadId
from ccmeter.store.audit_found import Findings
from ccmeter.store.read import extent, newest_id
from ccmeter.store.transaction import transaction

_LONG = 10_000  # requests: much to judge
_TOGETHER = 1_000  # threads that are stored at once
_DAY_MS = 86_400_000
_ENDED_MS = 7 * _DAY_MS  # since the last request: an agent of then does not go on


class Judgement(NamedTuple):
    """What was judged: the sessions of which something was found anew, None for all."""

    sessions: frozenset[int] | None
    requests: int


NOTHING = Judgement(frozenset(), 0)


def keep_up(connection: sqlite3.Connection, book: Book, limits: Limits = LIMITS) -> Judgement:
    """Judge what was stored or changed since the last time, in one transaction.

    Everything is judged when nothing was yet, or by other prices or thresholds. The caller holds
    the writer's lock.
    """
    by = basis(book, limits)
    progress = store.load_progress(connection)
    if progress is not None and progress.basis == by and progress.is_done:
        return NOTHING
    with transaction(connection):
        return _Run(connection, book, limits).judge(progress, by)


def judge_since(
    connection: sqlite3.Connection,
    book: Book,
    limits: Limits,
    since_ms: int,
    *,
    unread: bool = False,
    long: int = _LONG,
) -> Judgement:
    """Judge what a report on the time since then is about, when that is much less than all.

    That is so in a `long` history (responses) of which nothing has been judged: a first report need
    not wait for the years before it. Whoever judges next judges all, unless older transcripts are
    still `unread`.
    """
    progress = store.load_progress(connection)
    first = progress is None or (unread and is_part(progress.basis))
    if not first or newest_id(connection) <= long:
        return keep_up(connection, book, limits)
    if is_judged_since(connection, book, limits, since_ms):
        return NOTHING
    with transaction(connection):
        return _Run(connection, book, limits).begin(since_ms, basis(book, limits))


def forget(connection: sqlite3.Connection) -> None:
    """Drop all that was found, in one transaction; the caller holds the writer's lock."""
    with transaction(connection):
        store.forget_all(connection)


class _Run:
    """One judgement, inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, book: Book, limits: Limits) -> None:
        self._connection, self._book, self._limits = connection, book, limits
        self._findings = Findings(connection)
        self._kept: dict[ThreadId, store.Kept] = {}
        self._requests = 0
        span = extent(connection)
        self._newest_ms = span[1] if span else 0

    def judge(self, progress: Progress | None, by: str) -> Judgement:
        sessions: frozenset[int] | None = None
        pruned = 0
        if progress is None or progress.basis != by or _mostly_new(progress):
            store.forget_all(self._connection)
            for done in judge_all(self._connection, self._book, self._limits):
                self._store(done)
        else:
            pruned = progress.pruned_ms
            sessions = self._go_on(progress.last_id)
        self._flush()
        store.save_progress(self._connection, by, self._prune(pruned))
        return Judgement(sessions, self._requests)

    def begin(self, since_ms: int, by: str) -> Judgement:
        store.forget_all(self._connection)
        self._anew(store.threads_since(self._connection, since_ms))
        self._flush()
        store.save_progress(self._connection, part(by, since_ms), 0)
        return Judgement(None, self._requests)

    def _prune(self, pruned_ms: int) -> int:
        """Drop the states of ended agents once a day; return when it was done last."""
        if self._newest_ms - pruned_ms < _DAY_MS:
            return pruned_ms
        store.prune(self._connection, self._newest_ms - _ENDED_MS)
        return self._newest_ms

    def _anew(self, again: Collection[ThreadId]) -> None:
        """Judge whole threads, of which nothing is stored."""
        steps = Steps(self._connection, self._book, {session for session, _ in again})
        for done in judge_rows(store.requests(self._connection, again), steps, self._limits):
            self._store(done)

    def _go_on(self, last_id: int) -> frozenset[int]:
        """Judge what is new in threads; return their sessions."""
        new = store.new_ids(self._connection, last_id)
        stale = store.stale_threads(self._connection)
        known = {t: store.load_thread(self._connection, t) for t in new.keys() | stale.keys()}
        anew = {t for t, stored in known.items() if _is_broken(stored, stale.get(t))}
        ids = {
            t: [*new.get(t, ()), *((stored.open_ids or ()) if stored else ())]
            for t, stored in known.items()
            if t not in anew
        }
        anew |= self._append(ids, known)
        store.forget_threads(self._connection, anew)
        if anew:
            self._anew(anew)
        return frozenset(session for session, _ in known)

    def _append(
        self, ids: Mapping[ThreadId, Sequence[int]], known: Mapping[ThreadId, Stored | None]
    ) -> set[ThreadId]:
        """Judge these requests behind what is known; return threads that do not go on like that."""
        broken = {t for t, wanted in ids.items() if known[t] is not None}
        wanted = {id_ for several in ids.values() for id_ in several}
        rows = list(store.requests_by_id(self._connection, wanted))
        owners = {row[2] for row in rows}
        steps = Steps(self._connection, self._book, {t[0] for t in ids}, owners)
        for thread, own in threads(rows):
            if thread not in ids:  # it has other requests, which are judged as its own
                continue
            stored = known[thread]
            past = Past() if stored is None else _past(stored)
            if past is None or (past.closed_ms is not None and own[0][4] <= past.closed_ms):
                continue
            broken.discard(thread)
            store.forget_open(self._connection, {thread: past.closed_ms})
            first = None if stored is None or past.closed_ms is None else stored.first_id
            self._store(find(thread, past, first, own, steps, self._limits))
        return broken

    def _store(self, done: ThreadFound) -> None:
        thread, found = done.thread, done.found
        ended = thread[1] and found.kept.last_ms < self._newest_ms - _ENDED_MS
        self._kept[thread] = found.kept._replace(open_ids=None, state=None) if ended else found.kept
        self._findings.sums(thread, found.sums)
        self._findings.rebuilds(thread, found.rebuilds)
        self._findings.raised(thread, found.raised)
        if done.unread:
            self._findings.waiting(thread, done.unread)
        self._requests += done.requests
        if len(self._kept) >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        store.save_threads(self._connection, self._kept)
        self._kept.clear()


def _mostly_new(progress: Progress) -> bool:
    """Whether so much is new that all is judged anew in less time."""
    return progress.newest_id - progress.last_id > max(_LONG, progress.last_id)


def _is_broken(stored: Stored | None, since_ms: int | None) -> bool:
    """Whether something changed in what is judged for good, or that is not remembered."""
    if stored is None:
        return False
    if stored.open_ids is None:
        return True
    return since_ms is not None and stored.closed_ms is not None and since_ms <= stored.closed_ms


def _past(stored: Stored) -> Past | None:
    if stored.closed_ms is None or stored.state is None:
        return Past()
    return unpack(stored.state, stored.closed_ms)
