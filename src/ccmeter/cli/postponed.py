"""What a report did not need of a long history: read behind it, when it is on the screen."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack

import click

from ccmeter.cli.place import Place
from ccmeter.cli.source import Missing, left_out, reading
from ccmeter.cli.syncing import sync_rest
from ccmeter.output import end_output
from ccmeter.reports.overview import Report
from ccmeter.store.lock import LockBusyError

_CHANGED = "the older transcripts change this report: run it once more to see how"
_MORE = "run the report once more to see whether they change it"
_ELSEWHERE = f"older transcripts are still being read: {_MORE}"
_LEFT = f"older transcripts are left to the watcher (or to ccmeter sync): {_MORE}"
_INTERRUPTED = "interrupted: the next command goes on with the older transcripts"
_INTERRUPTED_CODE = 130


Answer = Callable[[sqlite3.Connection, Missing], Report]


def leave(missing: Missing, *, told_to: bool) -> bool:
    """Whether what was postponed is left to others, who read it already or will; say so if it is.

    To help them would do no harm, but keep whoever asked for a report waiting.
    """
    if not (missing.elsewhere or told_to):
        return False
    _tell(_ELSEWHERE if missing.elsewhere else _LEFT)
    return True


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
        _tell(_ELSEWHERE)
        return 0
    except KeyboardInterrupt:
        _tell(_INTERRUPTED)
        return _INTERRUPTED_CODE
    if answer(reading(place, stack), missing) != shown:
        _tell(_CHANGED)
    return 0


def _read_postponed(place: Place) -> Missing:
    """Read it; whoever needs verdicts next judges it, as after any first report."""
    return Missing(left_out(sync_rest(place.home, place.roots, metered=place.metered).unreadable))


def _tell(message: str) -> None:
    click.echo(f"ccmeter: {message}", err=True)
