"""Client versions in use that rebuild the cache far more often than others: the alarms of R8."""

import sqlite3

from ccmeter.cache.alerts import ALARM, Alert
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.cache.version_alerts import version_alerts
from ccmeter.cache.versions import version_table
from ccmeter.reports.audit_events import load_events
from ccmeter.reports.audit_sums import tallied
from ccmeter.store.audit_read import session_sums

_DAY_MS = 86_400_000
_COMPARED_MS, _IN_USE_MS = 30 * _DAY_MS, 3 * _DAY_MS


def version_alarms(
    connection: sqlite3.Connection, now_ms: int, limits: Limits = LIMITS
) -> list[Alert]:
    """Return alarms about versions used in the last days, by what was judged in the last 30.

    `now_ms` is UTC epoch milliseconds. Reads the database only.
    """
    period = (now_ms - _COMPARED_MS, now_ms + _DAY_MS)
    sums, events = session_sums(connection, *period), load_events(connection, *period)
    alerts = version_alerts(version_table(tallied(sums, events), limits))
    lately = now_ms - _IN_USE_MS
    return [alert for alert in alerts if alert.level == ALARM and alert.time_ms >= lately]
