"""What the statistics of client versions say to the user: R8, and the version to go back to."""

from collections.abc import Iterable, Sequence

from ccmeter.cache.alerts import ALARM, WATCH, Alert
from ccmeter.cache.releases import order
from ccmeter.cache.versions import OK, VersionRow


def version_alerts(table: Sequence[VersionRow]) -> list[Alert]:
    """Return R8 for each version that rebuilds more often than the others, the gravest first."""
    bad = [row for row in table if row.verdict in (ALARM, WATCH)]
    healthy = healthy_version(table)
    return [_alert(row, healthy) for row in sorted(bad, key=lambda row: row.verdict)]


def with_versions(alert: Alert, table: Sequence[VersionRow]) -> Alert:
    """Return the alert of a session with what is known here about its client version."""
    row = next((row for row in table if row.version == alert.version), None)
    if row is None or not row.exposed:
        return alert
    healthy = healthy_version(table)
    other = healthy not in (None, row.version) and row.rate > row.base.rate
    instead = f" Or try {healthy}, healthy on this machine." if other else ""
    return alert._replace(
        message=f"{alert.message} {rates_sentence(row)}", advice=alert.advice + instead
    )


def rates_sentence(row: VersionRow) -> str:
    """Return what share of a version's requests were rebuilt, beside the other versions."""
    return f"Client {row.version}: {_rates(row)} of requests like this."


def healthy_version(table: Iterable[VersionRow]) -> str | None:
    """Return the newest version that was measured here and is healthy, or None."""
    good = [row.version for row in table if row.verdict == OK]
    return max(good, key=order, default=None)


def _alert(row: VersionRow, healthy: str | None) -> Alert:
    hint = f" Known: {row.hint}." if row.hint else ""
    message = (
        f"Client {row.version} rebuilt the cache without an ordinary cause in {row.suspect} of "
        f"{row.exposed} requests, {_rates(row)}: {row.suspect_tokens:,} tokens, "
        f"about ${row.suspect_usd:.2f}.{hint}"
    )
    step = f"Try {healthy}, healthy on this machine." if healthy else "Try another client version."
    tokens, usd = row.suspect_tokens, row.suspect_usd
    return Alert("R8", row.verdict, "", "", row.last_ms, message, step, tokens, usd, row.version)


def _rates(row: VersionRow) -> str:
    base = "your other versions" if row.base.is_measured else "usually"
    return f"{row.rate:.1%} ({base} {row.base.rate:.1%})"
