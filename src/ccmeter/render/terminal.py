"""The report on a terminal, from 40 columns up."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ccmeter.render import report_tables as tables
from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.render.lines import joined, say, wrapped
from ccmeter.render.opening import LOUD, Opening, no_responses, nothing, opening
from ccmeter.render.plan_table import scenario_table, standing_table
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.render.table import breadth, print_lines, print_table, print_title
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals, known_cost
from ccmeter.reports.warnings import Warning

_ROWS_SHOWN = 10  # of models and projects in the overview; --by shows all


def print_report(console: Console, report: Report, overview: bool) -> None:
    """Print the report: headline, what to know first, then the tables."""
    head = opening(report)
    _print_opening(console, head)
    if not report.totals.responses:
        console.print()
        say(console, no_responses(report), "quiet")
    elif overview:
        _print_overview(console, report)
    else:
        print_title(console, f"By {report.by}")
        print_table(console, _table(console, report.by, report.rows, report.totals))
        if report.by == "user":
            _print_standings(console, report)
    _print_notes(console, head.quiet)


def _print_opening(console: Console, head: Opening) -> None:
    text = Text.assemble(("ccmeter", "title"), "  ", head.days)
    console.print(text.append(f"  {head.about_days}", "quiet"))
    console.print()
    title = f" {head.title}" if head.amount else head.title
    headline = Text.assemble((head.amount, "money"), (title, "title"))
    first, *rest = joined(head.facts, console.width, len(headline) + 2)
    console.print(headline + Text(f"  {first}" if first else "", "quiet"), soft_wrap=True)
    for line in rest:
        console.print(Text(line, "quiet"), soft_wrap=True)
    _print_notes(console, head.before)
    for paragraph in head.paragraphs:
        console.print()
        say(console, paragraph)
    _print_notes(console, head.loud)


def _print_notes(console: Console, warnings: Sequence[Warning]) -> None:
    if warnings:
        console.print()
    for warning in warnings:
        sign = "! " if warning.level in LOUD else "· "
        say(console, warning.message, warning.level, sign, "  ")


def _print_overview(console: Console, report: Report) -> None:
    if report.totals.list_cost:
        print_title(console, tables.SERVED)
        print_table(console, scenario_table(report))
    _print_standings(console, report)
    print_title(console, tables.TOKENS)
    print_table(console, tables.token_table(report.totals))
    by = tables.time_unit(report)
    print_title(console, f"By {by}")
    print_table(console, _time_table(console, tables.time_rows(report), by), title=False)
    _print_some(console, "model", report.models, report.totals)
    _print_some(console, "project", report.projects, report.totals)


def _print_standings(console: Console, report: Report) -> None:
    """What several users paid, and what is left of it; for one the opening says it."""
    if tables.standings_shown(report):
        print_title(console, tables.PLANS)
        print_table(console, standing_table(report))


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
    shown = [kind for kind in tables.numbers(by) if kind.from_width <= console.width]
    columns = [tables.column(kind, rows, whole) for kind in shown]
    room = max(12, console.width - 4 - sum(breadth(column) + 2 for column in columns))
    return [Column(by, [tables.row_name(row, room) for row in rows]), *columns]


def print_nothing(console: Console, roots: Sequence[str], warnings: Sequence[Warning]) -> None:
    """Say where transcripts were looked for, and what can be done without any."""
    found = nothing(roots)
    folders = "\n".join(f"  {folder}" for folder in found.folders)
    advice = [wrapped(text, console.width) for text in found.advice]
    for text in (wrapped(found.looked, console.width), folders, *advice):
        console.print(Text(text + "\n"), soft_wrap=True)
    _print_notes(console, [warning for warning in warnings if warning.level in LOUD])
