"""ccmeter report: what was used, and what it is worth."""

from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import Any

import click

from ccmeter.cli.options import chosen_period, chosen_zone, filter_options, period_options
from ccmeter.reports.grouping import BY, Filters
from ccmeter.reports.warnings import LEVELS

FORMATS = ("json", "csv", "markdown")
FAIL_CODE = 3

EXAMPLES = """\b
Examples:
  ccmeter report                                  the last 7 days
  ccmeter report --last month --by project        30 days, a row per project
  ccmeter report --since 2026-11-01 --by model    since a day, a row per model
  ccmeter report --last all --json                everything, for programs
  ccmeter report --demo                           a made-up month, to see what it looks like
"""


@click.command("report", epilog=EXAMPLES)
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
@click.option("--json", "format_", flag_value="json", help="One JSON document.")
@click.option("--csv", "format_", flag_value="csv", help="Comma-separated rows.")
@click.option("--markdown", "format_", flag_value="markdown", help="A Markdown table.")
@click.option("--no-sync", is_flag=True, help="Report what is stored; read no transcripts.")
@click.option("--demo", is_flag=True, help="Report on a made-up month in a temporary database.")
@click.option("--fail-on", type=click.Choice(LEVELS[2:]), help="Exit with 3 on such a warning.")
def command(**options: Any) -> int:
    """Show tokens and list cost: by default the last 7 days by day, model and project.

    New transcript lines are read first. Every API response is counted once, however many lines,
    copies and forks tell of it.
    """
    with ExitStack() as stack:
        return run(stack, options)


def run(stack: ExitStack, options: dict[str, Any]) -> int:
    """Sync, report, print; return the exit code."""
    from ccmeter.cli import source
    from ccmeter.cli.ask_plan import ask_plan
    from ccmeter.cli.judging import judge_if_possible
    from ccmeter.reports.overview import Extras
    from ccmeter.store.read import extent

    place = source.demo(stack) if options["demo"] else source.real()
    if _asks_plan(options) and ask_plan(place):
        place = source.real()
    zone = chosen_zone(options["timezone"], place.config)
    range_ = options["last"]
    if options["demo"] and not (range_ or options["since"] or options["until"]):
        range_ = "month"
    days = (options["since"], options["until"], range_, zone)
    synced = True
    if options["no_sync"]:
        judge_if_possible(place)
    else:
        since_ms = None if range_ == "all" else chosen_period(*days, None).since_ms
        synced = source.bring_up_to_date(place, since_ms, partial(_load, options["format_"]))
    connection = source.reading(place, stack)
    ends = extent(connection)
    period = chosen_period(*days, ends)
    filters = Filters(*(options[name] for name in Filters._fields))
    report = source.build(
        connection,
        place,
        period,
        options["by"] or "day",
        filters,
        tier=options["tier"],
        scenario=options["scenario"],
        extras=Extras(options["with_hidden"], options["estimate_missing"]),
    )
    if not synced:
        report = report._replace(warnings=[source.BUSY, *report.warnings])
    _print(report, place, options, ends is None)
    return FAIL_CODE if _is_grave(report, options["fail_on"]) else 0


def _asks_plan(options: dict[str, Any]) -> bool:
    """Only the plain report of people may ask a question."""
    return not (options["demo"] or options["tier"] or options["format_"] or options["no_sync"])


def _load(format_: str | None) -> None:
    """Load what will show the report."""
    for name in ("machine",) if format_ else ("screen", "terminal"):
        import_module(f"ccmeter.render.{name}")


def _print(report: Any, place: Any, options: dict[str, Any], empty: bool) -> None:
    if options["format_"]:
        from ccmeter.render import machine

        render = getattr(machine, f"report_{options['format_']}")
        click.echo(render(report), nl=False)
        return
    from ccmeter.render import screen, terminal

    if empty:
        terminal.print_nothing(screen.screen(), place.roots)
    else:
        terminal.print_report(screen.screen(), report, overview=options["by"] is None)


def _is_grave(report: Any, level: str | None) -> bool:
    if level is None:
        return False
    warnings = [*report.warnings, *(report.cache.alerts if report.cache else ())]
    return any(LEVELS.index(w.level) >= LEVELS.index(level) for w in warnings)
