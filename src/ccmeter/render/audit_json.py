"""The audit for programs: one JSON document (INTERFACE: `ccmeter audit --json`)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ccmeter.cache.alerts import Alert
from ccmeter.cache.judge import Judged
from ccmeter.cache.tally import figures
from ccmeter.cache.versions import VersionRow
from ccmeter.render.numbers import SCHEMA, dump, money
from ccmeter.reports.audit import Audit
from ccmeter.reports.audit_events import CacheEvent
from ccmeter.transcripts.clock import iso

_DIGITS = 6  # of a share


def audit_json(audit: Audit, requests: Iterable[Judged] | None = None) -> str:
    """Return the audit; with `requests` all of these instead of the rebuilds alone."""
    period = audit.period
    shown = map(_event, audit.rebuilds) if requests is None else map(_judged, requests)
    return dump(
        {
            "schema": SCHEMA,
            "period": {
                "since": period.since.isoformat(),
                "until": period.until.isoformat(),
                "timezone": period.zone_name,
            },
            "totals": _totals(audit),
            "requests": list(shown),
            "alerts": [_alert(alert) for alert in audit.alerts],
            "advice": [_alert(alert) for alert in audit.advice],
            "versions": [_version(row) for row in audit.versions],
            "healthy_version": audit.healthy,
        }
    )


def _totals(audit: Audit) -> dict[str, Any]:
    found, tally = figures(audit.tally), audit.tally
    return {
        "requests": found.requests,
        "hit_ratio": _share(found.hit_ratio or 0.0),
        "list_cost_usd": money(found.cost_usd),
        "suspect_usd": money(found.suspect_usd),
        "idle_usd": money(found.idle_usd),
        "expected_usd": money(found.expected_usd),
        "partial_usd": money(found.partial_usd),
        "inflation": _share(found.inflation_bug or 1.0),
        "suspect_events": tally.suspect.events,
        "suspect_tokens": tally.suspect.tokens,
        "unpriced_requests": tally.unpriced,
    }


def _event(event: CacheEvent) -> dict[str, Any]:
    who, found = event.who, event.found
    return {
        "session": who.session,
        "agent": who.agent or None,
        "message_id": found.message_id,
        "time": iso(found.start_ms),
        "version": who.version,
        "model": event.model,
        "verdict": found.verdict,
        "cause": found.cause,
        "evidence": found.evidence,
        "expected_read": found.expected_read,
        "read": found.read_tokens,
        "lost_tokens": found.lost_tokens,
        "excess_usd": _money(found.excess_usd),
        "gap_s": found.gap_ms / 1000,
    }


def _judged(judged: Judged) -> dict[str, Any]:
    step, cause = judged.step, judged.cause
    return {
        "session": step.session,
        "agent": step.agent or None,
        "message_id": step.message_id,
        "time": iso(step.start_ms),
        "version": step.version,
        "model": step.model,
        "verdict": judged.verdict,
        "cause": cause.name if cause else None,
        "evidence": cause.evidence if cause else None,
        "expected_read": judged.expected_read,
        "read": step.cache_read_tokens,
        "lost_tokens": judged.lost_tokens,
        "excess_usd": _money(judged.excess_usd),
        "gap_s": judged.gap_s,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "level": alert.level,
        "session": alert.session or None,
        "agent": alert.agent or None,
        "time": iso(alert.time_ms),
        "version": alert.version or None,
        "tokens": alert.tokens,
        "usd": _money(alert.usd),
        "message": alert.message,
        "advice": alert.advice,
    }


def _version(row: VersionRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "provider": row.provider,
        "requests": row.exposed,  # those that could be rebuilt: warm, and nothing excuses them
        "all_requests": row.requests,
        "sessions": row.sessions,
        "suspect": row.suspect,
        "rate": _share(row.rate),
        "interval": _interval(row.interval),
        "base_rate": _share(row.base.rate),
        "base_measured": row.base.is_measured,
        "verdict": row.verdict,
        "hit_ratio": _share(row.hit_ratio),
        "hit_interval": _interval(row.hit_interval),
        "hit_difference": _share(row.hit_difference),
        "hit_difference_interval": _interval(row.hit_difference_interval),
        "inflation": _share(row.inflation),
        "list_cost_usd": money(row.cost_usd),
        "suspect_usd": money(row.suspect_usd),
        "suspect_tokens": row.suspect_tokens,
        "known": row.hint or None,
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _interval(value: tuple[float, float] | None) -> list[float] | None:
    return None if value is None else [round(end, _DIGITS) for end in value]


def _money(amount: Decimal | None) -> float | None:
    return None if amount is None else money(amount)
