"""ccmeter report: what was used, and what it is worth."""

import sqlite3
import sys
from contextlib import ExitStack
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ccmeter.cli.options import (
    chosen_format,
    chosen_period,
    chosen_zone,
    filter_options,
    period_options,
)
from ccmeter.cli.report_page import check, html_option, write
from ccmeter.cli.report_text import load, text_of
from ccmeter.reports.asked import BY, LEVELS, Filters

if TYPE_CHECKING:
    from ccmeter.cli.place import Place
    from ccmeter.cli.source import Missing
    from ccmeter.reports.overview import Report

FORMATS = ("json", "csv", "markdown", "html")
FAIL_CODE = 3
_FEW_DAYS = 31  # of which a report is found sooner than thousands of transcripts are looked at

EXAMPLES = """\b
Examples:
  ccmeter report                                  the last 7 days
  ccmeter report --last month --by project        30 days, a row per project
  ccmeter report --since 2026-11-01 --by model    since a day, a row per model
  ccmeter report --last all --json                everything, for programs
  ccmeter report --last month --html month.html   a page to keep, to print or to hand on
  ccmeter report --demo                           a made-up month, to see what it looks like
"""


class Shown(NamedTuple):
    """A report, and what is made of it."""

    report: "Report"
    text: str
    is_grave: bool
    missing: "Missing"


class Days(NamedTuple):
    """What was said of the period, in the order of `chosen_period`."""

    since: str | None
    until: str | None
    range_: str | None
    zone: tuple[tzinfo, str]


@click.command(
    "report",
    epilog=EXAMPLES,
    short_help="Show what you used and what it is worth, by default in 7 days.",
)
@period_options
@click.option("--by", type=click.Choice(BY), help="A table with a row per day, model, project, ...")
@filter_options
@click.option("--tier", metavar="PLAN", help="Compare with this plan instead of the configured.")
@click.option(
    "--scenario",
    metavar="NAME",
    default="mid",
    help="Cost to serve in tables: low, mid (default), high, or your own of config.toml.",
)
@click.option("--estimate-missing", is_flag=True, help="Add an estimate of output never written.")
@click.option("--with-hidden", is_flag=True, help="Add the calls that only telemetry tells of.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated rows.")
@click.option("--markdown", "as_markdown", is_flag=True, help="A Markdown table.")
@html_option
@click.option("--no-sync", is_flag=True, help="Report what is stored; read no transcripts.")
@click.option("--demo", is_flag=True, help="Report on a made-up month in a temporary database.")
@click.option("--leave-rest", is_flag=True, hidden=True)  # of older transcripts, to the watcher
@click.option("--fail-on", type=click.Choice(LEVELS[2:]), help="Exit with 3 on such a warning.")
def command(**options: Any) -> int:
    """Show tokens and list cost: by default the last 7 days by day, model and project.

    New transcript lines are read first. Every API response is counted once, however many lines,
    copies and forks tell of it. Where much is to be read of the time before these days, they are
    shown first, and the rest is read then.
    """
    options["format_"] = chosen_format(options, FORMATS)
    if options["as_html"]:
        check(options["as_html"])
    with ExitStack() as stack:
        return run(stack, options)


def run(stack: ExitStack, options: dict[str, Any]) -> int:
    """Sync, report, print; return the exit code."""
    from ccmeter.cli.ask_plan import ask_plan
    from ccmeter.cli.place import demo, real

    place = demo(stack) if options["demo"] else real()
    if _asks_plan(options) and ask_plan(place):
        place = real()
    days = _days(options, place)
    shown = _find(stack, place, options, days)
    if options["as_html"]:
        write(shown.text, options["as_html"])
    elif options["format_"]:
        from ccmeter.cli.source import tell_beside

        tell_beside(shown.report.warnings, options["format_"])
        click.echo(shown.text, nl=False)
    else:  # as the console would: echo takes colours away, and knows better than the terminal
        sys.stdout.write(shown.text)
        sys.stdout.flush()
    if shown.missing.postponed:
        from ccmeter.cli.postponed import leave, read_behind

        if leave(shown.missing, told_to=options["leave_rest"]):
            return 0
        return read_behind(stack, place, shown.report, partial(_report, place, options, days))
    return FAIL_CODE if shown.is_grave else 0


def _days(options: dict[str, Any], place: "Place") -> Days:
    range_ = options["last"]
    if options["demo"] and not (range_ or options["since"] or options["until"]):
        range_ = "month"
    zone = chosen_zone(options["timezone"], place.config)
    return Days(options["since"], options["until"], range_, zone)


def _find(stack: ExitStack, place: "Place", options: dict[str, Any], days: Days) -> Shown:
    """The report, in which all is that is new, unless that is not wanted.

    Another process, started before everything else is loaded, looks at the transcripts.
    """
    from ccmeter.cli.lookahead import let_go, look

    period = None if days.range_ == "all" else chosen_period(*days, None)
    looked = None if options["no_sync"] else look(place.home, place.roots)
    if looked:
        stack.callback(let_go, looked)
    load(options["format_"])
    from ccmeter.cli.ahead import answer_up_to_date
    from ccmeter.cli.judging import judge_if_possible
    from ccmeter.cli.source import Missing, bring_up_to_date, reading

    answer = partial(_answer, place, options, days)
    if options["no_sync"]:
        judge_if_possible(place)
        return answer(reading(place, stack), Missing())
    since_ms = period.since_ms if period else None
    renew = partial(bring_up_to_date, place, since_ms, postpone=_may_postpone(options))
    cheap = period is not None and period.days <= _FEW_DAYS
    return answer_up_to_date(stack, place, looked, renew, answer, cheap=cheap)


def _answer(
    place: "Place",
    options: dict[str, Any],
    days: Days,
    connection: sqlite3.Connection,
    missing: "Missing",
) -> Shown:
    """The report out of the database, and its text."""
    from ccmeter.store.read import extent

    report = _report(place, options, days, connection, missing)
    is_empty = extent(connection) is None and not missing.postponed
    roots = place.roots if is_empty else None
    text = text_of(report, place, options, days.zone[0], roots)
    return Shown(report, text, _is_grave(report, options["fail_on"]), missing)


def _report(
    place: "Place",
    options: dict[str, Any],
    days: Days,
    connection: sqlite3.Connection,
    missing: "Missing",
) -> "Report":
    """The report out of the database, with what is not in there."""
    from ccmeter.cli import source
    from ccmeter.reports.overview import Extras
    from ccmeter.reports.warnings import MADE_UP
    from ccmeter.store.read import extent

    report = source.build(
        connection,
        place,
        chosen_period(*days, extent(connection)),
        options["by"] or "day",
        Filters.given(options),
        tier=options["tier"],
        scenario=options["scenario"],
        extras=Extras(options["with_hidden"], options["estimate_missing"]),
    )
    made_up = [MADE_UP] if options["demo"] else []
    return report._replace(warnings=[*missing.warnings, *report.warnings, *made_up])


def _may_postpone(options: dict[str, Any]) -> bool:
    """Programs want the whole answer at once; what fits no filter is looked for everywhere."""
    whole = options["format_"] or options["fail_on"]
    return not whole and Filters.given(options) == Filters()


def _asks_plan(options: dict[str, Any]) -> bool:
    """Only the plain report of people may ask a question."""
    return not (options["demo"] or options["tier"] or options["format_"] or options["no_sync"])


def _is_grave(report: "Report", level: str | None) -> bool:
    if level is None:
        return False
    warnings = [*report.warnings, *(report.cache.alerts if report.cache else ())]
    return any(LEVELS.index(w.level) >= LEVELS.index(level) for w in warnings)
