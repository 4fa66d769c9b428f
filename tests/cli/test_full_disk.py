"""A disk that is full is told as such; nothing that was stored is lost, and all is read later."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ccmeter.faults import fault_of
from ccmeter.store.db import open_rw
from ccmeter.store.transaction import transaction

Line = dict[str, Any]
DAYS = ("--since", "2026-11-23", "--until", "2026-11-23", "--json")
MANY = 20_000  # responses: a few megabytes


@pytest.fixture
def on_small_disk(repo_root: Path, home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run lines of sh where the data folder is a disk of 2 MB of its own."""
    folder = home / "ccmeter"
    folder.mkdir()
    environ = {**os.environ, "PYTHONPATH": str(repo_root / "src"), "DATA": str(folder)}
    words = f"""
        mount -t tmpfs -o size=2m none "$DATA" || exit 99
        bigger() {{ mount -t tmpfs -o remount,size=99m none "$DATA"; }}
        ccmeter() {{ '{sys.executable}' -m ccmeter "$@"; }}
    """

    def run(script: str) -> subprocess.CompletedProcess[str]:
        command = ["unshare", "-rm", "sh", "-c", words + script]  # nobody else sees the disk
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)

    if not shutil.which("unshare") or run(":").returncode:
        pytest.skip("no disk can be mounted here")
    return run


@pytest.fixture
def many(transcript: Callable[..., Path], answer: Callable[..., Line]) -> None:
    for number in range(10):
        lines = (
            answer(f"m{number}-{n}", f"2026-11-23T12:{number:02}:{n % 60:02}.000Z")
            for n in range(MANY // 10)
        )
        transcript(*lines, session=f"session-{number}")


def test_a_full_disk_is_told_and_when_it_is_not_full_any_more_all_is_read(
    on_small_disk: Callable[..., subprocess.CompletedProcess[str]], many: None
) -> None:
    script = f"ccmeter report {' '.join(DAYS)}; echo $?\nbigger\nccmeter report {' '.join(DAYS)}"
    done = on_small_disk(script)

    assert done.stderr == (
        "ccmeter: no space is left on the disk. Free some and run it again; what was stored is"
        " safe.\n"
    )
    code, _, document = done.stdout.partition("\n")
    assert code == "1"
    assert json.loads(document)["totals"]["responses"] == MANY


def test_doctor_sees_it(
    on_small_disk: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = on_small_disk("ccmeter doctor --json; bigger; ccmeter doctor --json")
    found, bigger = (
        {check["name"]: check for check in json.loads(text)["checks"]}["disk"]
        for text in done.stdout.replace("}\n{", "}\0{").split("\0")
    )

    assert found["status"] == "problem"
    assert found["message"].startswith("only 2.1 MB free")
    assert bigger["status"] == "note"


@pytest.fixture
def table(home: Path) -> Iterator[sqlite3.Connection]:
    """A database whose file may not grow much."""
    with closing(open_rw(str(home / "ccmeter"))) as connection:
        connection.execute("create table texts (text)")
        connection.execute("pragma max_page_count = 100")
        yield connection


def write(connection: sqlite3.Connection, size: int, times: int) -> None:
    with transaction(connection):
        for _ in range(times):
            connection.execute("insert into texts values (?)", ("x" * size,))
        raise ValueError("it was not full")


@pytest.mark.parametrize(
    ("times", "error", "told"),
    [(1000, sqlite3.OperationalError, "no space is left on the disk. Free some and run it again;"
      " what was stored is safe."), (1, ValueError, None)],
)  # fmt: skip
def test_the_error_that_ended_a_transaction_is_the_one_that_is_told(
    times: int, error: type[Exception], told: str | None, table: sqlite3.Connection
) -> None:
    with pytest.raises(error, match="full") as found:
        write(table, 8000, times)

    assert fault_of(found.value) == told
    assert not table.in_transaction
    assert table.execute("select count(*) from texts").fetchone() == (0,)


def test_what_a_locked_and_a_damaged_database_say_is_no_bug(
    table: sqlite3.Connection, home: Path
) -> None:
    path = home / "ccmeter" / "ccmeter.db"
    damaged = path.with_name("no.db")
    damaged.write_bytes(b"no database" * 1000)
    with (
        closing(sqlite3.connect(path, timeout=0)) as other,
        closing(sqlite3.connect(damaged)) as unreadable,
        transaction(table),
    ):
        with pytest.raises(sqlite3.OperationalError) as busy:
            other.execute("begin immediate")
        with pytest.raises(sqlite3.DatabaseError) as no_database:
            unreadable.execute("select * from x")

    assert str(fault_of(busy.value)).startswith("another program uses the database")
    assert str(fault_of(no_database.value)).endswith("What to do: ccmeter doctor")


def test_too_many_open_files_are_no_bug() -> None:
    assert str(fault_of(OSError(errno.EMFILE, "x"))).endswith("ulimit -n 1024")


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), FileNotFoundError(2, "x")])
def test_everything_else_is_a_bug(error: Exception, table: sqlite3.Connection) -> None:
    assert fault_of(error) is None
    with pytest.raises(sqlite3.OperationalError) as wrong:
        table.execute("select nothing")
    assert fault_of(wrong.value) is None


NO_DISK = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")


@NO_DISK
def test_output_that_finds_no_space_is_no_bug(repo_root: Path, many: None) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ccmeter", "report", *DAYS],
            env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip

    assert done.stderr.startswith("ccmeter: no space is left on the disk.")
    assert done.returncode == 1


@NO_DISK
@pytest.mark.parametrize(
    "words",
    ["report", "report --json", "report --csv", "report --html -", "audit", "audit --json",
     "plans", "doctor", "doctor --json", "sync", "sync --json", "config show", "config path",
     "prices list", "prices check", "limits", "export", "--help", "report --help", "--version"],
)  # fmt: skip
def test_every_command_tells_it_in_one_line(
    repo_root: Path, transcript: Callable[..., Path], answer: Callable[..., Line], words: str
) -> None:
    transcript(answer("m1", "2026-11-23T12:00:00.000Z"))
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ccmeter", *words.split()],
            env={**os.environ, "PYTHONPATH": str(repo_root / "src"), "PYTHONUNBUFFERED": ""},
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip

    (line,) = done.stderr.splitlines()
    assert line.startswith("ccmeter: no space is left on the disk.")
    assert done.returncode == 1
