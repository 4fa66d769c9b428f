"""Plan limits as one JSON document."""

from decimal import Decimal
from typing import Any

from ccmeter.limits.calibrate import NEEDED, Ratio, Worth
from ccmeter.limits.pace import Pace
from ccmeter.render.numbers import SCHEMA, dump, money
from ccmeter.reports.limit_weeks import Week, WeekOfKind
from ccmeter.reports.limit_worth import Fit
from ccmeter.reports.limits import Current, LimitsReport
from ccmeter.transcripts.clock import iso


def limits_json(report: LimitsReport) -> str:
    """The report as a document; what is not known has no key. Percentages are 0 to 100."""
    users = [
        {
            "user": each.user,
            "current": [_current(current) for current in each.current],
            "worth": [_fit(fit) for fit in each.fits],
            "weeks": [_week(week) for week in each.weeks],
        }
        for each in report.users
    ]
    head = {"schema": SCHEMA, "time": iso(report.now_ms), "timezone": report.zone_name}
    return dump({**head, "users": users})


def _current(each: Current) -> dict[str, Any]:
    window, last = each.window, each.window.last
    found = {
        "window": window.kind,
        "used_percent": last.used / 100,
        "first_seen_at": iso(last.first_ms),
        "last_seen_at": iso(last.last_ms),
        "resets_at": iso(window.resets_ms),
        "open": each.is_open,
    }
    return found | ({"pace": _pace(each.pace)} if each.pace else {})


def _pace(pace: Pace) -> dict[str, Any]:
    found = {
        "basis": pace.basis,
        "used_percent": pace.used / 100,
        "percent_per_hour": pace.per_hour / 100,
        "percent_at_reset": pace.at_reset / 100,
    }
    return found | ({"runs_out_at": iso(pace.runs_out_ms)} if pace.runs_out_ms else {})


def _fit(fit: Fit) -> dict[str, Any]:
    found: dict[str, Any] = {"window": fit.kind}
    if fit.since_ms is not None:
        found["since"] = iso(fit.since_ms)
    if fit.until_ms is not None:
        found["until"] = iso(fit.until_ms)
    found |= {"windows": fit.windows, "windows_needed": NEEDED, "points": fit.points / 100}
    if fit.worth:
        found |= {"list_usd": _interval(fit.worth), "spread": _share(fit.worth.spread)}
    if fit.spread_without_reads is not None:
        found["spread_without_cache_reads"] = _share(fit.spread_without_reads)
    return found


def _week(week: Week) -> dict[str, Any]:
    windows = {each.kind: _week_of_kind(each) for each in week.kinds}
    return {"week": week.monday.isoformat(), "list_usd": money(week.list_usd), "windows": windows}


def _week_of_kind(each: WeekOfKind) -> dict[str, Any]:
    found: dict[str, Any] = {"count": each.windows, "highest_percent": each.highest / 100}
    return found | ({"worth_list_usd": _interval(each.worth)} if each.worth else {})


def _interval(found: Worth | Ratio) -> dict[str, float]:
    return {name: money(getattr(found, name)) for name in ("low", "mid", "high")}


def _share(value: Decimal) -> float:
    return round(float(value), 4)
