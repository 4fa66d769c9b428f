"""The straight line: discover, read what is new, store it. Readable on one screen."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from ccmeter.model import Cursor
from ccmeter.store.cursors import Cursors
from ccmeter.store.writer import Writer
from ccmeter.transcripts.discover import Transcript, discover
from ccmeter.transcripts.pool import read_all
from ccmeter.transcripts.reader import Batch
from ccmeter.transcripts.repair import bindable
from ccmeter.transcripts.tail import unchanged

ROWS_PER_TRANSACTION = 20_000
_SECONDS_PER_TRANSACTION = 2.0

Progress = Callable[[int, int], None]  # bytes read, bytes to read


class SyncStats(NamedTuple):
    """What a pass over the transcripts did."""

    files: int = 0
    files_read: int = 0
    lines: int = 0
    bad_lines: int = 0
    responses_new: int = 0
    responses_changed: int = 0
    bytes: int = 0
    seconds: float = 0.0


def ingest(
    connection: sqlite3.Connection,
    roots: Iterable[str],
    *,
    full: bool = False,
    progress: Progress | None = None,
    rows: int = ROWS_PER_TRANSACTION,
) -> SyncStats:
    """Store what is new in the transcripts below the Claude folders; read all again when `full`.

    The caller holds the writer's lock. Killed at any moment, it leaves whole transactions, of
    about `rows` rows each.
    """
    started = time.perf_counter()
    writer = Writer(connection)
    one_pass = partial(_pass, connection, writer, list(roots), progress, rows)
    stats = one_pass(full)
    if writer.read_again:  # what was folded under a reused id is told apart
        stats = _read_again(stats, one_pass(False))
    return stats._replace(seconds=time.perf_counter() - started)


def _pass(
    connection: sqlite3.Connection,
    writer: Writer,
    roots: Sequence[str],
    progress: Progress | None,
    rows: int,
    full: bool,
) -> SyncStats:
    files = list(discover(roots))
    stats = SyncStats(files=len(files))
    work = list(_changed(files, Cursors(connection), full))
    for batches in _grouped(read_all(work, time.time()), _report(work, progress), rows):
        written = writer.store(batches)
        stats = _added(stats, batches, written.new, written.changed)
    return stats


def _changed(
    files: Sequence[Transcript], cursors: Cursors, full: bool
) -> Iterator[tuple[Transcript, Cursor | None]]:
    """Files to be looked into, the oldest first: what is copied is seen after its original."""
    present = {bindable(file.path) for file in files}
    for file in sorted(files, key=lambda file: (file.mtime_ns, file.path)):
        cursor = cursors.get(file)
        moved = cursors.moved(file, present)
        if moved or not (full or unchanged(file, cursor)):
            yield file, cursor
        if full:
            yield file, None


def _grouped(
    batches: Iterable[Batch], report: Callable[[Batch], None], enough: int
) -> Iterator[list[Batch]]:
    """Groups of batches that are worth a transaction."""
    group: list[Batch] = []
    rows, since = 0, time.monotonic()
    for batch in batches:
        group.append(batch)
        report(batch)
        rows += len(batch.responses) + len(batch.requests) + len(batch.marks) + 1
        if rows >= enough or time.monotonic() - since > _SECONDS_PER_TRANSACTION:
            yield group
            group, rows, since = [], 0, time.monotonic()
    if group:
        yield group


def _report(
    work: list[tuple[Transcript, Cursor | None]], progress: Progress | None
) -> Callable[[Batch], None]:
    total = sum(max(0, file.size - (cursor.offset if cursor else 0)) for file, cursor in work)
    done = 0

    def report(batch: Batch) -> None:
        nonlocal done
        done += batch.size
        if progress:
            progress(done, max(total, done))

    return report


def _read_again(first: SyncStats, second: SyncStats) -> SyncStats:
    """The second pass has read every line; what it found adds to the first."""
    return second._replace(
        responses_new=first.responses_new + second.responses_new,
        responses_changed=first.responses_changed + second.responses_changed,
    )


def _added(stats: SyncStats, batches: list[Batch], new: int, changed: int) -> SyncStats:
    return stats._replace(
        files_read=stats.files_read + len({batch.file.path for batch in batches}),
        lines=stats.lines + sum(batch.lines for batch in batches),
        bad_lines=stats.bad_lines + sum(len(batch.skips) for batch in batches),
        responses_new=stats.responses_new + new,
        responses_changed=stats.responses_changed + changed,
        bytes=stats.bytes + sum(batch.size for batch in batches),
    )
