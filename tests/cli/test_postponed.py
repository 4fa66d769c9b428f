"""A first report shows its days before a long history of older ones has been read."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen
from typing import Any, NamedTuple

import pytest

from ccmeter.cli.place import Place
from ccmeter.cli.source import bring_up_to_date
from ccmeter.config import Config
from ccmeter.limits.spool import SPOOL

Run = Callable[..., CompletedProcess[str]]
Write = Callable[..., Path]
Answer = Callable[..., dict[str, Any]]
SINCE_MS = 1_794_873_600_000
WEEK = ("report", "--since", "2026-11-17", "--until", "2026-11-23", "--timezone", "UTC")
RECENT, OLD = 1_795_179_600, 1_777_726_800  # seconds: 20 November and 2 May 2026, 13:00
MUCH = b'{"type":"user","message":"' + b"x" * (1 << 20) + b'"}'  # a line of a megabyte
DAMAGED = b'{"type":"assistant","message":{"usage":'


WHILE_ANOTHER_READS = """
import sys
from contextlib import ExitStack
from ccmeter.cli.place import Place
from ccmeter.cli.postponed import read_behind
from ccmeter.cli.source import bring_up_to_date
from ccmeter.config import Config
from ccmeter.store.lock import writer_lock
place = Place(sys.argv[1], Config(), [sys.argv[2]])
assert bring_up_to_date(place, 1_794_873_600_000, postpone=True).postponed
with writer_lock(place.home, 0.0):
    assert read_behind(ExitStack(), place, None, None) == 0
"""


class History(NamedTuple):
    """A session of these days, its agent of before, and a session that ended long ago."""

    recent: Path
    agent: Path
    old: Path


@pytest.fixture
def history(transcript: Write, answer: Answer) -> History:
    recent = transcript(answer("new", "2026-11-20T12:00:00.000Z"), session="recent")
    agent = recent.parent / "recent" / "subagents" / "agent-a1.jsonl"
    agent.parent.mkdir(parents=True)
    line = answer("agent", "2026-05-01T12:00:00.000Z", isSidechain=True, agentId="a1")
    agent.write_text(json.dumps(line) + "\n")
    old = transcript(answer("old", "2026-05-02T12:00:00.000Z"), *[MUCH] * 70, session="old")
    for path, when in ((recent, RECENT), (agent, OLD), (old, OLD)):
        os.utime(path, (when, when))
    return History(recent, agent, old)


@pytest.fixture
def own_home() -> Path:
    """ccmeter's data folder of this test."""
    return Path(os.environ["CCMETER_HOME"])


def add(path: Path, *lines: dict[str, Any] | bytes) -> None:
    """Add lines and leave no trace of it in the time of the last change, as a wrong clock may."""
    changed = path.stat().st_mtime
    with open(path, "ab") as file:
        for line in lines:
            file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
    os.utime(path, (changed, changed))


def environment(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root / "src")}


def stored(home: Path) -> set[str]:
    with closing(sqlite3.connect(home / "ccmeter.db")) as connection:
        return {key for (key,) in connection.execute("select key from responses")}


def test_what_is_postponed_is_not_read_until_a_pass_that_postpones_nothing(
    history: History, own_home: Path, claude_dir: Path
) -> None:
    place = Place(str(own_home), Config(), [str(claude_dir)])

    for _ in range(2):
        assert bring_up_to_date(place, SINCE_MS, postpone=True) == ([], True, False)
        assert stored(own_home) == {"new", "agent"}  # agents belong to their session

    assert bring_up_to_date(place, SINCE_MS) == ([], False, False)
    assert stored(own_home) == {"new", "agent", "old"}


def test_what_status_lines_wrote_waits_for_the_transcripts_that_tell_whose_it_is(
    history: History, own_home: Path, claude_dir: Path
) -> None:
    place = Place(str(own_home), Config(), [str(claude_dir)])
    own_home.mkdir()
    (own_home / SPOOL).write_text("{}\n")

    bring_up_to_date(place, SINCE_MS, postpone=True)
    assert (own_home / SPOOL).exists()
    bring_up_to_date(place)
    assert not (own_home / SPOOL).exists()


@pytest.mark.parametrize("kept", [1, 60])
def test_little_is_not_postponed(
    history: History, own_home: Path, claude_dir: Path, kept: int
) -> None:
    history.old.write_bytes(b"".join(history.old.read_bytes().splitlines(keepends=True)[:kept]))
    os.utime(history.old, (OLD, OLD))
    place = Place(str(own_home), Config(), [str(claude_dir)])

    assert bring_up_to_date(place, SINCE_MS, postpone=True) == ([], False, False)
    assert stored(own_home) == {"new", "agent", "old"}


