"""What a report did not need of a long history: read behind it, when it is on the screen."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack

import click

from ccmeter.cli.place import Place
from ccmeter.cli.source import Missing, left_out, reading
from ccmeter.cli.syncing import sync
from ccmeter.output import end_output
from ccmeter.reports.overview import Report
from ccmeter.store.lock import LockBusyError

_CHANGED = "the older transcripts change this report: run it once more to see how"
_INTERRUPTED = "interrupted: the next command goes on with the older transcripts"
_INTERRUPTED_CODE = 130


Answer = Callable[[sqlite3.Connection, Missing], Report]


def read_behind(stack: ExitStack, place: Place, shown: Report, answer: Answer) -> int:
    """Read what was postponed, and say so if the report would be another; return the exit code.

    What goes on after a report was printed is told on stderr. Another ccmeter that is reading
    gets it done as well. The `stack` of the report is closed first: whoever closes the database
    last takes its log away.
    """
    stack.close()
    try:
        end_output()
        missing = _read_postponed(place)
    except LockBusyError:
        return 0
    except KeyboardInterrupt:
        _tell(_INTERRUPTED)
        return _INTERRUPTED_CODE
    if answer(reading(place, stack), missing) != shown:
        _tell(_CHANGED)
    return 0


def _read_postponed(place: Place) -> Missing:
    """Read it; whoever needs verdicts next judges it, as after any first report."""
    stats = sync(
        place.home,
        place.roots,
        metered=place.metered,
        wait_s=0.0,
        title="reading older transcripts",
    )
    return Missing(left_out(stats))


def _tell(message: str) -> None:
    click.echo(f"ccmeter: {message}", err=True)
