"""The audit: from a period to verdicts on requests, alerts, client versions and sums."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ccmeter.audit.told import told
from ccmeter.cache.alerts import ADVICE, INFO, LEVELS, Alert
from ccmeter.cache.starts import ColdStart, cold_start_alerts
from ccmeter.cache.tally import Tally
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.cache.version_alerts import healthy_version, version_alerts, with_versions
from ccmeter.cache.versions import VersionRow, version_table
from ccmeter.pricing.names import canonical
from ccmeter.reports.asked import project_of
from ccmeter.reports.audit_events import CacheEvent, load_events
from ccmeter.reports.audit_sums import tallied, total
from ccmeter.reports.period import Period
from ccmeter.store.audit_read import Ids, SessionSums, cold_starts, projects_of, session_sums
from ccmeter.store.read import load_owners, load_terms

_ABOUT_REBUILDS = frozenset({"R1", "R1W", "R1A", "R2", "R2b", "R3", "R5"})


class Choice(NamedTuple):
    """What an audit is about; None does not choose."""

    sessions: Ids = None  # ids of their rows
    version: str | None = None


class Audit(NamedTuple):
    """What the audit of a period found."""

    period: Period
    tally: Tally
    rebuilds: Sequence[CacheEvent]  # the oldest first
    alerts: Sequence[Alert]  # the gravest first, then the newest
    advice: Sequence[Alert]
    versions: Sequence[VersionRow]  # the newest first
    healthy: str | None  # the newest version that was measured here to be healthy
    projects: Mapping[str, str]  # of the sessions that alerts are about


def make_audit(
    connection: sqlite3.Connection, period: Period, choice: Choice, limits: Limits = LIMITS
) -> Audit:
    """Return what was found of the period. Reads the database only.

    Client versions are always compared over all sessions of the period.
    """
    sums = session_sums(connection, period.since_ms, period.until_ms)
    events = load_events(connection, period.since_ms, period.until_ms)
    table = version_table(tallied(sums, events), limits)
    news = told(connection, period.since_ms, period.until_ms, choice.sessions)
    alerts = [_with_rates(alert, table) for alert in news if alert.level != ADVICE]
    if choice.sessions is None:
        alerts += [*version_alerts(table), *_larger_starts(connection, period, limits)]
    else:
        sums, events = _of_sessions(connection, period, choice.sessions)
    version = choice.version
    alerts = [alert for alert in alerts if version in (None, alert.version)]
    return Audit(
        period,
        total(
            (one for one in sums if version in (None, one.version)),
            kept := [event for event in events if version in (None, event.who.version)],
        ),
        kept,
        sorted(alerts, key=_gravest, reverse=True),
        [alert for alert in news if alert.level == ADVICE and version in (None, alert.version)],
        [row for row in table if version in (None, row.version)],
        healthy_version(table),
        projects_of(connection, {alert.session for alert in alerts}),
    )


def _of_sessions(
    connection: sqlite3.Connection, period: Period, sessions: Ids
) -> tuple[list[SessionSums], list[CacheEvent]]:
    bounds = (period.since_ms, period.until_ms, sessions)
    return session_sums(connection, *bounds), load_events(connection, *bounds)


def _with_rates(alert: Alert, table: Sequence[VersionRow]) -> Alert:
    told_of = alert.rule in _ABOUT_REBUILDS and alert.level != INFO
    return with_versions(alert, table) if told_of else alert


def _gravest(alert: Alert) -> tuple[int, int, str]:
    return LEVELS.index(alert.level), alert.time_ms, alert.rule


def _larger_starts(
    connection: sqlite3.Connection, period: Period, limits: Limits
) -> Iterable[Alert]:
    found = cold_starts(connection, period.since_ms, period.until_ms)
    owners, terms = load_owners(connection, {one.owner_id for one in found}), load_terms(connection)
    starts = [
        ColdStart(
            project_of(owners[one.owner_id]),
            canonical(terms[one.terms_id].model),
            owners[one.owner_id].version,
            owners[one.owner_id].session,
            one.time_ms,
            one.prompt_tokens,
        )
        for one in found
    ]
    return cold_start_alerts(starts, limits)
