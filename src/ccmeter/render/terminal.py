"""The report on a terminal, from 40 columns up."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from ccmeter.render import cache, coverage, units
from ccmeter.render.headline import paragraph
from ccmeter.render.lines import joined, printable, say, wrapped
from ccmeter.render.plan_table import scenario_table, standing_table
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.render.table import Column, print_lines, print_table, print_title
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals, known_cost, known_served
from ccmeter.reports.warnings import UNPRICED, Warning

_LOUD = frozenset({"warning", "alarm"})
_ROWS_SHOWN = 10  # of models and projects in the overview; --by shows all
_DAYS_SHOWN = 35  # longer periods are shown by month
_CLASSES = ("input", "output", "cache read", "cache write 5m", "cache write 1h", "web searches")


class _Numbers(NamedTuple):
    """A column of numbers, and from which width of the terminal on it is shown."""

    title: str
    cell: Callable[[Row, Totals], str]  # given the whole
    from_width: int


_COLUMNS = (
    _Numbers("responses", lambda row, whole: f"{row.totals.responses:,}", 60),
    _Numbers("input", lambda row, whole: units.tokens(row.totals.usage.input_tokens), 112),
    _Numbers("output", lambda row, whole: units.tokens(row.totals.usage.output_tokens), 112),
    _Numbers(
        "cache read", lambda row, whole: units.tokens(row.totals.usage.cache_read_tokens), 112
    ),
    _Numbers("cache write", lambda row, whole: units.tokens(_written(row.totals)), 112),
    _Numbers("tokens", lambda row, whole: units.tokens(row.totals.usage.tokens), 72),
    _Numbers("serve", lambda row, whole: units.usd(known_served(row.totals)), 96),
    _Numbers("hidden", lambda row, whole: coverage.cell(row.coverage), 104),
    _Numbers("list", lambda row, whole: units.usd(known_cost(row.totals)), 0),
    _Numbers("share", lambda row, whole: _share(row.totals, whole), 80),  # of the list cost
)


def print_report(console: Console, report: Report, overview: bool) -> None:
    """Print the report: headline, what to know first, then the tables."""
    period = report.period
    _print_head(console, report)
    if not report.totals.responses:
        console.print()
        more = "" if period.is_all else " The whole history: ccmeter report --last all"
        say(console, f"No responses in this period.{more}", "quiet")
    elif overview:
        _print_overview(console, report)
    else:
        print_title(console, f"By {report.by}")
        print_table(console, _table(console, report.by, report.rows, report.totals))
        if report.by == "user":
            _print_standings(console, report)
    _print_notes(console, [w for w in cache.shown_warnings(report) if w.level not in _LOUD])


def _print_head(console: Console, report: Report) -> None:
    period = report.period
    text = Text.assemble(("ccmeter", "title"), "  ", units.days(period.since, period.until))
    text.append(f"  ({units.plural(period.days, 'day')}, {period.zone_name})", "quiet")
    console.print(text)
    totals = report.totals
    facts = [
        units.plural(totals.responses, "response"),
        f"{units.tokens(totals.usage.tokens)} tokens",
        units.plural(report.sessions, "session"),
        units.plural(len(report.projects), "project"),
    ]
    console.print()
    amount = known_cost(totals)
    title = " at list price" if amount is not None else "No price is known"
    shown = "" if amount is None else units.usd(amount)
    headline = Text.assemble((shown, "money"), (title, "title"))
    first, *rest = joined(facts, console.width, len(headline) + 2)
    console.print(headline + Text(f"  {first}" if first else "", "quiet"), soft_wrap=True)
    for line in rest:
        console.print(Text(line, "quiet"), soft_wrap=True)
    loud = [w for w in cache.shown_warnings(report) if w.level in _LOUD]
    _print_notes(console, [warning for warning in loud if warning.code == UNPRICED])
    for opening in (paragraph(report), cache.sentence(report)):
        if opening:
            console.print()
            say(console, opening)
    _print_notes(console, [warning for warning in loud if warning.code != UNPRICED])


def _print_notes(console: Console, warnings: Sequence[Warning]) -> None:
    if warnings:
        console.print()
    for warning in warnings:
        sign = "! " if warning.level in _LOUD else "· "
        say(console, warning.message, warning.level, sign, "  ")


def _print_overview(console: Console, report: Report) -> None:
    result = report.standings[0].result if len(report.standings) == 1 else None
    if report.totals.list_cost:
        print_title(console, "Cost to serve")
        print_table(console, scenario_table(report, result))
    _print_standings(console, report)
    print_title(console, "Tokens")
    print_table(console, _token_table(report.totals))
    by = "day" if report.period.days <= _DAYS_SHOWN else "month"
    print_title(console, f"By {by}")
    print_table(console, _time_table(console, _filled(report, by), by), title=False)
    _print_some(console, "model", report.models, report.totals)
    _print_some(console, "project", report.projects, report.totals)


def _print_standings(console: Console, report: Report) -> None:
    """What several users paid, and what is left of it; for one the opening says it."""
    if report.standings and len(report.users) > 1:
        print_title(console, "Plans, and what serving leaves to the provider: low, mid, high")
        print_table(console, standing_table(report))


def _token_table(totals: Totals) -> list[Column]:
    whole, priced = totals.usage.tokens, known_cost(totals) is not None
    rows = [
        (
            title,
            f"{count:,}",
            units.share(count, whole) if title != _CLASSES[-1] else "",
            units.usd(money if priced else None),
            units.share(money, totals.list_cost),
        )
        for title, count, money in zip(_CLASSES, totals.usage, totals.costs, strict=True)
        if count or title != _CLASSES[-1]
    ]
    titles, counts, parts, amounts, shares = map(list, zip(*rows, strict=True))
    return [
        Column("", titles),
        Column("tokens", counts, keep=1, right=True),
        Column("share", parts, keep=3, right=True),
        Column("list", amounts, right=True, styles="money"),
        Column("share", shares, keep=2, right=True),
    ]


def _time_table(console: Console, rows: Sequence[Row], by: str) -> list[Column]:
    top = max((row.totals.list_cost for row in rows), default=Decimal()) or Decimal(1)
    width = max(8, min(48, console.width - 44))
    lengths = [float(row.totals.list_cost / top) for row in rows]
    bars = [bar(length, width, unicode_safe(console)).ljust(width) for length in lengths]
    every = [row.totals for row in rows]
    amounts = [units.usd(known_cost(totals)) if totals.responses else "-" for totals in every]
    counts = [f"{units.tokens(t.usage.tokens)} tokens" if t.responses else "" for t in every]
    days = [units.day(date.fromisoformat(row.key)) if by == "day" else row.key for row in rows]
    return [
        Column("", days),
        Column("", amounts, right=True, styles="money"),
        Column("", bars, keep=1, styles="bar"),
        Column("", counts, keep=2, right=True, styles="quiet"),
    ]


def _print_some(console: Console, by: str, rows: Sequence[Row], whole: Totals) -> None:
    print_title(console, f"By {by}")
    print_table(console, _table(console, by, rows[:_ROWS_SHOWN], whole))
    hidden = len(rows) - _ROWS_SHOWN
    if hidden > 0:
        print_lines(console, [Text(f"and {hidden} more: --by {by}", "quiet")])


def _table(console: Console, by: str, rows: Sequence[Row], whole: Totals) -> list[Column]:
    shown = [column for column in _COLUMNS if column.from_width <= console.width]
    if by != "session":
        shown = [column for column in shown if column.title != "hidden"]
    columns = [_numbers(column, rows, whole) for column in shown]
    room = max(12, console.width - 4 - sum(column.width + 2 for column in columns))
    return [Column(by, [_row_name(row, room) for row in rows]), *columns]


def _numbers(column: _Numbers, rows: Sequence[Row], whole: Totals) -> Column:
    cells = [column.cell(row, whole) for row in rows]
    money = column.title == "list"
    return Column(column.title, cells, 0 if money else 1, True, "money" if money else "")


def _row_name(row: Row, room: int) -> str:
    """How a row is called: a path by its end, a session by day, short id and project."""
    if row.project is None or row.first_day is None:
        return units.tail(printable(row.key), room)
    short = f"{row.first_day:%d %b} {row.key[:8]}"
    left = room - len(short) - 1
    return f"{short} {units.tail(printable(row.project), left)}" if left >= 8 else short


def _share(totals: Totals, whole: Totals) -> str:
    return "-" if known_cost(totals) is None else units.share(totals.list_cost, whole.list_cost)


def _written(totals: Totals) -> int:
    return totals.usage.cache_write_5m_tokens + totals.usage.cache_write_1h_tokens


def _filled(report: Report, by: str) -> list[Row]:
    """The rows by day, including days without use; months only where there was use."""
    if by == "month":
        return list(report.months)
    known = {row.key: row for row in report.days}
    days = (report.period.since + timedelta(days=n) for n in range(report.period.days))
    return [known.get(day.isoformat(), Row(day.isoformat(), Totals())) for day in days]


def print_nothing(console: Console, roots: Sequence[str], warnings: Sequence[Warning]) -> None:
    """Say where transcripts were looked for, and what can be done without any."""
    paragraphs = (
        "No Claude Code transcripts were found. ccmeter looked in:",
        "\n".join(f"  {root}/projects" for root in roots),
        "Claude Code writes them there as soon as it is used. If yours are elsewhere, set"
        " CLAUDE_CONFIG_DIR to the folder that holds projects/.",
        "To see a report on a made-up month of history: ccmeter report --demo",
    )
    for number, text in enumerate(paragraphs):
        shown = text if number == 1 else wrapped(text, console.width)
        console.print(Text(shown + "\n"), soft_wrap=True)
    _print_notes(console, [warning for warning in warnings if warning.level in _LOUD])
