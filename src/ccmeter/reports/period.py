"""The days a report is about, in the user's time zone. Days of 23 and 25 hours are days."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from ccmeter.errors import UsageError

_MS = 1000
_DAY = timedelta(days=1)
# the years at the ends of the calendar are no days in every time zone, and have no week before
_FIRST, _LAST = date(2, 1, 1), date(9998, 12, 31)


class Stretch(NamedTuple):
    """A part of a period in which the clocks do not change. Times are UTC epoch milliseconds."""

    since_ms: int
    until_ms: int  # exclusive
    shift_ms: int  # local time minus UTC


class Period(NamedTuple):
    """Whole local days, both ends inclusive."""

    since: date
    until: date
    zone: tzinfo
    zone_name: str
    range_: str | None = None  # as --last says it; None for days that somebody named

    @property
    def is_all(self) -> bool:
        """Whether it is the whole history, wherever that begins."""
        return self.range_ == "all"

    @property
    def options(self) -> str:
        """How a command is asked for the same days."""
        if self.range_:
            return f"--last {self.range_}"
        return f"--since {self.since} --until {self.until}"

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.until - self.since).days + 1

    @property
    def since_ms(self) -> int:
        """The first moment, in UTC epoch milliseconds."""
        return midnight_ms(self.since, self.zone)

    @property
    def until_ms(self) -> int:
        """The moment after the last one."""
        return midnight_ms(self.until + _DAY, self.zone)


def midnight_ms(day: date, zone: tzinfo) -> int:
    """Return when the day begins; where clocks skip midnight, when they have skipped it."""
    return round(datetime.combine(day, time(), zone).timestamp()) * _MS


def stretches(period: Period) -> list[Stretch]:
    """Cut the period where the clocks change, so that days are plain division within each."""
    found: list[Stretch] = []
    start, end = period.since_ms, period.until_ms
    while start < end:
        shift = _shift_ms(start, period.zone)
        stop = _next_change(start, end, shift, period.zone)
        found.append(Stretch(start, stop, shift))
        start = stop
    return found


def _shift_ms(moment_ms: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(moment_ms / _MS, UTC).astimezone(zone).utcoffset()
    return round((offset or timedelta()).total_seconds()) * _MS


def _next_change(start: int, end: int, shift: int, zone: tzinfo) -> int:
    """The first moment after start with another offset, or the end. Changes are weeks apart."""
    step = 86_400_000 * 7
    low, last = start, end - 1
    while low < last:
        high = min(low + step, last)
        if _shift_ms(high, zone) != shift:
            return _bisect(low, high, shift, zone)
        low = high
    return end


def _bisect(low: int, high: int, shift: int, zone: tzinfo) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if _shift_ms(middle, zone) == shift:
            low = middle
        else:
            high = middle
    return high


def parse_day(text: str) -> date:
    """Return the day written as YYYY-MM-DD. UsageError when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day. Write it as 2026-01-31.") from None


def parse_end(text: str) -> date:
    """Return the first or last day of a period. UsageError when it is none, or none everywhere."""
    day = parse_day(text)
    if not _FIRST <= day <= _LAST:
        raise UsageError(f"{text} is too far away: use {_FIRST} to {_LAST}, or --last all.")
    return day


def last(text: str, today: date, found: tuple[date, date] | None) -> tuple[date, date]:
    """Return the days of `--last`: week, month, all, or a number of days such as 14d.

    They end today; but `all` holds the days of the first and the last response as well, if there
    are any, though a clock that was wrong has put them into the future.
    """
    if text == "all":
        first, newest = found or (today, today)
        return min(first, today), max(newest, today)
    count = {"week": "7", "month": "30", "day": "1"}.get(text, text.removesuffix("d"))
    if not count.isdecimal() or not 0 < int(count) <= 36_500:
        raise UsageError(f"--last {text}: use week, month, all, or days such as 14d.")
    return today - timedelta(days=int(count) - 1), today
