"""The report on a terminal, from 60 columns up."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from textwrap import fill
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ccmeter.render import cache, coverage, units
from ccmeter.render.headline import paragraph
from ccmeter.render.plan_table import scenario_table, standing_lines
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals
from ccmeter.reports.warnings import UNPRICED, Warning

_LOUD = frozenset({"warning", "alarm"})
_ROWS_SHOWN = 10  # of models and projects in the overview; --by shows all
_DAYS_SHOWN = 35  # longer periods are shown by month
_CLASSES = ("input", "output", "cache read", "cache write 5m", "cache write 1h", "web searches")


class Column(NamedTuple):
    """A column of numbers, and from which width of the terminal on it is shown."""

    title: str
    cell: Callable[[Row, Totals], str]  # given the whole
    from_width: int


_COLUMNS = (
    Column("responses", lambda row, whole: f"{row.totals.responses:,}", 60),
    Column("input", lambda row, whole: units.tokens(row.totals.usage.input_tokens), 112),
    Column("output", lambda row, whole: units.tokens(row.totals.usage.output_tokens), 112),
    Column("cache read", lambda row, whole: units.tokens(row.totals.usage.cache_read_tokens), 112),
    Column("cache write", lambda row, whole: units.tokens(_written(row.totals)), 112),
    Column("tokens", lambda row, whole: units.tokens(row.totals.usage.tokens), 72),
    Column("share", lambda row, whole: units.share(row.totals.list_cost, whole.list_cost), 80),
    Column("serve", lambda row, whole: units.usd(row.totals.chosen), 96),
    Column("hidden", lambda row, whole: coverage.cell(row.coverage), 104),
    Column("list", lambda row, whole: units.usd(cost(row.totals)), 0),
)


def print_report(console: Console, report: Report, overview: bool) -> None:
    """Print the report: headline, what to know first, then the tables."""
    _print_head(console, report)
    if not report.totals.responses:
        console.print()
        console.print("No responses in this period.", style="quiet")
    elif overview:
        _print_overview(console, report)
    else:
        _section(console, f"By {report.by}", _table(console, report.by, report.rows, report.totals))
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
    amount = cost(totals)
    title = " at list price" if amount is not None else "No price is known"
    shown = "" if amount is None else units.usd(amount)
    headline = Text.assemble((shown, "money"), (title, "title"))
    console.print(headline + Text("  " + " · ".join(facts), "quiet"))
    loud = [w for w in cache.shown_warnings(report) if w.level in _LOUD]
    _print_notes(console, [warning for warning in loud if warning.code == UNPRICED])
    for opening in (paragraph(report), cache.sentence(report)):
        if opening:
            console.print()
            console.print(Text(fill(opening, console.width)), soft_wrap=True)
    _print_notes(console, [warning for warning in loud if warning.code != UNPRICED])


def _print_notes(console: Console, warnings: Sequence[Warning]) -> None:
    if warnings:
        console.print()
    for warning in warnings:
        sign = "! " if warning.level in _LOUD else "· "
        text = fill(warning.message, console.width, initial_indent=sign, subsequent_indent="  ")
        console.print(Text(text, warning.level), soft_wrap=True)


def _print_overview(console: Console, report: Report) -> None:
    result = report.standings[0].result if len(report.standings) == 1 else None
    if report.totals.list_cost:
        _section(console, "Cost to serve", scenario_table(report, result))
    _print_standings(console, report)
    _section(console, "Tokens", _token_table(report.totals))
    by = "day" if report.period.days <= _DAYS_SHOWN else "month"
    _section(console, f"By {by}", _time_table(console, _filled(report, by), by))
    _section(console, "By model", _some(console, "model", report.models, report.totals))
    _section(console, "By project", _some(console, "project", report.projects, report.totals))


def _print_standings(console: Console, report: Report) -> None:
    """What several users paid, and what is left of it; for one the opening says it."""
    if report.standings and len(report.users) > 1:
        title = "Plans, and what serving leaves to the provider: low, mid, high"
        _section(console, title, Group(*standing_lines(report, console.width - 2)))


def _section(console: Console, title: str, body: RenderableType) -> None:
    console.print()
    console.print(title, style="title")
    console.print(Padding(body, (0, 0, 0, 2), expand=False))


def _token_table(totals: Totals) -> Table:
    table = _grid()
    table.add_column("", no_wrap=True)
    table.add_column("tokens", justify="right")
    table.add_column("share", justify="right")
    table.add_column("list", justify="right", style="money")
    table.add_column("share", justify="right")
    whole, priced = totals.usage.tokens, cost(totals) is not None
    for title, count, money in zip(_CLASSES, totals.usage, totals.costs, strict=True):
        if count or title != _CLASSES[-1]:
            part = units.share(count, whole) if title != _CLASSES[-1] else ""
            worth = units.share(money, totals.list_cost)
            table.add_row(title, f"{count:,}", part, units.usd(money if priced else None), worth)
    return table


def _time_table(console: Console, rows: Sequence[Row], by: str) -> Table:
    table = _grid(header=False)
    top = max((row.totals.list_cost for row in rows), default=Decimal()) or Decimal(1)
    width = max(8, min(48, console.width - 44))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", style="money")
    table.add_column(no_wrap=True, style="bar", width=width)
    table.add_column(justify="right", style="quiet")
    for row in rows:
        totals = row.totals
        length = float(totals.list_cost / top)
        table.add_row(
            units.day(date.fromisoformat(row.key)) if by == "day" else row.key,
            units.usd(cost(totals)) if totals.responses else "-",
            bar(length, width, unicode_safe(console)),
            f"{units.tokens(totals.usage.tokens)} tokens" if totals.responses else "",
        )
    return table


def _some(console: Console, by: str, rows: Sequence[Row], whole: Totals) -> Table:
    table = _table(console, by, rows[:_ROWS_SHOWN], whole)
    hidden = len(rows) - _ROWS_SHOWN
    if hidden > 0:
        table.add_row(f"and {hidden} more: --by {by}", style="quiet")
    return table


def _table(console: Console, by: str, rows: Sequence[Row], whole: Totals) -> Table:
    columns = [column for column in _COLUMNS if column.from_width <= console.width]
    if by != "session":
        columns = [column for column in columns if column.title != "hidden"]
    cells = {row.key: [column.cell(row, whole) for column in columns] for row in rows}
    titles = [[column.title for column in columns]]
    widths = [max(map(len, texts)) for texts in zip(*titles, *cells.values(), strict=True)]
    room = max(12, console.width - 4 - sum(width + 2 for width in widths))
    table = _grid()
    names = _row_names(rows, room)
    table.add_column(by, no_wrap=True)
    for column in columns:
        money = column.title == "list"
        table.add_column(column.title, justify="right", style="money" if money else "")
    for key, texts in cells.items():
        table.add_row(names[key], *texts)
    return table


def _row_names(rows: Iterable[Row], room: int) -> dict[str, str]:
    """How rows are called: paths by their end, sessions by day, short id and project."""
    return {row.key: _row_name(row, room) for row in rows}


def _row_name(row: Row, room: int) -> str:
    if row.project is None or row.first_day is None:
        return units.tail(row.key, room)
    short = f"{row.first_day:%d %b} {row.key[:8]}"
    left = room - len(short) - 1
    return f"{short} {units.tail(row.project, left)}" if left >= 8 else short


def _grid(header: bool = True) -> Table:
    return Table(
        box=None, show_header=header, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False
    )


def cost(totals: Totals) -> Decimal | None:
    """List cost to show: None when not one response of the row has a price."""
    unpriced = totals.unpriced_responses and totals.unpriced_responses == totals.responses
    return None if unpriced else totals.list_cost


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
        shown = text if number == 1 else fill(text, console.width)
        console.print(Text(shown + "\n"), soft_wrap=True)
    _print_notes(console, [warning for warning in warnings if warning.level in _LOUD])
