"""ccmeter audit: what the prompt cache did, what broke it, and what that cost."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import click

from ccmeter.cli.options import chosen_period, chosen_zone, period_options

FAIL_LEVELS = ("warning", "alarm")
FAIL_CODE = 3
DEFAULT_RANGE = "month"

EXAMPLES = """\b
Examples:
  ccmeter audit                            the last 30 days
  ccmeter audit --session 3f2a91bc         a picture of one session
  ccmeter audit --last all --version 2.1.326   one client version
  ccmeter audit --markdown > report.md     a bug report without private data
  ccmeter audit --json --fail-on alarm     for scripts: exit code 3 on an alarm
  ccmeter audit --demo                     a made-up month with a client that breaks the cache
"""


@click.command("audit", epilog=EXAMPLES)
@period_options
@click.option("--session", metavar="ID", help="Only this session (the start of its id).")
@click.option("--version", metavar="VERSION", help="Only this client version.")
@click.option("--json", "format_", flag_value="json", help="One JSON document.")
@click.option("--markdown", "format_", flag_value="markdown", help="A bug report to be pasted.")
@click.option("--all-requests", is_flag=True, help="With --json: healthy requests as well.")
@click.option("--rebuild", is_flag=True, help="Judge every stored request again.")
@click.option("--no-sync", is_flag=True, help="Audit what is stored; read no transcripts.")
@click.option("--demo", is_flag=True, help="Audit a made-up month in a temporary database.")
@click.option("--fail-on", type=click.Choice(FAIL_LEVELS), help="Exit with 3 on such an alert.")
def command(**options: Any) -> int:
    """Show how the prompt cache was used: rebuilds, their causes and cost, and client versions.

    By default the last 30 days, and with --session all of it. A rebuild is a prompt prefix that
    was sent again although it should have been read from the cache; it is suspect when there is
    no ordinary cause, such as a long pause, a compaction or another model.
    """
    with ExitStack() as stack:
        return run(stack, options)


def run(stack: ExitStack, options: dict[str, Any]) -> int:
    """Sync, judge, print; return the exit code."""
    from ccmeter.cli import source
    from ccmeter.cli.judging import judge
    from ccmeter.reports.audit import Choice, make_audit

    place = source.demo(stack) if options["demo"] else source.real()
    zone = chosen_zone(options["timezone"], place.config)
    complete = options["no_sync"] or source.bring_up_to_date(place)
    complete = judge(place, anew=options["rebuild"]) and complete
    connection = source.reading(place, stack)
    sessions = _sessions(connection, options["session"])
    first = source.first_ms(connection)
    period = chosen_period(options["since"], options["until"], _range(options), zone, first)
    audit = make_audit(connection, period, Choice(sessions, options["version"]))
    if not complete:
        click.echo(f"ccmeter: {source.BUSY.message}", err=True)
    _print(connection, place, options, audit, sessions)
    return FAIL_CODE if _is_grave(audit.alerts, options["fail_on"]) else 0


def _range(options: dict[str, Any]) -> str | None:
    given: str | None = options["last"]
    if given or options["since"] or options["until"]:
        return given
    return "all" if options["session"] else DEFAULT_RANGE


def _sessions(connection: sqlite3.Connection, start: str | None) -> dict[int, str] | None:
    """The sessions that are meant, None for all."""
    from ccmeter.errors import UsageError
    from ccmeter.store.audit_read import sessions_like

    if start is None:
        return None
    found = sessions_like(connection, start)
    if not found:
        raise UsageError(f"no session's id begins with {start!r}: ccmeter report --by session")
    return found


def _print(
    connection: sqlite3.Connection, place: Any, options: dict[str, Any], audit: Any, sessions: Any
) -> None:
    if options["format_"] == "json":
        from ccmeter.render.audit_json import audit_json

        every = sessions is not None or options["all_requests"]
        requests = _every(connection, place, audit, sessions, options["version"])
        click.echo(audit_json(audit, requests if every else None), nl=False)
    elif options["format_"] == "markdown":
        from ccmeter.render.audit_markdown import audit_markdown
        from ccmeter.version import version

        click.echo(audit_markdown(audit, version()), nl=False)
    else:
        _show(connection, place, audit, sessions)


def _every(
    connection: sqlite3.Connection, place: Any, audit: Any, sessions: Any, version: str | None
) -> Iterator[Any]:
    """Every judged request of the period, thread by thread."""
    for thread in _threads(connection, place, audit, sessions):
        yield from (one for one in thread if version in (None, one.step.version))


def _threads(
    connection: sqlite3.Connection, place: Any, audit: Any, sessions: Any
) -> Iterator[list[Any]]:
    from ccmeter.audit.every import every_request
    from ccmeter.pricing.book import load_book

    since, until = audit.period.since_ms, audit.period.until_ms
    for thread in every_request(connection, load_book(place.config.prices), sessions):
        kept = [judged for judged in thread if since <= judged.step.start_ms < until]
        if kept:
            yield kept


def _show(connection: sqlite3.Connection, place: Any, audit: Any, sessions: Any) -> None:
    from ccmeter.render import screen
    from ccmeter.render.audit import print_audit
    from ccmeter.render.session_picture import print_session
    from ccmeter.store.audit_read import projects_of

    console = screen.screen()
    if sessions is None:
        print_audit(console, audit)
        return
    projects = projects_of(connection, sessions.values())
    for id_, session in sessions.items():
        threads = list(_threads(connection, place, audit, [id_]))
        if threads:
            print_session(console, session, projects.get(session, ""), threads, audit.period.zone)


def _is_grave(alerts: Iterable[Any], level: str | None) -> bool:
    from ccmeter.cache.alerts import LEVELS

    if level is None:
        return False
    return any(LEVELS.index(alert.level) >= LEVELS.index(level) for alert in alerts)
