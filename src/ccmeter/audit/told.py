"""Which of the alerts that rules raised are told: once per session and rule, until they double."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby

from ccmeter.cache.alerts import Alert, settle
from ccmeter.store.audit_read import Ids, RaisedIn, raised

ALWAYS = 1 << 62


def told(
    connection: sqlite3.Connection, since_ms: int, until_ms: int = ALWAYS, sessions: Ids = None
) -> list[Alert]:
    """Return the alerts told in a period (milliseconds, the end excluded), in order of time."""
    found = raised(connection, since_ms, until_ms, sessions)
    news = [alert for _, group in groupby(found, _session) for alert in _settled(group)]
    news = [alert for alert in news if alert.time_ms >= since_ms]
    return sorted(news, key=lambda alert: (alert.time_ms, alert.session, alert.rule))


def _session(found: RaisedIn) -> str:
    return found.session


def _settled(found: Iterator[RaisedIn]) -> list[Alert]:
    return settle(map(Alert._make, found))[1]
