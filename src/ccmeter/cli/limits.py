"""ccmeter limits: official percentages, and what 100 % is worth."""

import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import click

from ccmeter.cli.options import chosen_zone

if TYPE_CHECKING:
    from ccmeter.cli.place import Place

EXAMPLES = """\b
Examples:
  ccmeter limits                    where the windows stand, and what they are worth
  ccmeter limits --user ada --json  one user of config.toml, for programs
"""


@click.command(
    "limits",
    epilog=EXAMPLES,
    short_help="Show the 5-hour and 7-day limits, and what 100% is worth.",
)
@click.option("--user", metavar="NAME", help="Only this user of config.toml.")
@click.option("--timezone", metavar="ZONE", help="Time zone, such as Europe/Berlin.")
@click.option("--no-sync", is_flag=True, help="Use what is stored; read no transcripts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(**options: Any) -> None:
    """Show the official 5-hour and 7-day percentages, and what 100% is worth at list price.

    Claude Code tells the percentages to its status line alone; ccmeter's status line writes them
    down. The worth is measured from how they rise, with an interval of 95%, and apart for every
    known change of the limits.
    """
    with ExitStack() as stack:
        _run(stack, options)


def _run(stack: ExitStack, options: dict[str, Any]) -> None:
    from ccmeter.cli import source
    from ccmeter.cli.place import real
    from ccmeter.pricing.here import book_of
    from ccmeter.reports.limits import make_limits_report

    place = real()
    zone = chosen_zone(options["timezone"], place.config)
    if not options["no_sync"]:
        _bring_up_to_date(place)
    report = make_limits_report(
        source.reading(place, stack),
        book_of(place.home, place.config.prices),
        source.people(place),
        zone,
        round(time.time() * 1000),
        options["user"],
    )
    if options["as_json"]:
        from ccmeter.render.limits_json import limits_json

        source.tell(report.warnings)
        click.echo(limits_json(report), nl=False)
        return
    from ccmeter.render import limits as render
    from ccmeter.render.screen import screen

    if report.users:
        render.print_limits(screen(), report)
    else:
        render.print_nothing(screen(), report.warnings)


def _bring_up_to_date(place: "Place") -> None:
    """Read transcripts and the spool; the spool also when another ccmeter reads transcripts."""
    from ccmeter.cli import source
    from ccmeter.store.db import open_rw
    from ccmeter.store.limits import take_in

    missing = source.bring_up_to_date(place).warnings
    source.tell(missing)
    if source.BUSY not in missing:
        return
    with closing(open_rw(place.home)) as connection:
        take_in(connection, place.home)
