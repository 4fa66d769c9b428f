"""The audit as a bug report that can be pasted into an issue tracker: no paths, no whole ids."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ccmeter.cache.tally import Losses, Tally, figures
from ccmeter.cache.versions import VersionRow
from ccmeter.cache.wording import gap
from ccmeter.render import units
from ccmeter.render.audit_words import priced, verdict
from ccmeter.reports.audit import Audit
from ccmeter.reports.audit_events import CacheEvent
from ccmeter.reports.cache_rules import newest, rule_name

_VERSION = re.compile(r"[\d.]*(-(alpha|beta|rc|dev)[\d.]*)?")
_ROWS = 30  # of rebuilds, the dearest
_ID = 8  # characters of an id: enough to tell sessions of one report apart


def audit_markdown(audit: Audit, release: str) -> str:
    """Return the report; it holds models and versions of Claude only, and nothing private."""
    audit = _shareable(audit)
    events = [e for e in audit.rebuilds if e.is_unexplained and e.is_claude]
    parts = [
        "## Prompt cache rebuilt without an ordinary cause" if events else "## Prompt cache",
        verdict(audit)[1],
        _facts(audit),
        *_versions(audit.versions),
        *_rebuilds(events),
        *_alerts(audit),
        f"Measured by ccmeter {release} from the usage that the client wrote into its transcripts."
        " Expected to be read: what the request before it had read and written. Lost: expected,"
        " but not read. Evidence: `api` is the answer's own `cache_miss_reason`, `hashes` are the"
        " client's fingerprints of its requests, `inferred` is neither.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _shareable(audit: Audit) -> Audit:
    """Leave out clients whose version says more than a version does."""
    return audit._replace(
        rebuilds=[e for e in audit.rebuilds if _VERSION.fullmatch(e.who.version)],
        alerts=[a for a in audit.alerts if _VERSION.fullmatch(a.version)],
        versions=[row for row in audit.versions if _VERSION.fullmatch(row.version)],
    )


def _facts(audit: Audit) -> str:
    found, tally, period = figures(audit.tally), audit.tally, audit.period
    rows = [
        ("period", f"{period.since} to {period.until}"),
        ("requests", f"{found.requests:,}"),
        ("read from the cache", _share(found.hit_ratio)),
        ("list cost", units.usd(priced(found.cost_usd, tally))),
        ("lost without an ordinary cause", _lost(tally.suspect, tally)),
        ("lost after long pauses (no bug)", _lost(tally.idle, tally)),
        *([("requests without a price", f"{tally.unpriced:,}")] if tally.unpriced else []),
        ("inflation", "-" if found.inflation_bug is None else f"{found.inflation_bug:.2f}x"),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _lost(losses: Losses, tally: Tally) -> str:
    return f"{units.plural(losses.events, 'rebuild')}, {units.usd(priced(losses.usd, tally))}"


def _versions(rows: Sequence[VersionRow]) -> Iterable[str]:
    if not rows:
        return
    yield "### Client versions\n\nRequests are those of main threads that found a warm cache."
    lines = [
        "| client | provider | requests | rebuilt | rate | 95% | others | hit ratio | verdict |",
        "|---|---|---:|---:|---:|---|---:|---:|---|",
    ]
    for row in rows:
        low, high = row.interval
        lines.append(
            f"| {row.version} | {row.provider} | {row.exposed:,} | {row.suspect} | {row.rate:.1%}"
            f" | {low:.1%} – {high:.1%} | {row.base.rate:.1%} | {_share(row.hit_ratio)}"
            f" | {row.verdict} |"
        )
    yield "\n".join(lines)
    hints = [f"- {row.version}: {row.hint}" for row in rows if row.hint]
    if hints:
        yield "\n".join(["Published about these versions:", "", *hints])


def _rebuilds(events: Sequence[CacheEvent]) -> Iterable[str]:
    if not events:
        return
    dearest = sorted(events, key=lambda event: event.found.lost_tokens, reverse=True)[:_ROWS]
    lines = [
        "| time (UTC) | client | session | thread | model | after | expected | read | lost | cost"
        " | cause | evidence |",
        "|---|---|---|---|---|---:|---:|---:|---:|---:|---|---|",
    ]
    lines += [_rebuild(event) for event in events if event in dearest]
    left = len(events) - len(dearest)
    yield "### Rebuilds" + (f"\n\nThe largest; {left:,} more are left out." if left else "")
    yield "\n".join(lines)


def _rebuild(event: CacheEvent) -> str:
    who, found = event.who, event.found
    moment = datetime.fromtimestamp(found.start_ms / 1000, UTC)
    cells = [
        f"{moment:%Y-%m-%d %H:%M:%S}",
        who.version,
        who.session[:_ID],
        "agent" if who.agent else "main",
        event.model if found.excess_usd is not None else "claude",  # not the name of a stranger
        gap(found.gap_ms),
        f"{found.expected_read:,}",
        f"{found.read_tokens:,}",
        f"{found.lost_tokens:,}",
        units.usd(found.excess_usd),
        found.cause,
        found.evidence,
    ]
    return f"| {' | '.join(cells)} |"


def _alerts(audit: Audit) -> Iterable[str]:
    told = newest(alert for alert in audit.alerts if alert.level in ("watch", "warning", "alarm"))
    if not told:
        return
    lines = []
    for alert in told[:_ROWS]:
        where = f", session {alert.session[:_ID]}" if alert.session else ""
        name = f"{alert.rule} ({rule_name(alert.rule).title})"
        lines.append(f"- **{alert.level}** {name}{where}: {alert.message}")
    yield "### Alerts"
    yield "\n".join(lines)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
