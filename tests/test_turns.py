"""Reading in turns: the same as in one pass, and others may write between them."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ccmeter.ingest import ingest
from ccmeter.store.db import open_rw
from ccmeter.store.lock import LockBusyError, writer_lock
from ccmeter.turns import read_in_turns

MANY = 12
LINE = (
    '{"type":"assistant","sessionId":"s%02d","timestamp":"2026-05-02T12:00:00.000Z","requestId":'
    '"r%s","uuid":"u%s","message":{"id":"%s","model":"claude-opus-5-5","stop_reason":"end_turn",'
    '"usage":{"input_tokens":5,"output_tokens":7}}}\n'
)


@pytest.fixture
def sessions(claude_dir: Path) -> list[Path]:
    """Sessions, the oldest first; the last is a fork that repeats the first."""
    paths = []
    for number in range(MANY):
        path = claude_dir / "projects" / f"s{number:02}.jsonl"
        keys = (f"m{number:02}", *(("m00",) if number == MANY - 1 else ()))
        path.write_text("".join(LINE % (number, key, key, key) for key in keys))
        os.utime(path, (1_777_726_800 + number,) * 2)
        paths.append(path)
    return paths


def keys(home: str) -> list[str]:
    with closing(open_rw(home)) as connection:
        rows = connection.execute("select key from responses order by key").fetchall()
    return [key for (key,) in rows]


def rows(home: str) -> list[tuple[Any, ...]]:
    """What is stored of the responses, with names in place of numbers."""
    query = (
        "select key, session, path, responses.offset, output_tokens from responses"
        " join owners on owners.id = owner_id join sessions on sessions.id = session_id"
        " join files on files.id = responses.source order by key"
    )
    with closing(sqlite3.connect(os.path.join(home, "ccmeter.db"))) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("turn", [1, 700, 1 << 30])
def test_turns_and_what_they_leave_are_one_pass(
    sessions: list[Path], claude_dir: Path, home: Path, turn: int
) -> None:
    once, often = str(home / "once"), str(home / "often")
    with closing(open_rw(once)) as connection:
        ingest(connection, [str(claude_dir)])
    read_in_turns(often, [str(claude_dir)], 0.0, turn=turn)
    left = MANY - len(keys(often))
    with closing(open_rw(often)) as connection:
        stats = ingest(connection, [str(claude_dir)])

    assert left == stats.files_read == {1: 1, 700: 4, 1 << 30: MANY}[turn]
    assert rows(often) == rows(once)


def test_between_turns_others_may_write_and_nothing_is_read_twice(
    sessions: list[Path], claude_dir: Path, home: Path
) -> None:
    seen: list[int] = []
    own = str(home / "own")
    shown: list[tuple[int, int]] = []

    def read(step: Callable[[int, int], None]) -> None:
        read_in_turns(own, [str(claude_dir)], 15.0, step, turn=1)

    reading = Thread(target=read, args=[lambda *step: shown.append(step)])
    reading.start()
    while reading.is_alive():
        with suppress(LockBusyError), writer_lock(own, 0.0):
            seen.append(len(keys(own)))
        time.sleep(0.01)
    reading.join()

    assert {0, 1, 2, 5, MANY - 2} <= set(seen)
    assert [done for done, _ in shown] == sorted(done for done, _ in shown)
    assert shown[-1][0] < shown[-1][1]


def test_what_another_has_read_meanwhile_is_left_alone(
    sessions: list[Path], claude_dir: Path, home: Path
) -> None:
    own = str(home / "own")

    def read_all(done: int, total: int) -> None:
        with closing(open_rw(own)) as connection:
            stats.append(ingest(connection, [str(claude_dir)]))

    stats: list[Any] = []
    read_in_turns(own, [str(claude_dir)], 0.0, read_all, turn=1)

    assert [each.files_read for each in stats] == [MANY - 1, *[0] * (MANY - 2)]
    assert len(keys(own)) == MANY


def test_whoever_writes_for_long_ends_the_turns(
    sessions: list[Path], claude_dir: Path, home: Path
) -> None:
    own = str(home / "own")
    with writer_lock(own, 0.0), pytest.raises(LockBusyError):
        read_in_turns(own, [str(claude_dir)], 0.1)
