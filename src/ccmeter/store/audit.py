"""What the audit of the prompt cache has yet to judge, and what it judged so far."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ccmeter.store.statements import sql

ThreadId = tuple[int, int]  # session_id and agent_id; agent 0 is the main thread
_START = -(1 << 62)  # before any request
_LAST_ID = (1 << 63) - 1


class Progress(NamedTuple):
    """How far the responses have been judged."""

    basis: str  # digest of what they were judged by, or what `audit.pending` makes of it
    last_id: int
    pruned_ms: int
    newest_id: int
    is_stale: bool  # something changed behind what was judged

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to judge."""
        return self.newest_id <= self.last_id and not self.is_stale


class Kept(NamedTuple):
    """What is remembered of one thread between two judgements."""

    first_id: int
    last_ms: int
    tier: str
    prompt_tokens: int
    read_tokens: int
    closed_ms: int | None  # start of the last request that is judged for good
    open_ids: Sequence[int] | None  # the last ones; None: not remembered any more
    state: bytes | None  # after the closed ones


class Stored(NamedTuple):
    """A thread as it was left, as far as it can go on."""

    closed_ms: int | None
    open_ids: Sequence[int] | None
    state: bytes | None
    first_id: int


def load_progress(connection: sqlite3.Connection) -> Progress | None:
    """Return how far the responses have been judged, None when none has been."""
    found = connection.execute(sql("audit_progress")).fetchone()
    return None if found is None else Progress._make((*found[:-1], bool(found[-1])))


def save_progress(connection: sqlite3.Connection, basis: str, pruned_ms: int) -> None:
    """Note that everything up to the newest response has been judged, or the part of the basis."""
    connection.execute(sql("audit_empty_stale"))
    connection.execute(sql("audit_empty_changed"))
    connection.execute(sql("audit_save_progress"), {"basis": basis, "pruned_ms": pruned_ms})


def has_new_since(connection: sqlite3.Connection, last_id: int, since_ms: int) -> bool:
    """Whether sessions answered since that moment have responses behind that id."""
    values = {"last_id": last_id, "since_ms": since_ms}
    return bool(connection.execute(sql("audit_new_since"), values).fetchone()[0])


def threads_since(connection: sqlite3.Connection, since_ms: int) -> list[ThreadId]:
    """Return the threads of sessions that were answered since that moment (UTC epoch ms)."""
    return connection.execute(sql("audit_threads_since"), (since_ms,)).fetchall()


def forget_all(connection: sqlite3.Connection) -> None:
    """Drop everything that was judged."""
    connection.execute(sql("audit_empty_progress"))
    connection.execute(sql("audit_empty_threads"))
    connection.execute(sql("audit_empty_tallies"))
    connection.execute(sql("audit_empty_rebuilds"))
    connection.execute(sql("audit_empty_raised"))
    connection.execute(sql("audit_empty_waiting"))


def new_ids(connection: sqlite3.Connection, last_id: int) -> dict[ThreadId, list[int]]:
    """Return the ids of responses that were stored or changed since, by thread."""
    found: dict[ThreadId, list[int]] = {}
    for id_, session, agent in connection.execute(sql("audit_new"), (last_id,)):
        found.setdefault((session, agent), []).append(id_)
    return found


def stale_threads(connection: sqlite3.Connection) -> dict[ThreadId, int]:
    """Return since when (UTC epoch milliseconds) something changed in threads."""
    rows = connection.execute(sql("audit_stale"))
    return {(session, agent): since for session, agent, since in rows}


def load_thread(connection: sqlite3.Connection, thread: ThreadId) -> Stored | None:
    """Return a thread as it was left; None when nothing of it has been judged."""
    found = connection.execute(sql("audit_load_thread"), thread).fetchone()
    if found is None:
        return None
    closed, ids, state, first = found
    return Stored(closed, None if ids is None else json.loads(ids), state, first)


def save_threads(connection: sqlite3.Connection, threads: Mapping[ThreadId, Kept]) -> None:
    """Store what the next judgement begins with."""
    rows = [
        (*thread, *kept[:-2], _packed(kept.open_ids), kept.state)
        for thread, kept in threads.items()
    ]
    connection.executemany(sql("audit_save_thread"), rows)


def _packed(ids: Sequence[int] | None) -> str | None:
    return None if ids is None else json.dumps(ids, separators=(",", ":"))


def forget_open(connection: sqlite3.Connection, threads: Mapping[ThreadId, int | None]) -> None:
    """Drop what was found of threads behind the moment they are closed up to."""
    rows = [(*thread, _START if ms is None else ms) for thread, ms in threads.items()]
    connection.executemany(sql("audit_forget_tallies"), [(1, *thread) for thread in threads])
    connection.executemany(sql("audit_forget_rebuilds"), rows)
    connection.executemany(sql("audit_forget_raised"), rows)


def forget_threads(connection: sqlite3.Connection, threads: Collection[ThreadId]) -> None:
    """Drop all that was found of the threads."""
    whole = [(*thread, _START) for thread in threads]
    sums = [(is_open, *thread) for thread in threads for is_open in (0, 1)]
    connection.executemany(sql("audit_forget_tallies"), sums)
    connection.executemany(sql("audit_forget_rebuilds"), whole)
    connection.executemany(sql("audit_forget_raised"), whole)
    connection.executemany(sql("audit_forget_waiting"), threads)
    connection.executemany(sql("audit_forget_thread"), threads)


def prune(connection: sqlite3.Connection, before_ms: int) -> None:
    """Drop the states of agents that ended before that moment."""
    connection.execute(sql("audit_prune"), (before_ms,))


Row = tuple[Any, ...]  # the columns of audit_requests.sql


def requests(
    connection: sqlite3.Connection, threads: Iterable[ThreadId] | None = None
) -> Iterator[Row]:
    """Yield the requests of the threads, or of all, thread by thread in the order of sending."""
    owners = None if threads is None else json.dumps(_owners(connection, threads))
    values = {"owners": owners, "first": 0, "last": _LAST_ID}
    return connection.execute(sql("audit_requests"), values)


def requests_by_id(connection: sqlite3.Connection, ids: Iterable[int]) -> Iterator[Row]:
    """Yield the requests with these ids, thread by thread in the order of sending."""
    return connection.execute(sql("audit_requests_by_id"), {"ids": json.dumps(list(ids))})


def _owners(connection: sqlite3.Connection, threads: Iterable[ThreadId]) -> list[int]:
    return [id_ for t in threads for (id_,) in connection.execute(sql("audit_owners_of"), t)]
