"""ccmeter export: every response as one row."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.util import find_spec
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ccmeter.cli.options import chosen_period, chosen_zone, filter_options, period_options
from ccmeter.cli.written import check_place, written
from ccmeter.errors import CcmeterError, UsageError
from ccmeter.reports.period import Period

if TYPE_CHECKING:
    from ccmeter.render.export import Write

Zone = tuple[tzinfo, str]
FORMATS = ("csv", "jsonl", "parquet")
_NAMED = {
    **dict.fromkeys(("", ".csv", ".txt"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
EXAMPLES = """\b
Examples:
  ccmeter export > all.csv                                everything
  ccmeter export --format jsonl --last month | jq .       one JSON object per line
  ccmeter export --project ~/code/site -o site.csv        one project, into a private file
  ccmeter export -o all.parquet                           with types, for DuckDB, pandas or polars
"""


@click.command(
    "export",
    epilog=EXAMPLES,
    short_help="Write every API response as one row, with tokens and cost.",
)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Default: csv, or what the"
              " name of the FILE says.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="Write there, readable by you alone.")
@period_options
@filter_options
@click.option("--no-sync", is_flag=True, help="Export what is stored; read no transcripts.")
def command(**options: Any) -> None:
    """Write every API response as one row: ids, times, tokens, cost, and the line it stands on.

    Without a period: everything. The rows add up to what `ccmeter report` shows for the same
    period and filters. Times are UTC; list_cost_usd is exact, and empty where no price is known.
    Parquet needs pyarrow beside ccmeter.
    """
    format_ = _format(options)
    if format_ == "parquet":
        _check_parquet(options["output"])
    if options["output"] not in (None, "-"):
        check_place(options["output"])
    with ExitStack() as stack:
        _write(_responses(stack, options), options["output"], format_)


def _format(options: dict[str, Any]) -> str:
    """The format that is asked for, or that the name of the file stands for."""
    extension = os.path.splitext(options["output"] or "")[1].lower()
    found: str | None = options["format_"] or _NAMED.get(extension)
    if found is None:
        raise UsageError(f"an export cannot be {extension}: name the file .csv, .jsonl or .parquet,"
                         f" or say --format {' or --format '.join(FORMATS)}.")  # fmt: skip
    return found


def _check_parquet(path: str | None) -> None:
    """Find out what is in the way before thousands of responses are read."""
    if path in (None, "-") and sys.stdout.isatty():
        raise UsageError("Parquet is no text to look at: name a file with --output FILE.")
    if not find_spec("pyarrow"):
        python = quote(sys.executable)
        pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install -p {python}"
        raise CcmeterError(f"Parquet needs pyarrow: {pip} pyarrow")


def _responses(stack: ExitStack, options: dict[str, Any]) -> Iterable[Any]:
    """The rows to write, after a sync; nothing is made when there is no history to read."""
    from ccmeter.cli import source
    from ccmeter.cli.place import real
    from ccmeter.pricing.here import book_of
    from ccmeter.reports.asked import Filters
    from ccmeter.reports.responses import priced_responses
    from ccmeter.reports.unmatched import why_nothing
    from ccmeter.store.health import open_checked
    from ccmeter.store.read import extent

    place = real()
    zone = chosen_zone(options["timezone"], place.config)
    book = book_of(place.home, place.config.prices)
    if not options["no_sync"]:
        source.tell(source.bring_up_to_date(place).warnings)
    connection = open_checked(place.home)
    if connection is None:
        return ()
    stack.callback(connection.close)
    period = _period(options, zone, extent(connection))
    asked = (connection, book, period, Filters.given(options), cache(place.config.user_of))
    return _or_why(priced_responses(*asked), lambda: source.tell(why_nothing(*asked)))


def _or_why(rows: Iterator[Any], why: Callable[[], object]) -> Iterator[Any]:
    """The rows; where there are none, it is said why."""
    first = next(rows, None)
    if first is None:
        why()
        return
    yield first
    yield from rows


def _period(options: dict[str, Any], zone: Zone, ends: tuple[int, int] | None) -> Period:
    """The period of the options; without any, from the first response to the last."""
    since, until, range_ = options["since"], options["until"], options["last"]
    if since or until or range_:
        return chosen_period(since, until, range_, zone, ends)
    if ends is None:
        return chosen_period(None, None, "all", zone, None)
    first, last = (datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone[0]) for ms in ends)
    return Period(first.date(), last.date(), *zone)


def _write(rows: Iterable[Any], path: str | None, format_: str) -> None:
    from ccmeter.paths import data_home, database_path
    from ccmeter.store.health import unreadable

    try:
        if path is None or path == "-":
            _to_screen(rows, format_)
        else:
            _to_file(rows, path, format_)
    except sqlite3.Error as error:
        raise unreadable(database_path(data_home()), error) from error


def _to_screen(rows: Iterable[Any], format_: str) -> None:
    from ccmeter.output import end_output

    try:
        _writer(format_)(rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever reads has seen enough; what is left goes nowhere
        end_output()


def _to_file(rows: Iterable[Any], path: str, format_: str) -> None:
    write = _writer(format_)
    with written(path) as file:
        count = write(rows, file)
    click.echo(f"{count:,} responses written to {path}", err=True)


def _writer(format_: str) -> "Write":
    if format_ == "parquet":
        from ccmeter.render.export_parquet import write_parquet  # loads a large library

        return write_parquet
    from ccmeter.render.export import WRITERS

    return WRITERS[format_]
