"""The tables of a report, as columns of text, for a screen and for a page."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from ccmeter.render import coverage, units
from ccmeter.render.column import Column
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals, known_cost, known_served

SERVED = "Cost to serve"
TOKENS = "Tokens"
PLANS = "Plans, and what serving leaves to the provider: low, mid, high"
CLASSES = ("input", "output", "cache read", "cache write 5m", "cache write 1h", "web searches")
_DAYS_SHOWN = 35  # longer periods are shown by month


class Numbers(NamedTuple):
    """A column of numbers, and from which width of the terminal on it is shown."""

    title: str
    cell: Callable[[Row, Totals], str]  # given the whole
    from_width: int


_NUMBERS = (
    Numbers("responses", lambda row, whole: f"{row.totals.responses:,}", 60),
    Numbers("input", lambda row, whole: units.tokens(row.totals.usage.input_tokens), 112),
    Numbers("output", lambda row, whole: units.tokens(row.totals.usage.output_tokens), 112),
    Numbers("cache read", lambda row, whole: units.tokens(row.totals.usage.cache_read_tokens), 112),
    Numbers("cache write", lambda row, whole: units.tokens(_written(row.totals)), 112),
    Numbers("tokens", lambda row, whole: units.tokens(row.totals.usage.tokens), 72),
    Numbers("serve", lambda row, whole: units.usd(known_served(row.totals)), 96),
    Numbers("hidden", lambda row, whole: coverage.cell(row.coverage), 104),
    Numbers("list", lambda row, whole: units.usd(known_cost(row.totals)), 0),
    Numbers("share", lambda row, whole: _share(row.totals, whole), 80),  # of the list cost
)


def numbers(by: str) -> list[Numbers]:
    """Return the columns of numbers that a table by this has where there is room for all."""
    return [column for column in _NUMBERS if by == "session" or column.title != "hidden"]


def column(kind: Numbers, rows: Sequence[Row], whole: Totals) -> Column:
    """Return the column of these rows."""
    cells = [kind.cell(row, whole) for row in rows]
    money = kind.title == "list"
    return Column(kind.title, cells, 0 if money else 1, True, "money" if money else "")


def row_name(row: Row, room: int) -> str:
    """How a row is called: a path by its end, a session by day, short id and project."""
    if row.project is None or row.first_day is None:
        return units.tail(units.printable(row.key), room)
    short = f"{row.first_day:%d %b} {row.key[:8]}"
    left = room - len(short) - 1
    return f"{short} {units.tail(units.printable(row.project), left)}" if left >= 8 else short


def standings_shown(report: Report) -> bool:
    """Whether plans stand side by side: for one user the opening says it all."""
    return bool(report.standings) and len(report.users) > 1


def token_table(totals: Totals) -> list[Column]:
    """A row per class of tokens: how many, and what they cost at list price."""
    whole, priced = totals.usage.tokens, known_cost(totals) is not None
    rows = [
        (
            title,
            f"{count:,}",
            units.share(count, whole) if title != CLASSES[-1] else "",
            units.usd(money if priced else None),
            units.share(money, totals.list_cost),
        )
        for title, count, money in zip(CLASSES, totals.usage, totals.costs, strict=True)
        if count or title != CLASSES[-1]
    ]
    titles, counts, parts, amounts, shares = map(list, zip(*rows, strict=True))
    return [
        Column("", titles),
        Column("tokens", counts, keep=1, right=True),
        Column("share", parts, keep=3, right=True),
        Column("list", amounts, right=True, styles="money"),
        Column("share", shares, keep=2, right=True),
    ]


def time_unit(report: Report) -> str:
    """What the rows of an overview's time stand for: day, or month."""
    return "day" if report.period.days <= _DAYS_SHOWN else "month"


def time_rows(report: Report) -> list[Row]:
    """The rows by day, including days without use; months only where there was use."""
    return list(report.months) if time_unit(report) == "month" else all_days(report)


def all_days(report: Report) -> list[Row]:
    """The rows by day, including days without use."""
    known = {row.key: row for row in report.days}
    days = (report.period.since + timedelta(days=n) for n in range(report.period.days))
    return [known.get(day.isoformat(), Row(day.isoformat(), Totals())) for day in days]


def _share(totals: Totals, whole: Totals) -> str:
    return "-" if known_cost(totals) is None else units.share(totals.list_cost, whole.list_cost)


def _written(totals: Totals) -> int:
    return totals.usage.cache_write_5m_tokens + totals.usage.cache_write_1h_tokens
