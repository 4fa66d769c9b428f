"""ccmeter report --html: the report as a page in a file."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

from ccmeter.cli.written import check_place, written
from ccmeter.errors import UsageError
from ccmeter.reports.asked import Filters

if TYPE_CHECKING:
    from ccmeter.cli.place import Place
    from ccmeter.reports.overview import Report

Command = Callable[..., Any]


def html_option(command: Command) -> Command:
    """Add --html FILE, where - is the standard output."""
    add = click.option("--html", "as_html", metavar="FILE", callback=_named, help="One page that"
                       " needs nothing beside it, readable by you alone.")  # fmt: skip
    return add(command)


def _named(_ctx: click.Context, _parameter: click.Parameter, path: str | None) -> str | None:
    """Refuse what is no name; click would take the next option for one."""
    if path is not None and (not path or path.startswith("--")):
        raise UsageError(f"--html needs the name of a file, not {path!r}: --html week.html")
    return path


def check(path: str) -> None:
    """Find out what is in the way of the page before any transcript is read."""
    if path != "-":
        check_place(path)


def write(page: str, path: str) -> None:
    """Write the page, whose bytes no locale changes, and say so."""
    if path == "-":
        click.echo(page.encode(), nl=False)
        return
    with written(path) as file:
        file.write(page.encode())
    click.echo(f"the report is written to {path}", err=True)


def page(
    place: "Place",
    options: dict[str, Any],
    zone: tzinfo,
    report: "Report",
    empty_roots: Sequence[str] | None,
) -> str:
    """Return the report as a page, which tells who did not ask for it what was asked for."""
    from ccmeter.cli.source import money
    from ccmeter.render.html import report_page
    from ccmeter.render.html_about import About
    from ccmeter.version import version

    about = About(
        Filters.given(options),
        options["tier"],
        options["demo"],
        money(place).assumptions,
        datetime.now(zone),
        version(),
        empty_roots,
    )
    return report_page(report, about, overview=options["by"] is None)
