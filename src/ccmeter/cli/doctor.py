"""ccmeter doctor: what was found, what is wrong, what to do."""

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ccmeter.reports.facts import Facts
    from ccmeter.reports.past import Past

_BAD_LINES = 10
EXAMPLES = """\b
Examples:
  ccmeter doctor              what was found and what to do; paste it into a bug report
  ccmeter doctor --all        with every line that could not be read
  ccmeter doctor --json       for programs, with whole paths
"""


@click.command(
    "doctor",
    epilog=EXAMPLES,
    short_help="Check what was found and what is wrong, and say what to do.",
)
@click.option("--all", "all_", is_flag=True, help="Show every bad line, not only the newest 10.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with checks and facts.")
def command(all_: bool, as_json: bool) -> int:
    """Check folders, database, settings, prices, transcripts and the watcher.

    Exits with 1 on a problem. Nothing is read into the database, made or changed.
    """
    from datetime import UTC, datetime

    from ccmeter.paths import data_home
    from ccmeter.render import doctor as render
    from ccmeter.render.screen import screen
    from ccmeter.reports.check import PROBLEM, worst
    from ccmeter.reports.doctor import judge
    from ccmeter.reports.facts import gather
    from ccmeter.watch import standing

    facts, past = _look_back(gather(data_home(), os.environ), None if all_ else _BAD_LINES)
    watcher = standing.look(data_home())
    today = datetime.now(UTC).date().isoformat()
    checks = [*judge(facts, past, today), standing.judge(watcher)]
    if as_json:
        click.echo(render.doctor_json(checks, facts, watcher, past), nl=False)
    else:
        render.print_doctor(screen(), checks, past)
    return 1 if worst(checks) == PROBLEM else 0


def _look_back(facts: "Facts", limit: int | None) -> "tuple[Facts, Past | None]":
    """The history, where the database can be read; damage may show only now."""
    from ccmeter.reports.past import look_back
    from ccmeter.store.db import open_ro
    from ccmeter.store.health import broken

    if facts.health.state != "current":
        return facts, None
    try:
        connection = open_ro(facts.data.path)
        if connection is None:
            return facts, None
        with closing(connection):
            return facts, look_back(connection, facts.files, facts.book, limit)
    except sqlite3.Error as error:
        return facts._replace(health=broken(error)), None
