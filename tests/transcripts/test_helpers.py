"""Processes that do tasks: results in order, all of them, whoever is killed and when."""

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from ccmeter.transcripts.helpers import Helpers

LARGE = 8 << 20  # far more than a pipe holds: sending it waits for the receiver


def slow_square(number: int) -> int:
    time.sleep(0.002 * (7 - number % 7))
    return number * number


def large(number: int) -> bytes:
    return number.to_bytes(1, "big") * LARGE


def pids() -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.pid]


def helpers_of(before: list[int]) -> list[int]:
    return [pid for pid in pids() if pid not in before]


@pytest.fixture
def nobody_is_left() -> Iterator[list[int]]:
    """The processes before the test; there must be no others after it."""
    before = pids()
    yield before
    assert helpers_of(before) == []


pytestmark = [
    pytest.mark.usefixtures("nobody_is_left"),
    # the test runner's own threads do nothing that a forked process could wait for
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("tasks", [0, 1, 60])
def test_results_come_in_the_order_of_the_tasks(count: int, tasks: int) -> None:
    found = Helpers(slow_square, count, "fork").map(range(tasks))

    assert list(found) == [n * n for n in range(tasks)]


def test_tasks_are_not_asked_for_long_before_their_turn() -> None:
    asked = []

    def tasks() -> Iterator[int]:
        for number in range(1000):
            asked.append(number)
            yield number

    found = Helpers(slow_square, 2, "fork").map(tasks())
    for _ in range(10):
        next(found)
    found.close()  # type: ignore[attr-defined]

    assert len(asked) < 30


def test_it_works_where_processes_cannot_be_forked() -> None:
    assert list(Helpers(str.upper, 2, "spawn").map(["a", "b", "c"])) == ["A", "B", "C"]


def test_processes_end_when_nobody_wants_more_results(nobody_is_left: list[int]) -> None:
    found = Helpers(slow_square, 3, "fork").map(range(100))
    next(found)
    assert len(helpers_of(nobody_is_left)) == 3
    found.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("victims", [1, 2, 3])
@pytest.mark.parametrize("after", [1, 5])
def test_what_killed_processes_had_to_do_is_done(
    victims: int, after: int, nobody_is_left: list[int]
) -> None:
    found = Helpers(slow_square, 3, "fork").map(range(50))
    results = [next(found) for _ in range(after)]
    for pid in helpers_of(nobody_is_left)[:victims]:
        os.kill(pid, signal.SIGKILL)
    results += found

    assert results == [n * n for n in range(50)]


@pytest.mark.parametrize("victims", [1, 2])
def test_a_process_killed_in_the_middle_of_a_result_is_not_waited_for(
    victims: int, nobody_is_left: list[int]
) -> None:
    found = Helpers(large, 2, "fork").map(range(6))
    results = [next(found)]
    time.sleep(0.3)  # both have a result that does not fit into the pipe
    for pid in helpers_of(nobody_is_left)[:victims]:
        os.kill(pid, signal.SIGKILL)
    results += found

    assert [(result[0], len(result)) for result in results] == [(n, LARGE) for n in range(6)]


def squares_with_files(room: int) -> list[int]:
    """Squares by three processes that may be started while there is room for so many files."""
    used = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + room, used + room))
    helpers = Helpers(slow_square, 3, "fork")
    return [len(pids()), *helpers.map(range(20))]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files cannot be counted")
@pytest.mark.parametrize("room", [0, 3, 5, 7, 9, 60])
def test_where_no_more_processes_can_be_started_the_work_is_done_all_the_same(room: int) -> None:
    with ProcessPoolExecutor(1, get_context("fork")) as other:
        started, *found = other.submit(squares_with_files, room).result()

    assert found == [n * n for n in range(20)]
    assert started == {0: 0, 60: 3}.get(room, started)
    assert started < 3 or room > 5


def test_an_error_of_the_work_is_the_callers(nobody_is_left: list[int]) -> None:
    found = Helpers(len, 2, "spawn").map(["a", 7, "b"])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        list(found)


def test_processes_do_not_outlive_a_parent_that_was_killed() -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def parent() -> None:
        found = Helpers(slow_square, 2, "fork").map(range(10_000))
        next(found)
        theirs.send(pids())
        time.sleep(60)

    process = context.Process(target=parent)
    process.start()
    children = ours.recv()
    process.kill()
    process.join()
    assert len(children) == 2
    waited = threading.Event()
    for _ in range(100):
        if not any(_running(pid) for pid in children):
            return
        waited.wait(0.05)
    pytest.fail("the processes are still there")


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
