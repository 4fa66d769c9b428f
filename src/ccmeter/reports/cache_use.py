"""What a report says of the prompt cache: shares, losses, and the gravest alerts."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ccmeter.cache.alerts import Alert
from ccmeter.cache.causes import IDLE
from ccmeter.cache.thresholds import Limits
from ccmeter.reports.asked import Filters
from ccmeter.reports.audit_events import CacheEvent, load_events
from ccmeter.reports.period import Period
from ccmeter.reports.priced import Priced
from ccmeter.reports.warnings import Warning
from ccmeter.store.audit import load_progress

_LEVELS = {"watch": "notice", "warning": "warning", "alarm": "alarm"}  # of alerts and of warnings
_ORDER = tuple(_LEVELS)
_SESSION_ID = 8  # characters of an id that are shown
_ZERO = Decimal()


class CacheUse(NamedTuple):
    """How the cache was used in a period. Money in USD, without what has no price."""

    hit_ratio: float  # tokens read / tokens sent
    inflation: float  # list cost / list cost without the suspect rebuilds
    suspect_usd: Decimal
    idle_usd: Decimal
    events: int  # suspect rebuilds
    alerts: Sequence[Warning]  # the gravest of each kind, the gravest first
    more: str = ""  # the options with which an audit tells more of the first of them


def cache_use(
    connection: sqlite3.Connection,
    period: Period,
    pieces: Iterable[Priced],
    filters: Filters,
    user_of: Callable[[str], str],
    limits: Limits,
) -> CacheUse | None:
    """Return how the cache was used in `pieces`, those of the period that the filters mean.

    None when nothing has been judged.
    """
    if load_progress(connection) is None:
        return None
    read, sent, cost, sessions = 0, 0, _ZERO, set[str]()
    for piece in pieces:
        usage = piece.slice.usage
        read += usage.cache_read_tokens
        sent += usage.prompt_tokens
        cost += piece.list_cost or _ZERO
        sessions.add(piece.slice.who.session)
    every = load_events(connection, period.since_ms, period.until_ms)
    events = [e for e in every if filters.means(e.who, e.model, user_of)]
    suspect = [e for e in events if e.is_suspect]
    lost = _usd(suspect)
    healthy = cost - lost
    loud = _loud(connection, period, None if filters == Filters() else sessions, every, limits)
    return CacheUse(
        read / sent if sent else 0.0,
        float(cost / healthy) if healthy > 0 else 1.0,
        lost,
        _usd(e for e in events if e.found.kind == IDLE),
        len(suspect),
        _warnings(loud),
        _more(loud[0], period) if loud else "",
    )


def _usd(events: Iterable[CacheEvent]) -> Decimal:
    return sum((e.found.excess_usd or _ZERO for e in events), _ZERO)


def _loud(
    connection: sqlite3.Connection,
    period: Period,
    sessions: set[str] | None,
    events: Sequence[CacheEvent],
    limits: Limits,
) -> list[Alert]:
    """What rules told in these sessions; None: in all, and about client versions. In order."""
    from ccmeter.audit.told import told

    alerts = told(connection, period.since_ms, period.until_ms)
    if sessions is None:
        alerts = [*_about_versions(connection, period, events, limits), *alerts]
    else:
        alerts = [alert for alert in alerts if alert.session in sessions]
    return sorted((a for a in alerts if a.level in _LEVELS), key=_gravity, reverse=True)


def _warnings(loud: Sequence[Alert]) -> list[Warning]:
    if not loud:
        return []
    from ccmeter.reports.cache_rules import rule_name

    found: dict[str, Warning] = {}
    for alert in loud:
        code = rule_name(alert.rule).code
        found.setdefault(code, Warning(_LEVELS[alert.level], code, _message(alert)))
    return list(found.values())


def _gravity(alert: Alert) -> tuple[int, bool, Decimal, int]:
    """By level; what is about a client version concerns all sessions; then by cost."""
    return _ORDER.index(alert.level), not alert.session, alert.usd or _ZERO, alert.time_ms


def _message(alert: Alert) -> str:
    from ccmeter.cache.wording import afterwards

    where = f"session {alert.session[:_SESSION_ID]}: " if alert.session else ""
    return f"{where}{alert.message} {afterwards(alert.advice)}"


def _more(alert: Alert, period: Period) -> str:
    """What an audit has to be asked: its own default is the last 30 days."""
    return f"--session {alert.session[:_SESSION_ID]}" if alert.session else period.options


def _about_versions(
    connection: sqlite3.Connection,
    period: Period,
    events: Sequence[CacheEvent],
    limits: Limits,
) -> list[Alert]:
    counts = Counter(e.who.version for e in events if e.is_suspect and not e.who.agent)
    if max(counts.values(), default=0) < limits.version_watch_suspects:
        return []
    from ccmeter.cache.version_alerts import version_alerts
    from ccmeter.cache.versions import version_table
    from ccmeter.reports.audit_sums import tallied
    from ccmeter.store.audit_read import session_sums

    sums = session_sums(connection, period.since_ms, period.until_ms)
    # no interval is shown here, so none is drawn
    table = version_table(tallied(sums, events), limits._replace(display_resamples=0))
    return version_alerts(table)
