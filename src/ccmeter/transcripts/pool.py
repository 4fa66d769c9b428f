"""Reading many files: in this process when little is new, on all cores when much is."""

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence

from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.reader import Batch, read_batch

Work = tuple[Transcript, Cursor | None]

_WORTH_A_POOL = 48 << 20  # bytes; below that, starting processes costs more than it saves
_TASK_BYTES = 4 << 20  # small files travel together


def read_all(work: Sequence[Work]) -> Iterator[Batch]:
    """Yield the batches of all files, in the order given; vanished files yield nothing."""
    size = sum(file.size - (cursor.offset if cursor else 0) for file, cursor in work)
    processes = os.cpu_count() or 1
    if size < _WORTH_A_POOL or processes < 2 or len(work) < 2:
        for file, cursor in work:
            yield from _read_on(file, cursor)
        return
    yield from _read_in_pool(work, min(processes, 8))


def _read_in_pool(work: Iterable[Work], processes: int) -> Iterator[Batch]:
    # imported here: a start with little to read should not pay for it
    from ccmeter.transcripts.helpers import Helpers

    helpers = Helpers(_read_task, processes, _start_method())
    for batches in helpers.map(_tasks(work)):
        for batch in batches:
            yield batch
            if batch.more:  # what a long file has left is read here, in order
                yield from _read_on(batch.file, batch.cursor)


def _start_method() -> str:
    """Forking is the fastest start, and safe only where no other thread runs."""
    single = threading.active_count() == 1
    return "fork" if sys.platform == "linux" and single else "spawn"


def _tasks(work: Iterable[Work]) -> Iterator[list[Work]]:
    task: list[Work] = []
    size = 0
    for file, cursor in work:
        task.append((file, cursor))
        size += file.size
        if size >= _TASK_BYTES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _read_task(task: list[Work]) -> list[Batch]:
    """Read the first stretch of each file. Runs in a process of the pool."""
    found = (read_batch(file, cursor) for file, cursor in task)
    return [batch for batch in found if batch is not None]


def _read_on(file: Transcript, cursor: Cursor | None) -> Iterator[Batch]:
    batch = read_batch(file, cursor)
    while batch is not None:
        yield batch
        batch = read_batch(file, batch.cursor) if batch.more else None
