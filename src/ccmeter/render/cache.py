"""The prompt cache in a report: one paragraph, the top warning, and the keys for programs."""

from collections.abc import Sequence
from typing import Any

from ccmeter.render import units
from ccmeter.render.numbers import money
from ccmeter.reports.asked import LEVELS
from ccmeter.reports.cache_use import CacheUse
from ccmeter.reports.overview import Report
from ccmeter.reports.warnings import Warning

_DIGITS = 6  # of a share


def sentence(report: Report) -> str:
    """Return how the cache was used, as one line of text; "" when nothing is known."""
    use = report.cache
    if use is None or not report.totals.responses:
        return ""
    return (
        f"Prompt cache: {use.hit_ratio:.1%} of what was sent was read from it;{_suspect(use)}"
        f"{_idle(use)}"
    )


def _suspect(use: CacheUse) -> str:
    if not use.events:
        return " nothing was lost without an ordinary cause."
    rebuilds = units.plural(use.events, "rebuild")
    if not use.suspect_usd:
        return f" {rebuilds} had no ordinary cause."
    return (
        f" your usage cost {use.inflation:.2f}x of what a healthy cache would have cost:"
        f" {units.usd(use.suspect_usd)} went into {rebuilds} without an ordinary cause."
    )


def _idle(use: CacheUse) -> str:
    if not use.idle_usd:
        return ""
    return f" Pauses longer than the cache lives cost {units.usd(use.idle_usd)}, which is no bug."


def shown_warnings(report: Report) -> list[Warning]:
    """Return what to know of a report, the gravest first, with the gravest of the cache alone."""
    top = [_top(report.cache)] if report.cache and report.cache.alerts else []
    return _sorted([*top, *report.warnings])


def _top(use: CacheUse) -> Warning:
    first = _begun(use.alerts[0])
    return first._replace(message=f"{first.message} More: ccmeter audit {use.more}")


def alerts(use: CacheUse) -> list[Warning]:
    """Return the gravest cache alert of each kind, the gravest first."""
    return [_begun(alert) for alert in use.alerts]


def _begun(alert: Warning) -> Warning:
    return alert._replace(message=f"{alert.message[0].upper()}{alert.message[1:]}")


def all_warnings(report: Report) -> list[Warning]:
    """Return what to know of a report, the gravest first, with all kinds of cache alerts."""
    return _sorted([*(report.cache.alerts if report.cache else ()), *report.warnings])


def _sorted(warnings: Sequence[Warning]) -> list[Warning]:
    return sorted(warnings, key=lambda warning: -LEVELS.index(warning.level))


def report_keys(use: CacheUse | None) -> dict[str, Any]:
    """Return the `cache` key of a report's JSON, nothing when nothing has been judged."""
    if use is None:
        return {}
    return {
        "cache": {
            "hit_ratio": round(use.hit_ratio, _DIGITS),
            "inflation": round(use.inflation, _DIGITS),
            "suspect_usd": money(use.suspect_usd),
            "idle_usd": money(use.idle_usd),
            "events": use.events,
        }
    }
