"""One pass over the transcripts for a command: lock, progress bar, database."""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccmeter.client_meter import readings
from ccmeter.ingest import Progress, SyncStats, ingest
from ccmeter.store.db import open_rw
from ccmeter.store.limits import take_in
from ccmeter.store.lock import writer_lock
from ccmeter.store.process_meters import save_process_meters
from ccmeter.turns import read_in_turns

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_WORTH_A_BAR = 32 << 20  # bytes; less is read before anyone could read the bar
WAIT_S = 15.0


def sync(
    home: str,
    roots: Sequence[str],
    *,
    full: bool = False,
    wait_s: float = WAIT_S,
    metered: Sequence[str] = (),
    then: Callable[[sqlite3.Connection, SyncStats], None] | None = None,
    settled: bool = False,
    since_ms: int | None = None,
    title: str = "reading transcripts",
) -> SyncStats:
    """Bring the database up to date; a progress bar on stderr when there is much to read.

    What status lines wrote is taken in as well, after the transcripts that tell whose it is.

    `metered` are the folders whose .claude.json may be read, for the client's own meter. `then` is
    called under the same lock, once everything is stored. `settled` says that no transcript has
    anything new, where that is known. `since_ms` is as in `ingest`; what status lines wrote then
    waits for the pass that reads the rest. The progress bar has the `title`.
    LockBusyError when another ccmeter is still writing after `wait_s` seconds.
    """
    with writer_lock(home, wait_s), _progress(title) as progress:
        connection = open_rw(home)
        try:
            stats = SyncStats()
            if not settled:
                stats = ingest(connection, roots, full=full, since_ms=since_ms, progress=progress)
            save_process_meters(connection, readings(metered))
            if not stats.postponed:
                take_in(connection, home)
            if then is not None:
                then(connection, stats)
            return stats
        finally:
            connection.close()


def sync_rest(home: str, roots: Sequence[str], *, metered: Sequence[str] = ()) -> SyncStats:
    """The same for what was postponed, in turns: others may write between them.

    LockBusyError when another ccmeter is writing already, or goes on for long in its turn.
    """
    title = "reading older transcripts"
    with writer_lock(home, 0.0):
        pass
    with _progress(title) as progress:
        read_in_turns(home, roots, WAIT_S, progress)
    return sync(home, roots, metered=metered, title=title)


@contextmanager
def _progress(title: str) -> Iterator[Progress | None]:
    if not sys.stderr.isatty():
        yield None
        return
    started: list[tuple[Bar, TaskID]] = []

    def show(done: int, total: int) -> None:
        if not started and total >= _WORTH_A_BAR:
            started.append(_new_bar(title, total))
        for bar, task in started:
            bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        for bar, _ in started:
            bar.stop()


def _new_bar(title: str, total: int) -> "tuple[Bar, TaskID]":
    # imported here: most passes have nothing to show
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn(title),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar, bar.add_task("read", total=total)
