"""What the watcher tells: new alerts, and the state of the cache of sessions."""

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from ccmeter.audit.told import ALWAYS, told
from ccmeter.cache.alerts import ALARM, LEVELS, WARNING, Alert
from ccmeter.cache.sessions import THREAD_RULES
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.store.audit_read import main_threads, session_ids


class CacheNotice(NamedTuple):
    """One thing to tell the user of a session."""

    session: str
    rule: str
    level: str  # warning, alarm
    message: str  # with what to do
    time_ms: int  # when the request was sent that it is about
    sum_tokens: int | None = None  # of a verdict on a whole thread: what is lost so far


class CacheState(NamedTuple):
    """The prompt cache of a session's main thread after its last request."""

    hit_ratio: float | None  # tokens read / tokens sent
    tier: str  # 5m, 1h; "" when nothing was cached
    warm_until_ms: int | None
    rebuilds: int  # suspect ones, of its agents too
    alarm: str  # the gravest rule at level warning or alarm, "" for none


def notices_for(
    connection: sqlite3.Connection, since_ms: int, sessions: Collection[str] | None = None
) -> list[CacheNotice]:
    """Return warnings and alarms about requests sent since then (UTC epoch milliseconds).

    Of these sessions, or of all; in order of time. The same call gives the same notices again.
    """
    ids = None if sessions is None else session_ids(connection, sessions)
    return [_notice(alert) for alert in told(connection, since_ms, sessions=ids) if _is_loud(alert)]


def cache_states(
    connection: sqlite3.Connection, sessions: Collection[str], limits: Limits = LIMITS
) -> dict[str, CacheState]:
    """Return the states of those of the sessions that have been judged."""
    alarms = _alarms(connection, sessions)
    lifetimes = {"5m": limits.lifetime_5m_ms, "1h": limits.lifetime_1h_ms}
    return {
        session: CacheState(
            main.read_tokens / main.prompt_tokens if main.prompt_tokens else None,
            main.tier,
            main.last_ms + lifetimes[main.tier] if main.tier else None,
            main.rebuilds,
            alarms.get(session, ""),
        )
        for session, main in main_threads(connection, sessions).items()
    }


def _alarms(connection: sqlite3.Connection, sessions: Collection[str]) -> dict[str, str]:
    found: dict[str, Alert] = {}
    for alert in told(connection, -ALWAYS, sessions=session_ids(connection, sessions)):
        known = found.get(alert.session)
        if _is_loud(alert) and (known is None or _outdoes(alert, known)):
            found[alert.session] = alert
    return {session: alert.rule for session, alert in found.items()}


def _is_loud(alert: Alert) -> bool:
    return alert.level in (WARNING, ALARM)


def _outdoes(alert: Alert, known: Alert) -> bool:
    """Whether it is graver, or newer; of those about one request the first is told."""
    return (LEVELS.index(alert.level), alert.time_ms) > (LEVELS.index(known.level), known.time_ms)


def _notice(alert: Alert) -> CacheNotice:
    message = f"{alert.message} {alert.advice}"
    tokens = alert.tokens if alert.rule in THREAD_RULES else None
    return CacheNotice(alert.session, alert.rule, alert.level, message, alert.time_ms, tokens)
