"""Reading many files: in this process when little is new, on all cores when much is."""

import os
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.reader import Batch, read_batch

if TYPE_CHECKING:
    from concurrent.futures import Future

Work = tuple[Transcript, Cursor | None]

_WORTH_A_POOL = 48 << 20  # bytes; below that, starting processes costs more than it saves
_TASK_BYTES = 4 << 20  # small files travel together
_AHEAD = 4  # tasks per process that may wait, which bounds the memory


def read_all(work: Sequence[Work], now: float) -> Iterator[Batch]:
    """Yield the batches of all files, in the order given; vanished files yield nothing."""
    size = sum(file.size - (cursor.offset if cursor else 0) for file, cursor in work)
    processes = os.cpu_count() or 1
    if size < _WORTH_A_POOL or processes < 2 or len(work) < 2:
        for file, cursor in work:
            yield from _read_on(file, cursor, now)
        return
    yield from _read_in_pool(work, now, min(processes, 8))


def _read_in_pool(work: Iterable[Work], now: float, processes: int) -> Iterator[Batch]:
    # imported here: a start with little to read should not pay for them
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context(_start_method())
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting: deque[tuple[list[Work], Future[list[Batch]]]] = deque()
        for task in _tasks(work):
            waiting.append((task, pool.submit(_read_task, task, now)))
            if len(waiting) >= _AHEAD * processes:
                yield from _finish(*waiting.popleft(), now)
        while waiting:
            yield from _finish(*waiting.popleft(), now)


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


def _read_task(task: list[Work], now: float) -> list[Batch]:
    """Read the first stretch of each file. Runs in a process of the pool."""
    found = (read_batch(file, cursor, now) for file, cursor in task)
    return [batch for batch in found if batch is not None]


def _finish(task: list[Work], future: "Future[list[Batch]]", now: float) -> Iterator[Batch]:
    """Yield a task's batches; what a long file has left is read here, in order."""
    for batch in future.result():
        yield batch
        if batch.more:
            yield from _read_on(batch.file, batch.cursor, now)


def _read_on(file: Transcript, cursor: Cursor | None, now: float) -> Iterator[Batch]:
    batch = read_batch(file, cursor, now)
    while batch is not None:
        yield batch
        batch = read_batch(file, batch.cursor, now) if batch.more else None
