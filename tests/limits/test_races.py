"""Processes that write, take, and die, all at once."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from ccmeter.limits.spool import LINGER_MS
from ccmeter.store.db import open_rw
from ccmeter.store.limits import load_seen, take_in

NOON = 1_795_435_200_000
RESET_S = NOON // 1000 + 7200
WRITERS, LINES, TAKERS = 10, 200, 3

# Every line shows a percentage of its own, each higher than those of its writer before.
WRITER = """
import json, os, sys, time
home, number, lines, noon, reset, pause_ms = sys.argv[1], *map(int, sys.argv[2:])
sys.stdin.read(1)
for n in range(lines):
    time.sleep(pause_ms / 1000)
    window = {"used_percentage": n / 100, "resets_at": reset}
    text = json.dumps({"t": noon + n, "config": f"/home/{number}", "five_hour": window}) + "\\n"
    file = os.open(home + "/limits.spool", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, text.encode())
    os.close(file)
"""
TAKER = """
import os, sys
from ccmeter.store.db import open_rw
from ccmeter.store.limits import take_in
connection = open_rw(sys.argv[1])
sys.stdin.read(1)
while not os.path.exists(sys.argv[1] + "/stop"):
    take_in(connection, sys.argv[1])
"""


def start(program: str, *arguments: object) -> subprocess.Popen[bytes]:
    """A process that waits for a byte before it begins."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def begin(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        assert process.stdin
        process.stdin.write(b"x")
        process.stdin.close()


def finish(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        assert process.stderr
        message = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait() == 0, message


def test_ten_writers_and_three_takers_lose_no_line_and_store_none_twice(tmp_path: Path) -> None:
    open_rw(str(tmp_path)).close()
    takers = [start(TAKER, tmp_path) for _ in range(TAKERS)]
    writers = [start(WRITER, tmp_path, n, LINES, NOON, RESET_S, 0) for n in range(WRITERS)]
    begin(*takers, *writers)
    finish(*writers)
    (tmp_path / "stop").touch()
    finish(*takers)

    with closing(open_rw(str(tmp_path))) as connection:
        take_in(connection, str(tmp_path))
        found = [(each.folder, each.used) for each in load_seen(connection)]
        assert sorted(found) == sorted(
            (f"/home/{n}", used) for n in range(WRITERS) for used in range(LINES)
        )
        take_in(connection, str(tmp_path), round(time.time() * 1000) + LINGER_MS + 1)
        assert len(load_seen(connection)) == len(found)
    assert list(tmp_path.glob("limits.spool*")) == []


def test_a_taker_that_is_killed_before_its_commit_loses_nothing(tmp_path: Path) -> None:
    with closing(open_rw(str(tmp_path))) as connection:
        writer = start(WRITER, tmp_path, 1, 5, NOON, RESET_S, 0)
        begin(writer)
        finish(writer)
        connection.execute("begin immediate")  # nobody else can commit
        taker = start(TAKER, tmp_path)
        begin(taker)
        while (tmp_path / "limits.spool").exists():
            time.sleep(0.01)
        time.sleep(0.2)
        taker.send_signal(signal.SIGKILL)
        taker.wait()
        assert taker.stderr
        taker.stderr.close()
        connection.execute("rollback")

        assert load_seen(connection) == []
        assert take_in(connection, str(tmp_path)) == 5


def test_takers_at_every_moment_of_a_kill_leave_nothing_behind_and_lose_nothing(
    tmp_path: Path,
) -> None:
    open_rw(str(tmp_path)).close()
    writers = [start(WRITER, tmp_path, n, LINES, NOON, RESET_S, 10) for n in range(3)]
    begin(*writers)
    for round_number in range(100):
        if all(writer.poll() is not None for writer in writers):
            break
        taker = start(TAKER, tmp_path)
        begin(taker)
        time.sleep(0.1 + round_number * 0.02)
        taker.kill()
        taker.wait()
        assert taker.stderr
        taker.stderr.close()
    finish(*writers)

    with closing(open_rw(str(tmp_path))) as connection:
        take_in(connection, str(tmp_path))
        assert len(load_seen(connection)) == 3 * LINES
        assert _sound(connection)


def _sound(connection: sqlite3.Connection) -> bool:
    return connection.execute("pragma integrity_check").fetchone() == ("ok",)
