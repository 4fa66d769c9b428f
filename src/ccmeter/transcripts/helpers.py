"""Processes that do tasks for this one, of which any may be killed at any moment.

Unlike the standard library's pool, which waits for ever for the rest of a result whose process
was killed while it was sending.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, NamedTuple, TypeVar, cast

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 4  # results per process that may wait for their turn, which bounds the memory
_LOOK_UP_S = 0.5


class _Helper(NamedTuple):
    process: BaseProcess
    connection: Connection


class Helpers(Generic[Task, Result]):
    """A number of processes that do one kind of work. What a killed one leaves is done here."""

    def __init__(self, work: Callable[[Task], Result], count: int, start_method: str) -> None:
        self._work = work
        self._ahead = _AHEAD * count
        self._helpers = [_start(work, start_method) for _ in range(count)]
        self._idle = list(self._helpers)
        self._busy: dict[Connection, tuple[_Helper, int, Task]] = {}
        self._done: dict[int, Result] = {}

    def map(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the results of the tasks, in their order. Can be used once."""
        rest = enumerate(tasks)
        given = wanted = 0
        try:
            while True:
                given += self._hand_out(rest, self._ahead - (given - wanted))
                if wanted == given:
                    return
                while wanted not in self._done:
                    self._collect()
                yield self._done.pop(wanted)
                wanted += 1
        finally:
            self._end()

    def _hand_out(self, tasks: Iterator[tuple[int, Task]], most: int) -> int:
        """Give tasks to all that are idle; return how many."""
        given = 0
        while given < most and (self._idle or not self._busy):
            task = next(tasks, None)
            if task is None:
                break
            self._give(*task)
            given += 1
        return given

    def _give(self, number: int, task: Task) -> None:
        while self._idle:
            helper = self._idle.pop()
            try:
                helper.connection.send(task)
            except OSError:  # killed while it was idle
                continue
            self._busy[helper.connection] = (helper, number, task)
            return
        self._done[number] = self._work(task)

    def _collect(self) -> None:
        for connection in wait(list(self._busy)):
            helper, number, task = self._busy.pop(cast(Connection, connection))
            try:
                self._done[number] = helper.connection.recv()
                self._idle.append(helper)
            except (EOFError, OSError):  # killed, perhaps in the middle of its result
                self._done[number] = self._work(task)

    def _end(self) -> None:
        for helper in self._helpers:
            helper.process.kill()
            helper.process.join()
            helper.connection.close()


def _start(work: Callable[[Task], Result], start_method: str) -> _Helper:
    context: Any = get_context(start_method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work, os.getpid()), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is the end of what can be received
    return _Helper(process, ours)


def _serve(connection: Connection, work: Callable[[Task], Result], parent: int) -> None:
    """Do what is sent until killed; on Ctrl-C at once and silently."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            connection.send(work(connection.recv()))


def _end_with(parent: int) -> None:
    """Do not outlive the parent: the writer's lock is held here, too."""
    while os.getppid() == parent:
        time.sleep(_LOOK_UP_S)
    os._exit(1)
