"""Plan limits week by week."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from ccmeter.limits.calibrate import Ratio, together
from ccmeter.limits.samples import Window
from ccmeter.pricing.book import Book
from ccmeter.reports.limit_worth import Measured
from ccmeter.reports.period import midnight_ms
from ccmeter.reports.plan_cost import plan_costs

_WEEK = timedelta(days=7)


class WeekOfKind(NamedTuple):
    """The windows of one kind whose highest percentage was seen in a week."""

    kind: str
    windows: int
    highest: int  # hundredths of a percent
    worth: Ratio | None  # of 100 %; None: no window rose enough to be measured


class Week(NamedTuple):
    """A calendar week in the user's zone."""

    monday: date
    list_usd: Decimal  # Claude models, without fast mode
    kinds: tuple[WeekOfKind, ...]  # those that were seen


def weeks(
    connection: sqlite3.Connection,
    book: Book,
    windows: Sequence[Window],
    measured: Sequence[Measured],
    zone: tzinfo,
    is_user: Callable[[str], bool],
) -> list[Week]:
    """Return the weeks from the first sight of a window to the last, also those without any."""
    seen: dict[date, list[Window]] = {}
    for window in windows:
        seen.setdefault(monday(window.last.first_ms, zone), []).append(window)
    rises: dict[date, list[Measured]] = {}
    for each in measured:
        rises.setdefault(monday(each.rise.until_ms, zone), []).append(each)
    mondays = list(_mondays(seen))
    spans = [(midnight_ms(day, zone) - 1, midnight_ms(day + _WEEK, zone) - 1) for day in mondays]
    costs = plan_costs(connection, book, spans, is_user)
    return [
        Week(day, cost.usd, tuple(_kinds(seen.get(day, []), rises.get(day, []))))
        for day, cost in zip(mondays, costs, strict=True)
    ]


def monday(moment_ms: int, zone: tzinfo) -> date:
    """Return the first day of the week of a moment (UTC epoch milliseconds)."""
    day = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _mondays(seen: dict[date, list[Window]]) -> Iterator[date]:
    day = min(seen, default=date.max)
    while seen and day <= max(seen):
        yield day
        day += _WEEK


def _kinds(windows: Sequence[Window], measured: Sequence[Measured]) -> Iterator[WeekOfKind]:
    for kind in sorted({window.kind for window in windows}):
        own = [window for window in windows if window.kind == kind]
        ratios = [each.ratio for each in measured if each.rise.window.kind == kind]
        highest = max(window.last.used for window in own)
        yield WeekOfKind(kind, len(own), highest, together(ratios) if ratios else None)
