"""Processes that do tasks for this one, of which any may be killed at any moment.

Unlike the standard library's pool, which waits for ever for the rest of a result whose process
was killed while it was sending.
"""

import gc
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar, cast

Task = TypeVar("Task")
Result = TypeVar("Result")

_LOOK_UP_S = 0.5


class _Helper(NamedTuple, Generic[Task]):
    process: BaseProcess
    connection: Connection
    tasks: deque[tuple[int, Task]]  # that it has been given and not yet done


class Helpers(Generic[Task, Result]):
    """A number of processes that do one kind of work. What a killed one leaves is done here.

    Where the system allows no more processes there are fewer.

    Each is given up to `ahead` tasks at once, so that it goes on while this process is busy with
    results; that many results per process may wait for their turn, which bounds the memory.
    """

    def __init__(
        self, work: Callable[[Task], Result], count: int, start_method: str, ahead: int = 1
    ) -> None:
        self._work = work
        self._ahead = ahead
        self._helpers: list[_Helper[Task]] = list(_started(work, count, start_method))
        self._alive = {helper.connection: helper for helper in self._helpers}
        self._done: dict[int, Result] = {}

    def map(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the results of the tasks, in their order. Can be used once."""
        rest = enumerate(tasks)
        most = self._ahead * max(1, len(self._helpers))
        given = wanted = 0
        try:
            while True:
                given += self._hand_out(rest, most - (given - wanted))
                if wanted == given:
                    return
                while wanted not in self._done:
                    self._collect()
                yield self._done.pop(wanted)
                wanted += 1
        finally:
            self._end()

    def _hand_out(self, tasks: Iterator[tuple[int, Task]], most: int) -> int:
        """Give tasks to all that have too few; return how many."""
        given = 0
        while given < most and self._has_room():
            task = next(tasks, None)
            if task is None:
                break
            self._give(task)
            given += 1
        return given

    def _has_room(self) -> bool:
        """Whether someone can take a task; this process does so when all others are gone."""
        return not self._alive or len(self._laziest().tasks) < self._ahead

    def _laziest(self) -> _Helper[Task]:
        return min(self._alive.values(), key=lambda helper: len(helper.tasks))

    def _give(self, task: tuple[int, Task]) -> None:
        while self._alive:
            helper = self._laziest()
            try:
                helper.connection.send(task[1])
            except OSError:  # killed
                self._do_for(helper)
                continue
            helper.tasks.append(task)
            return
        self._done[task[0]] = self._work(task[1])

    def _collect(self) -> None:
        busy = [helper.connection for helper in self._alive.values() if helper.tasks]
        for connection in wait(busy):
            helper = self._alive[cast(Connection, connection)]
            try:
                result = helper.connection.recv()
            except (EOFError, OSError):  # killed, perhaps in the middle of its result
                self._do_for(helper)
            else:
                self._done[helper.tasks.popleft()[0]] = result

    def _do_for(self, helper: _Helper[Task]) -> None:
        """Do here what a killed process had been given."""
        del self._alive[helper.connection]
        for number, task in helper.tasks:
            self._done[number] = self._work(task)

    def _end(self) -> None:
        for helper in self._helpers:
            helper.process.kill()
            helper.process.join()
            helper.connection.close()


def _started(
    work: Callable[[Task], Result], count: int, start_method: str
) -> Iterator[_Helper[Task]]:
    """As many processes as the system allows, perhaps none."""
    with suppress(OSError):  # no more processes, or files
        for _ in range(count):
            yield _start(work, start_method)


def _start(work: Callable[[Task], Result], start_method: str) -> _Helper[Task]:
    context: Any = get_context(start_method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work, os.getpid()), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is the end of what can be received
    return _Helper(process, ours, deque())


def _serve(connection: Connection, work: Callable[[Task], Result], parent: int) -> None:
    """Do what is sent until killed; on Ctrl-C at once and silently."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()  # what a fork shares would be copied by looking at it
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    results: SimpleQueue[Result] = SimpleQueue()
    threading.Thread(target=_send, args=(connection, results), daemon=True).start()
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            results.put(work(connection.recv()))


def _send(connection: Connection, results: "SimpleQueue[Result]") -> None:
    """Send results while the next ones are made: a pipe holds less than one of them."""
    with suppress(OSError):  # the parent is gone
        while True:
            connection.send(results.get())


def _end_with(parent: int) -> None:
    """Do not outlive the parent: the writer's lock is held here, too."""
    while os.getppid() == parent:
        time.sleep(_LOOK_UP_S)
    os._exit(1)
