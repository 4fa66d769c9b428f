"""What the audit found, read for reports: sums, rebuilds, alerts, cold starts."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from decimal import Decimal
from sys import intern
from typing import Any, NamedTuple

from ccmeter.store.audit import ThreadId
from ccmeter.store.audit_found import SLOT_MS, to_usd, with_numbers
from ccmeter.store.statements import sql

Ids = Collection[int] | None  # of sessions; None: all


class SessionSums(NamedTuple):
    """Judged requests of one session that have thread, model, client and provider in common."""

    session: str
    main: bool
    claude: bool
    version: str
    provider: int
    requests: int
    prompt_tokens: int
    read_tokens: int
    cost_usd: Decimal
    unpriced: int
    exposed: int
    last_ms: int  # when the last quarter of an hour among them began


class FoundRebuild(NamedTuple):
    """A rebuild as it is stored, with the ids of its owner and terms."""

    start_ms: int
    message_id: str
    owner_id: int
    terms_id: int
    read_tokens: int
    verdict: str
    cause: str
    kind: str
    evidence: str
    sure: bool
    expected_read: int
    lost_tokens: int
    gap_ms: int
    excess_usd: Decimal | None


class RaisedIn(NamedTuple):
    """An alert as a rule raised it, and where: the fields of `cache.alerts.Alert`, in its order."""

    rule: str
    level: str
    session: str
    agent: str
    time_ms: int
    message: str
    advice: str
    tokens: int
    usd: Decimal | None
    version: str
    is_sum: bool


class FirstRequest(NamedTuple):
    """The first request of a session's main thread."""

    time_ms: int
    owner_id: int
    terms_id: int
    prompt_tokens: int


class MainThread(NamedTuple):
    """A session's main thread after its last request."""

    tier: str  # 5m, 1h, "" before any cache write
    last_ms: int  # when that was sent
    prompt_tokens: int
    read_tokens: int
    rebuilds: int  # suspect ones, of the whole session


def session_sums(
    connection: sqlite3.Connection, since_ms: int, until_ms: int, sessions: Ids = None
) -> list[SessionSums]:
    """Return the sums of a period whose ends are quarters of an hour; the end is excluded."""
    values = {
        "since": -(-since_ms // SLOT_MS),
        "until": -(-until_ms // SLOT_MS),
        "sessions": _json(sessions),
    }
    return [_session_sums(row) for row in connection.execute(sql("audit_sums"), values)]


def _session_sums(row: tuple[Any, ...]) -> SessionSums:
    cost, slot = to_usd(row[8]), row[11]
    return SessionSums._make((*row[:8], cost, *row[9:11], slot * SLOT_MS))


def rebuilds(
    connection: sqlite3.Connection, since_ms: int, until_ms: int, sessions: Ids = None
) -> list[FoundRebuild]:
    """Return the rebuilds of a period (milliseconds, the end excluded) in order of their start."""
    rows = connection.execute(sql("audit_events"), _period(since_ms, until_ms, sessions))
    return [_rebuild(row) for row in rows]


def _rebuild(row: tuple[Any, ...]) -> FoundRebuild:
    finding = map(intern, row[5:9])  # a few findings stand for all rebuilds
    return FoundRebuild._make((*row[:5], *finding, bool(row[9]), *row[10:13], to_usd(row[13])))


def raised(
    connection: sqlite3.Connection, since_ms: int, until_ms: int, sessions: Ids = None
) -> Iterator[RaisedIn]:
    """Yield what the sessions raised that raised something in the period, all until its end.

    Session by session; times are milliseconds, the end is excluded.
    """
    values = _period(since_ms, until_ms, sessions)
    for row in connection.execute(sql("audit_alerts"), values):
        rule, level, session, agent, time_ms, wording, numbers, advice, tokens, usd = row[:10]
        message = with_numbers(wording, numbers)
        yield RaisedIn(
            *(intern(rule), intern(level), session, agent, time_ms, message, intern(advice)),
            *(tokens, to_usd(usd), row[10], bool(row[11])),
        )


def cold_starts(connection: sqlite3.Connection, since_ms: int, until_ms: int) -> list[FirstRequest]:
    """Return the first requests of sessions that started in the period."""
    values = {"since_ms": since_ms, "until_ms": until_ms}
    return [FirstRequest._make(row) for row in connection.execute(sql("audit_cold_starts"), values)]


def sessions_like(connection: sqlite3.Connection, start: str) -> dict[int, str]:
    """Return the sessions whose id begins like that, by their row's id."""
    return dict(connection.execute(sql("audit_sessions"), {"start": start}))


def session_ids(connection: sqlite3.Connection, sessions: Collection[str]) -> list[int]:
    """Return the rows' ids of the sessions that are known."""
    values = {"sessions": json.dumps(sorted(sessions))}
    return [id_ for (id_,) in connection.execute(sql("audit_session_ids"), values)]


def projects_of(connection: sqlite3.Connection, sessions: Collection[str]) -> dict[str, str]:
    """Return the folders in which the sessions started, as far as they are known."""
    values = {"sessions": json.dumps(sorted(sessions))}
    return dict(connection.execute(sql("audit_projects"), values))


def threads_of(connection: sqlite3.Connection, sessions: Ids) -> list[ThreadId]:
    """Return the threads of the sessions in which anything was judged, the main ones first."""
    rows = connection.execute(sql("audit_threads_of"), {"sessions": _json(sessions)})
    return [(session, agent) for session, agent in rows]


def main_threads(
    connection: sqlite3.Connection, sessions: Collection[str]
) -> dict[str, MainThread]:
    """Return the main threads of those of the sessions that have been judged."""
    values = {"sessions": json.dumps(sorted(sessions))}
    rows = connection.execute(sql("audit_main_threads"), values)
    return {session: MainThread._make(rest) for session, *rest in rows}


def _period(since_ms: int, until_ms: int, sessions: Ids) -> dict[str, int | str | None]:
    return {"since_ms": since_ms, "until_ms": until_ms, "sessions": _json(sessions)}


def _json(sessions: Ids) -> str | None:
    return None if sessions is None else json.dumps(sorted(sessions))
