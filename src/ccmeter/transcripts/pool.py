"""Reading many files: in this process when little is new, on all cores when much is."""

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.reader import Batch, read_batch

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Work = tuple[Transcript, Cursor | None]

_WORTH_A_POOL = 48 << 20  # bytes; below that, starting processes costs more than it saves
_TASK_BYTES = 4 << 20  # small files travel together
_AHEAD = 4  # tasks per process that may wait, which bounds the memory
_LOOK_UP_S = 0.5


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

    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context(_start_method()), _begin_process, (os.getpid(),)
    )
    waiting: deque[tuple[list[Work], Future[list[Batch]] | None]] = deque()
    try:
        for task in _tasks(work):
            waiting.append((task, _submit(pool, task, now)))
            if len(waiting) >= _AHEAD * processes:
                yield from _finish(*waiting.popleft(), now)
        while waiting:
            yield from _finish(*waiting.popleft(), now)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_process(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it: it holds the writer's lock."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_UP_S)
    os._exit(1)


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


def _submit(
    pool: "ProcessPoolExecutor", task: list[Work], now: float
) -> "Future[list[Batch]] | None":
    """Hand the task to the pool; None when a process of it was killed."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return pool.submit(_read_task, task, now)
    except BrokenProcessPool:
        return None


def _result(task: list[Work], future: "Future[list[Batch]] | None", now: float) -> list[Batch]:
    """What the pool read, or what is read here when a process of the pool was killed."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result() if future else _read_task(task, now)
    except BrokenProcessPool:
        return _read_task(task, now)


def _finish(task: list[Work], future: "Future[list[Batch]] | None", now: float) -> Iterator[Batch]:
    """Yield a task's batches; what a long file has left is read here, in order."""
    for batch in _result(task, future, now):
        yield batch
        if batch.more:
            yield from _read_on(batch.file, batch.cursor, now)


def _read_on(file: Transcript, cursor: Cursor | None, now: float) -> Iterator[Batch]:
    batch = read_batch(file, cursor, now)
    while batch is not None:
        yield batch
        batch = read_batch(file, batch.cursor, now) if batch.more else None
