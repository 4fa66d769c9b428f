"""Reading many files: in this process when little is new, on all cores when much is."""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.reader import Batch, read_batch

Work = tuple[Transcript, Cursor | None]
Packed = TypeVar("Packed")
Pack = Callable[[Batch], Packed]
# Number of the file in its task, what was packed of it, and a cursor where the file goes on.
Piece = tuple[int, Packed, Cursor | None]

_WORTH_A_POOL = 48 << 20  # bytes; below that, starting processes costs more than it saves
_TASK_BYTES = 4 << 20  # small files travel together
_STRETCH = 64 << 20  # bytes of one file that a process reads before this one does the rest
_AHEAD = 8  # tasks that a process is given at once: enough for the time that a transaction takes


def read_all(work: Sequence[Work], pack: Pack[Packed]) -> Iterator[Packed]:
    """Yield what `pack` makes of the batches of all files, in the order given.

    It is packed where it was read. Vanished files yield nothing.
    """
    size = sum(file.size - (cursor.offset if cursor else 0) for file, cursor in work)
    processes = os.cpu_count() or 1
    if size < _WORTH_A_POOL or processes < 2 or len(work) < 2:
        for file, cursor in work:
            yield from _read_on(file, cursor, pack)
        return
    yield from _read_in_pool(work, pack, min(processes, 8))


def _read_in_pool(work: Sequence[Work], pack: Pack[Packed], processes: int) -> Iterator[Packed]:
    # imported here: a start with little to read should not pay for it
    from ccmeter.transcripts.helpers import Helpers

    tasks = list(_tasks(work))
    helpers = Helpers(partial(_read_task, pack), processes, _start_method(), _AHEAD)
    for task, result in zip(tasks, helpers.map(tasks), strict=True):
        for number, packed, rest in result:
            yield packed
            if rest:  # what a long file has left is read here, in order
                yield from _read_on(task[number][0], rest, pack)


def _start_method() -> str:
    """Forking is the fastest start, and safe only where no other thread runs."""
    single = threading.active_count() == 1
    return "fork" if sys.platform == "linux" and single else "spawn"


def _tasks(work: Sequence[Work]) -> Iterator[list[Work]]:
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


def _read_task(pack: Pack[Packed], task: list[Work]) -> list[Piece[Packed]]:
    """Read each file, a long one up to a stretch. Runs in a process of the pool."""
    found: list[Piece[Packed]] = []
    for number, (file, cursor) in enumerate(task):
        size = 0
        batch = read_batch(file, cursor)
        while batch is not None:
            size += batch.size
            rest = batch.more and size >= _STRETCH
            found.append((number, pack(batch), batch.cursor if rest else None))
            batch = read_batch(file, batch.cursor) if batch.more and not rest else None
    return found


def _read_on(file: Transcript, cursor: Cursor | None, pack: Pack[Packed]) -> Iterator[Packed]:
    batch = read_batch(file, cursor)
    while batch is not None:
        yield pack(batch)
        batch = read_batch(file, batch.cursor) if batch.more else None
