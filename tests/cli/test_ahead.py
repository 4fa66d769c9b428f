"""A report may be found while another process still looks; it is printed only if it is right."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ccmeter.cli.ahead import answer_up_to_date
from ccmeter.cli.lookahead import Look
from ccmeter.cli.place import Place
from ccmeter.cli.source import BUSY, Missing
from ccmeter.cli.syncing import sync
from ccmeter.config import Config
from ccmeter.errors import CcmeterError
from ccmeter.store.lock import LockBusyError, writer_lock

Line = dict[str, Any]
NOTHING = b"nothing"  # is new


class Asked:
    """A question to the database: which responses it holds. Things happen while it is answered."""

    def __init__(self, *meanwhile: Callable[[], object]) -> None:
        self.answers: list[tuple[int, bool]] = []
        self.connections: list[sqlite3.Connection] = []
        self._meanwhile = list(meanwhile)

    def __call__(self, connection: sqlite3.Connection, missing: Missing) -> int:
        self.connections.append(connection)
        (count,) = connection.execute("select count(*) from responses").fetchone()
        self.answers.append((count, not any(missing)))
        if self._meanwhile:
            self._meanwhile.pop(0)()
        return int(count)


class Looking:
    """Another process that looks, played by the test: it says what it is told to."""

    def __init__(self) -> None:
        answer, self._theirs = os.pipe()
        self.look = Look(0, answer)

    def say(self, text: bytes) -> None:
        os.write(self._theirs, text)
        self.end()

    def end(self) -> None:
        os.close(self._theirs)


@pytest.fixture
def looking() -> Looking:
    return Looking()


@pytest.fixture
def place(home: Path, claude_dir: Path, transcript: Callable[..., Path],
          answer: Callable[..., Line]) -> Place:  # fmt: skip
    """A history of one response, which has been read."""
    transcript(answer("m1", "2026-11-23T12:00:00.000Z"))
    place = Place(str(home / "ccmeter"), Config(), [str(claude_dir)])
    sync(place.home, place.roots)
    return place


@pytest.fixture
def grow(transcript: Callable[..., Path], answer: Callable[..., Line]) -> Callable[[], Path]:
    """Add a session of one response."""
    return lambda: transcript(answer("m2", "2026-11-23T12:01:00.000Z"), session="session-2")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def found(
    stack: ExitStack,
    place: Place,
    looking: Looking,
    asked: Asked,
    *,
    cheap: bool = True,
    wait_s: float = 15.0,
) -> int:
    def renew(settled: bool) -> Missing:
        try:
            sync(place.home, place.roots, settled=settled, wait_s=wait_s)
        except LockBusyError:
            return Missing([BUSY])
        return Missing()

    return answer_up_to_date(stack, place, looking.look, renew, asked, cheap=cheap)


def test_where_nothing_is_new_the_early_answer_is_the_answer(
    stack: ExitStack, place: Place, looking: Looking
) -> None:
    asked = Asked(lambda: looking.say(NOTHING))

    assert found(stack, place, looking, asked) == 1
    assert asked.answers == [(1, True)]


def test_what_is_found_to_be_new_is_in_the_answer(
    stack: ExitStack, place: Place, looking: Looking, grow: Callable[[], Path]
) -> None:
    grow()
    asked = Asked(looking.end)

    assert found(stack, place, looking, asked) == 2
    assert asked.answers == [(1, True), (2, True)]
    stack.close()
    for connection in asked.connections:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("select 1")


def test_what_another_ccmeter_stores_meanwhile_is_in_the_answer(
    stack: ExitStack, place: Place, looking: Looking, grow: Callable[[], Path]
) -> None:
    def other() -> None:
        grow()
        sync(place.home, place.roots)
        looking.say(NOTHING)  # it looked after that: nothing is new

    assert found(stack, place, looking, Asked(other)) == 2


def test_an_answer_that_is_not_cheap_is_found_once(
    stack: ExitStack, place: Place, looking: Looking, grow: Callable[[], Path]
) -> None:
    grow()
    asked = Asked()
    later = threading.Timer(0.2, looking.end)
    later.start()
    try:
        assert found(stack, place, looking, asked, cheap=False) == 2
    finally:
        later.join()
    assert asked.answers == [(2, True)]


def test_when_there_is_an_answer_already_nothing_is_asked_early(
    stack: ExitStack, place: Place, looking: Looking, grow: Callable[[], Path]
) -> None:
    grow()
    looking.end()
    asked = Asked()

    assert found(stack, place, looking, asked) == 2
    assert asked.answers == [(2, True)]


def test_when_another_ccmeter_goes_on_reading_the_answer_says_so(
    stack: ExitStack, place: Place, looking: Looking
) -> None:
    asked = Asked(lambda: looking.say(NOTHING))
    with writer_lock(place.home, 0.0):
        assert found(stack, place, looking, asked, wait_s=0.0) == 1
    assert asked.answers == [(1, True), (1, False)]


@pytest.mark.parametrize("error", [CcmeterError("broken"), sqlite3.OperationalError("broken")])
def test_what_is_wrong_is_told_in_the_end(
    error: Exception, stack: ExitStack, place: Place, looking: Looking
) -> None:
    def fail() -> None:
        looking.say(NOTHING)
        raise error

    assert found(stack, place, looking, Asked(fail)) == 1
    looking = Looking()
    with pytest.raises(type(error), match="broken"):
        found(stack, place, looking, Asked(fail, fail_again(error)))


def fail_again(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_where_nothing_was_ever_read_everything_is(
    stack: ExitStack, place: Place, looking: Looking
) -> None:
    for path in Path(place.home).glob("ccmeter.db*"):
        path.unlink()
    looking.end()
    asked = Asked()

    assert found(stack, place, looking, asked) == 1
    assert asked.answers == [(1, True)]