def test_a_clock_may_be_wrong_by_minutes(
    history: History, own_home: Path, claude_dir: Path
) -> None:
    before = SINCE_MS / 1000 - 50 * 60
    os.utime(history.old, (before, before))
    place = Place(str(own_home), Config(), [str(claude_dir)])

    assert bring_up_to_date(place, SINCE_MS, postpone=True) == ([], False, False)


def test_a_report_is_that_of_everything_and_in_the_end_everything_is_read(
    history: History, run_ccmeter: Run, own_home: Path
) -> None:
    shown = run_ccmeter(*WEEK)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert sum(path.stat().st_size for path in own_home.glob("*-wal")) == 0
    assert stored(own_home) == {"new", "agent", "old"}
    assert run_ccmeter(*WEEK).stdout == shown.stdout
    assert "1 response" in shown.stdout


def test_a_report_on_days_without_use_does_not_say_that_there_are_no_transcripts(
    history: History, run_ccmeter: Run
) -> None:
    history.recent.unlink()
    history.agent.unlink()

    shown = run_ccmeter(*WEEK)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert run_ccmeter(*WEEK).stdout == shown.stdout


def test_what_older_transcripts_change_is_told(
    history: History, run_ccmeter: Run, answer: Answer
) -> None:
    add(history.old, answer("late", "2026-11-21T12:00:00.000Z"))

    shown = run_ccmeter(*WEEK)

    assert "1 response" in shown.stdout
    assert shown.stderr.startswith("ccmeter: the older transcripts change this report")
    again = run_ccmeter(*WEEK)
    assert "2 responses" in again.stdout
    assert again.stderr == ""


@pytest.mark.parametrize(
    "options", [["--json"], ["--csv"], ["--fail-on", "alarm"], ["--session", "old"]]
)
def test_programs_and_whoever_looks_for_something_are_told_everything_at_once(
    history: History, run_ccmeter: Run, answer: Answer, options: list[str]
) -> None:
    add(history.old, answer("late", "2026-11-21T12:00:00.000Z"))

    shown = run_ccmeter(*WEEK, *options)

    assert shown.stderr == ""
    assert run_ccmeter(*WEEK, *options).stdout == shown.stdout


def test_damaged_lines_of_before_are_told(history: History, run_ccmeter: Run) -> None:
    add(history.old, DAMAGED)

    assert "change this report" in run_ccmeter(*WEEK).stderr


def test_an_older_transcript_that_may_not_be_read_is_told_at_once(
    history: History, repo_root: Path, powerless: Sequence[str]
) -> None:
    history.old.chmod(0)

    shown = subprocess.run(
        [*powerless, sys.executable, "-m", "ccmeter", *WEEK],
        env=environment(repo_root),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "cannot be read" in " ".join(shown.stdout.split())
    assert shown.stderr == ""


def test_another_ccmeter_that_is_reading_is_left_to_do_the_rest(
    history: History, repo_root: Path, own_home: Path, claude_dir: Path
) -> None:
    program = [sys.executable, "-c", WHILE_ANOTHER_READS, str(own_home), str(claude_dir)]

    shown = subprocess.run(
        program, env=environment(repo_root), capture_output=True, text=True, check=True, timeout=10
    )

    assert shown.stdout == ""
    assert shown.stderr.startswith("ccmeter: older transcripts are still being read")
    assert stored(own_home) == {"new", "agent"}


def test_the_report_is_complete_before_the_rest_is_read_and_that_may_be_interrupted(
    history: History, repo_root: Path
) -> None:
    with open(history.old, "r+b") as file:  # hours of reading, if a second can stand for them
        for number in range(1, 1500):
            file.seek(number << 20)
            file.write(b"\n")
    os.utime(history.old, (OLD, OLD))
    command = [sys.executable, "-m", "ccmeter", *WEEK]
    with Popen(
        command, env=environment(repo_root), stdout=PIPE, stderr=PIPE, text=True
    ) as reporting:
        assert reporting.stdout
        assert reporting.stderr
        shown = reporting.stdout.read()  # until it is closed
        reporting.send_signal(signal.SIGINT)

        assert "1 response" in shown
        assert reporting.wait(60) == 130
        assert "interrupted: the next command goes on" in reporting.stderr.read()
