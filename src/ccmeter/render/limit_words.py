"""How percentages, windows and times of plan limits are written for people."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from ccmeter.limits.calibrate import Ratio, Worth
from ccmeter.limits.samples import DAY_MS, FIVE_HOUR, HOUR_MS, SEVEN_DAY
from ccmeter.render import units
from ccmeter.reports.limits import LimitsReport

_MINUTE_MS = 60_000
_NAMES = {FIVE_HOUR: "5 hours", SEVEN_DAY: "7 days"}
_CENTS_BELOW = 20  # dollars


def kind_name(kind: str) -> str:
    """A kind of windows: 5 hours, 7 days, spend limit."""
    return _NAMES.get(kind, kind.replace("_", " "))


def percent(hundredths: int) -> str:
    """A percentage as it was told: 42%, 27.5%."""
    return f"{hundredths / 100:g}%"


def whole_percent(hundredths: int) -> str:
    """A percentage that is an estimate: 42%."""
    return f"{round(hundredths / 100)}%"


def amount(usd: Decimal) -> str:
    """Dollars, with cents only where they matter."""
    return units.usd(usd) if usd < _CENTS_BELOW else units.dollars(usd)


def interval(found: Worth | Ratio) -> str:
    """Between which two amounts it lies."""
    return f"{amount(found.low)} – {amount(found.high)}"


def local(moment_ms: int, zone: tzinfo) -> datetime:
    """A moment (UTC epoch milliseconds) in the zone."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zone)


def when(moment_ms: int, report: LimitsReport) -> str:
    """A time of the report's day as 14:00, of another day as Mon 17 Nov 14:00."""
    moment = local(moment_ms, report.zone)
    same = moment.date() == local(report.now_ms, report.zone).date()
    return f"{moment:%H:%M}" if same else f"{units.day(moment.date())} {moment:%H:%M}"


def duration(length_ms: int) -> str:
    """A length of time in at most two units: 40 s, 12 min, 2 h 48 min, 3 d 4 h."""
    length = max(0, length_ms)
    if length < _MINUTE_MS:
        return f"{length // 1000} s"
    if length < HOUR_MS:
        return f"{length // _MINUTE_MS} min"
    if length < DAY_MS:
        return _two(length, HOUR_MS, "h", _MINUTE_MS, "min")
    return _two(length, DAY_MS, "d", HOUR_MS, "h")


def _two(length: int, large: int, name: str, small: int, other: str) -> str:
    rest = length % large // small
    return f"{length // large} {name}" + (f" {rest} {other}" if rest else "")
