"""ccmeter plans: the same usage on every plan, and elsewhere."""

from contextlib import ExitStack
from typing import Any

import click

from ccmeter.cli.options import chosen_period, chosen_zone, filter_options, period_options
from ccmeter.reports.asked import Filters

EXAMPLES = """\b
Examples:
  ccmeter plans                    the last 30 days on every plan
  ccmeter plans --last week        7 days; prices are prorated by day
  ccmeter plans --user ada --json  one user of config.toml, for programs
"""


@click.command(
    "plans",
    epilog=EXAMPLES,
    short_help="Replay your usage on every plan: price, value, who gains.",
)
@period_options
@filter_options
@click.option("--annual", is_flag=True, help="Annual prices, where they are published.")
@click.option("--no-sync", is_flag=True, help="Use what is stored; read no transcripts.")
@click.option("--demo", is_flag=True, help="Use a made-up month in a temporary database.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(**options: Any) -> None:
    """Replay your usage on every plan: price, value, who gains, and whether limits might hold.

    Limits are not published in tokens or dollars: what is shown was measured by single users on
    single days. Below stands what the same tokens would cost at the API and on open models.
    """
    with ExitStack() as stack:
        _run(stack, options)


def _run(stack: ExitStack, options: dict[str, Any]) -> None:
    from ccmeter.cli import source
    from ccmeter.cli.place import demo, real
    from ccmeter.reports.replayed import make_plans_report
    from ccmeter.store.read import extent

    place = demo(stack) if options["demo"] else real()
    if not options["no_sync"]:
        source.tell(source.bring_up_to_date(place).warnings)
    connection = source.reading(place, stack)
    since, until = options["since"], options["until"]
    range_ = options["last"] or (None if since or until else "month")
    zone = chosen_zone(options["timezone"], place.config)
    period = chosen_period(since, until, range_, zone, extent(connection))
    report = make_plans_report(
        connection,
        source.money(place),
        period,
        Filters.given(options),
        source.people(place),
        options["annual"],
    )
    if options["as_json"]:
        from ccmeter.render.plan_json import plans_json

        click.echo(plans_json(report), nl=False)
        return
    from ccmeter.render.plans import print_plans
    from ccmeter.render.screen import screen

    print_plans(screen(), report)
