"""ccmeter audit: what the prompt cache did, what broke it, and what that cost."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ccmeter.cli.options import chosen_format, chosen_period, chosen_zone, period_options

if TYPE_CHECKING:
    from ccmeter.cache.alerts import Alert
    from ccmeter.cache.judge import Judged
    from ccmeter.cache.thresholds import Limits
    from ccmeter.cli.place import Place
    from ccmeter.pricing.book import Book
    from ccmeter.reports.audit import Audit
    from ccmeter.reports.warnings import Warning

FORMATS = ("json", "markdown")
FAIL_LEVELS = ("warning", "alarm")
FAIL_CODE = 3
DEFAULT_RANGE = "month"
PICTURES = 5  # of sessions whose id begins alike

EXAMPLES = """\b
Examples:
  ccmeter audit                            the last 30 days
  ccmeter audit --session 3f2a91bc         a picture of one session
  ccmeter audit --last all --version 2.1.326   one client version
  ccmeter audit --markdown > report.md     a bug report without private data
  ccmeter audit --json --fail-on alarm     for scripts: exit code 3 on an alarm
  ccmeter audit --demo                     a made-up month with a client that breaks the cache
"""


@click.command(
    "audit",
    epilog=EXAMPLES,
    short_help="Show whether the prompt cache worked, and what it cost if not.",
)
@period_options
@click.option("--session", metavar="ID", help="Only this session (the start of its id).")
@click.option("--version", metavar="VERSION", help="Only this client version.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--markdown", "as_markdown", is_flag=True, help="A bug report to be pasted.")
@click.option("--all-requests", is_flag=True, help="With --json: healthy requests as well.")
@click.option("--rebuild", is_flag=True, help="Judge every stored request again.")
@click.option("--no-sync", is_flag=True, help="Audit what is stored; read no transcripts.")
@click.option("--demo", is_flag=True, help="Audit a made-up month in a temporary database.")
@click.option("--fail-on", type=click.Choice(FAIL_LEVELS), help="Exit with 3 on such an alert.")
def command(**options: Any) -> int:
    """Show how the prompt cache was used: rebuilds, their causes and cost, and client versions.

    By default the last 30 days, and with --session all of it. A rebuild is a prompt prefix that
    was sent again although it should have been read from the cache; it is suspect when there is
    no ordinary cause, such as a long pause, a compaction or another model. Thresholds can be set
    in the [audit] table of config.toml.
    """
    options["format_"] = chosen_format(options, FORMATS)
    with ExitStack() as stack:
        return run(stack, options)


class _Found(NamedTuple):
    """An audit, and what it takes to look at single requests."""

    connection: sqlite3.Connection
    book: "Book"
    limits: "Limits"
    audit: "Audit"
    sessions: dict[int, str] | None  # that are meant, by their row's id; None for all
    version: str | None


def run(stack: ExitStack, options: dict[str, Any]) -> int:
    """Sync, judge, print; return the exit code."""
    from ccmeter.cli import source
    from ccmeter.cli.judging import judge_stored
    from ccmeter.cli.place import demo, real

    place = demo(stack) if options["demo"] else real()
    missing = [] if options["no_sync"] else [*source.bring_up_to_date(place).warnings]
    if options["no_sync"] or options["rebuild"]:
        judged = judge_stored(place, anew=options["rebuild"])
        missing += [] if judged or source.BUSY in missing else [source.BUSY]
    found = _find(source.reading(place, stack), place, options)
    source.tell([*missing, *_why_nothing(place, found, options)])
    _print(found, options["format_"], options["all_requests"])
    return FAIL_CODE if _is_grave(found.audit.alerts, options["fail_on"]) else 0


def _why_nothing(place: "Place", found: _Found, options: dict[str, Any]) -> "list[Warning]":
    """What to know of a session or version that nothing of the period is of."""
    if found.audit.tally.requests:
        return []
    from ccmeter.reports.asked import Filters
    from ccmeter.reports.unmatched import why_nothing

    filters = Filters(session=options["session"], version=options["version"])
    period, user_of = found.audit.period, place.config.user_of
    return why_nothing(found.connection, found.book, period, filters, user_of)


def _find(connection: sqlite3.Connection, place: "Place", options: dict[str, Any]) -> _Found:
    from ccmeter.cache.thresholds import read_limits
    from ccmeter.pricing.here import book_of
    from ccmeter.reports.audit import Choice, make_audit
    from ccmeter.store.read import extent

    since, until, version = options["since"], options["until"], options["version"]
    sessions = _sessions(connection, options["session"])
    zone = chosen_zone(options["timezone"], place.config)
    period = chosen_period(since, until, _range(options), zone, extent(connection))
    limits = read_limits(place.config.audit)
    audit = make_audit(connection, period, Choice(sessions, version), limits)
    book = book_of(place.home, place.config.prices)
    return _Found(connection, book, limits, audit, sessions, version)


def _range(options: dict[str, Any]) -> str | None:
    given: str | None = options["last"]
    if given or options["since"] or options["until"]:
        return given
    return "all" if options["session"] else DEFAULT_RANGE


def _sessions(connection: sqlite3.Connection, start: str | None) -> dict[int, str] | None:
    from ccmeter.errors import UsageError
    from ccmeter.store.audit_read import sessions_like

    if start is None:
        return None
    found = sessions_like(connection, start) if start else {}
    if not found:
        every = "ccmeter report --last all --by session"
        raise UsageError(f"no session's id begins with {start!r}. All there are: {every}")
    if len(found) > PICTURES:
        raise UsageError(f"{len(found)} sessions' ids begin with {start!r}: give more of the id.")
    return found


def _print(found: _Found, format_: str | None, every: bool) -> None:
    if format_ == "json":
        from ccmeter.render.audit_json import audit_json

        shown = _every(found) if every or found.sessions is not None else None
        click.echo(audit_json(found.audit, shown), nl=False)
    elif format_ == "markdown":
        from ccmeter.render.audit_markdown import audit_markdown
        from ccmeter.version import version

        click.echo(audit_markdown(found.audit, version()), nl=False)
    else:
        _show(found)


def _every(found: _Found) -> "Iterator[Judged]":
    """Every judged request of the period, thread by thread."""
    for thread in _threads(found, found.sessions):
        yield from (one for one in thread if found.version in (None, one.step.version))


def _threads(found: _Found, sessions: Iterable[int] | None) -> "Iterator[list[Judged]]":
    from ccmeter.audit.every import every_request

    ids = None if sessions is None else list(sessions)
    since, until = found.audit.period.since_ms, found.audit.period.until_ms
    for thread in every_request(found.connection, found.book, ids, found.limits):
        kept = [judged for judged in thread if since <= judged.step.end_ms < until]
        if kept:
            yield kept


def _show(found: _Found) -> None:
    from ccmeter.render import screen
    from ccmeter.render.audit import print_audit
    from ccmeter.render.session_picture import print_session
    from ccmeter.store.audit_read import projects_of

    console, audit = screen.screen(), found.audit
    if found.sessions is None:
        print_audit(console, audit)
        return
    projects = projects_of(found.connection, found.sessions.values())
    for id_, session in found.sessions.items():
        threads = list(_threads(found, [id_]))
        print_session(console, audit, session, projects.get(session, ""), threads)


def _is_grave(alerts: "Iterable[Alert]", level: str | None) -> bool:
    from ccmeter.cache.alerts import LEVELS

    if level is None:
        return False
    return any(LEVELS.index(alert.level) >= LEVELS.index(level) for alert in alerts)
