"""What the audit comes to, in sentences that the terminal, the bug report and the report share."""

from collections.abc import Sequence
from decimal import Decimal

from ccmeter.cache.alerts import ALARM, LEVELS, NOTICE, WARNING, Alert
from ccmeter.cache.tally import Tally
from ccmeter.cache.versions import VersionRow
from ccmeter.render import units
from ccmeter.reports.audit import Audit
from ccmeter.reports.cache_rules import rule_name

_ZERO = Decimal()
_STYLES = {"watch": "notice", "advice": "quiet"}


def style_of(level: str) -> str:
    """Return the style of the screen for an alert's level."""
    return _STYLES.get(level, level)


def verdict(audit: Audit) -> tuple[str, str]:
    """Return the verdict on the period in one sentence, and its level."""
    level = max((a.level for a in audit.alerts), key=LEVELS.index, default="info")
    suspect, cost = audit.tally.suspect, audit.tally.cost_usd
    rebuilds = "rebuilds without an ordinary cause"
    lost = f"{units.usd(suspect.usd)} of {units.usd(cost)} went into {rebuilds}"
    if priced(suspect.usd, audit.tally) is None:
        lost = f"{units.tokens(suspect.tokens)} tokens went into {rebuilds}"
    bad = [row for row in audit.versions if row.verdict == ALARM]
    if bad:
        return ALARM, _bad_versions(bad, audit.healthy)
    sessions = {a.session for a in audit.alerts if a.level == level and a.session}
    where = f" in {units.plural(len(sessions), 'session')}" if sessions else ""
    if level == ALARM:
        return level, f"The prompt cache failed{where}: {lost}."
    if level == WARNING:
        return level, f"The prompt cache was lost{where}: {lost}."
    if suspect.events:
        return NOTICE, f"Fine, with {units.plural(suspect.events, 'exception')}: {lost}."
    requests = units.plural(audit.tally.requests, "request")
    return "info", f"Healthy: no rebuild without an ordinary cause in {requests}."


def _bad_versions(rows: Sequence[VersionRow], healthy: str | None) -> str:
    parts = [
        f"client {row.version} breaks the prompt cache, in {row.rate:.1%} of its requests"
        f" (otherwise {row.base.rate:.1%}), {units.usd(row.suspect_usd)}"
        for row in rows
    ]
    instead = f" Try {healthy}, healthy on this machine." if healthy else ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}.{instead}"


def priced(usd: Decimal, tally: Tally) -> Decimal | None:
    """Return the money to show; None where it is nothing because prices are not known."""
    return usd if usd or not tally.unpriced else None


def inflated(ratio: float, cost_usd: Decimal) -> str:
    """Return what suspect rebuilds made of the cost, as a sentence."""
    return (
        f"Your usage cost {units.usd(cost_usd)} at list price, {ratio:.2f}x of what a healthy"
        " cache would have cost."
    )


def advised(advice: Sequence[Alert]) -> list[str]:
    """Return one sentence for each kind of advice, over all sessions."""
    last = {(alert.rule, alert.session, alert.agent): alert for alert in advice}
    found = []
    for rule in dict.fromkeys(rule for rule, _, _ in last):
        group = [alert for alert in last.values() if alert.rule == rule]
        usd = sum((alert.usd or _ZERO for alert in group), _ZERO)
        where = units.plural(len({alert.session for alert in group}), "session")
        cost = f", {units.usd(usd)}" if usd else ""
        title = rule_name(rule).title.capitalize()
        found.append(f"{title} in {where}{cost}. {group[0].advice}")
    return found
