"""While one ccmeter reads old transcripts, others answer what does not depend on them."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen
from typing import Any, NamedTuple

import pytest

from ccmeter.cli.meanwhile import look_meanwhile
from ccmeter.cli.place import Place
from ccmeter.cli.postponed import leave
from ccmeter.cli.source import Missing, bring_up_to_date
from ccmeter.config import Config
from ccmeter.ingest import carry_out, plan, plan_files
from ccmeter.store.db import open_ro, open_rw
from ccmeter.store.lock import writer_lock

Run = Callable[..., CompletedProcess[str]]
Write = Callable[..., Path]
Answer = Callable[..., dict[str, Any]]
SINCE_MS = 1_794_873_600_000  # 17 November 2026
WEEK = ("report", "--since", "2026-11-17", "--until", "2026-11-23", "--timezone", "UTC")
RECENT, OLD = 1_795_179_600, 1_777_726_800  # seconds: 20 November and 2 May 2026, 13:00
BUSY_AFTER_S = 10.0
STILL = (
    "ccmeter: older transcripts are still being read: run the report once more to see whether they"
    " change it\n"
)
READ_THE_REST = """
import sys
from ccmeter.turns import read_in_turns
read_in_turns(sys.argv[1], [sys.argv[2]], 15.0, turn=1)
"""


class History(NamedTuple):
    """A session of these days, and one of long ago that takes a while to read."""

    recent: Path
    old: Path
    place: Place


@pytest.fixture
def history(transcript: Write, answer: Answer, claude_dir: Path) -> History:
    recent = transcript(answer("new", "2026-11-20T12:00:00.000Z"), session="recent")
    old = transcript(answer("old", "2026-05-02T12:00:00.000Z"), session="old")
    pad(old, 70)
    os.utime(recent, (RECENT, RECENT))
    home = os.environ["CCMETER_HOME"]
    return History(recent, old, Place(home, Config(), [str(claude_dir)]))


def pad(path: Path, megabytes: int, changed: int = OLD) -> None:
    """Make the transcript large, but not on the disk."""
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(b'{"type":"user","message":"')
        for number in range(1, megabytes):
            file.seek(number << 20)
            file.write(b'"}\n{"type":"user","message":"')
        file.write(b'"}\n')
    os.utime(path, (changed, changed))


def add(path: Path, line: dict[str, Any]) -> None:
    with open(path, "ab") as file:
        file.write(json.dumps(line).encode() + b"\n")


def stored(home: str) -> set[str]:
    connection = open_ro(home)
    if connection is None:
        return set()
    with closing(connection):
        return {key for (key,) in connection.execute("select key from responses")}


@contextmanager
def reading(root: Path, *words: str) -> Iterator[Popen[str]]:
    """Another process at work."""
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    command = [sys.executable, *words]
    with Popen(command, env=env, stdout=PIPE, stderr=PIPE, text=True) as process:
        yield process


def test_a_second_report_does_not_wait_for_what_the_first_reads_behind_itself(
    history: History, run_ccmeter: Run, repo_root: Path
) -> None:
    pad(history.old, 4_000)  # takes much longer to read than a report
    with reading(repo_root, "-m", "ccmeter", *WEEK) as first:
        assert first.stdout
        assert first.stderr
        shown = first.stdout.read()  # until it is closed
        second = run_ccmeter(*WEEK)

        assert first.poll() is None
        assert second.stdout == shown
        assert (second.returncode, second.stderr) == (0, STILL)
        assert "old" not in stored(history.place.home)
        assert (first.wait(60), first.stderr.read()) == (0, "")
    third = run_ccmeter(*WEEK)
    assert (third.stdout, third.stderr) == (shown, "")
    assert "1 response" in shown


def test_what_is_new_in_these_days_is_read_as_soon_as_the_other_gives_way(
    history: History, transcript: Write, answer: Answer, repo_root: Path
) -> None:
    bring_up_to_date(history.place, SINCE_MS, postpone=True)
    for number in range(40):
        name = f"old-{number:02}"
        path = transcript(answer(name, "2026-05-02T12:00:00.000Z"), session=name)
        pad(path, 4, OLD + number)
    add(history.recent, answer("newer", "2026-11-20T12:30:00.000Z"))
    home, root = history.place.home, history.place.roots[0]
    with reading(repo_root, "-c", READ_THE_REST, home, root) as other:
        while "old" not in stored(home):
            time.sleep(0.01)
        missing = bring_up_to_date(history.place, SINCE_MS, postpone=True)

        assert other.poll() is None
        assert missing == Missing([], postponed=True)
        assert "newer" in stored(home)
        assert "old-38" not in stored(home)
        assert other.communicate(timeout=60) == ("", "")
    assert stored(home) == {"new", "newer", "old", *(f"old-{number:02}" for number in range(40))}


def test_nothing_new_is_no_reason_to_wait_for_whoever_holds_the_lock(history: History) -> None:
    bring_up_to_date(history.place)
    with writer_lock(history.place.home, 0.0):
        started = time.monotonic()
        missing = bring_up_to_date(history.place, SINCE_MS, postpone=True)
        assert time.monotonic() - started < BUSY_AFTER_S
    assert missing == Missing([])


@pytest.mark.parametrize("missing", ["all", "line", "judgement"])
def test_a_report_is_not_answered_early_without_what_it_needs(
    history: History, answer: Answer, missing: str
) -> None:
    place = history.place
    if missing == "line":
        bring_up_to_date(place, SINCE_MS, postpone=True)
        add(history.recent, answer("newer", "2026-11-20T12:30:00.000Z"))
    if missing == "judgement":
        with closing(open_rw(place.home)) as connection:
            files = [file for file, _ in plan(connection, place.roots).work]
            carry_out(connection, plan_files(connection, files))

    assert look_meanwhile(place, SINCE_MS) is None


def test_of_days_that_hold_what_is_unread_no_report_is_answered_early(history: History) -> None:
    bring_up_to_date(history.place, SINCE_MS, postpone=True)

    assert look_meanwhile(history.place, SINCE_MS) == (True, [])
    assert look_meanwhile(history.place, OLD * 1000) is None


def test_what_another_is_reading_is_left_to_it_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert leave(Missing([], postponed=True, elsewhere=True), told_to=False)
    assert capsys.readouterr().err == STILL
    assert leave(Missing([], postponed=True), told_to=True)
    assert "left to the watcher" in capsys.readouterr().err
    assert not leave(Missing([], postponed=True), told_to=False)
    assert capsys.readouterr() == ("", "")


def slash(run_ccmeter: Run, words: str = "") -> str:
    """The answer to a command in the client."""
    prompt = f"/ccmeter:report {' '.join(WEEK[1:])} {words}"
    event = {"session_id": "s", "hook_event_name": "UserPromptSubmit", "prompt": prompt}
    done = run_ccmeter("hook", "UserPromptSubmit", stdin=json.dumps(event))
    assert (done.returncode, done.stderr) == (0, "")
    return str(json.loads(done.stdout)["reason"])


def test_a_command_in_the_client_shows_its_days_and_leaves_the_rest_to_the_watcher(
    history: History, run_ccmeter: Run
) -> None:
    shown = slash(run_ccmeter)

    assert "1 response" in shown
    assert "older transcripts are left to the watcher" in shown
    assert stored(history.place.home) == {"new"}
    everything = run_ccmeter("sync")
    assert everything.returncode == 0
    again = slash(run_ccmeter)
    assert "older transcripts" not in again
    assert shown.startswith(again)


def test_a_command_in_the_client_does_not_wait_for_the_watcher(
    history: History, run_ccmeter: Run, repo_root: Path
) -> None:
    with reading(repo_root, "-m", "ccmeter", *WEEK) as first:
        first.wait(60)
    history.old.unlink()
    pad_anew = history.old.with_name("older.jsonl")
    pad_anew.write_bytes(b"")
    pad(pad_anew, 70)
    with writer_lock(history.place.home, 0.0):
        shown = slash(run_ccmeter)

    assert "1 response" in shown
    assert shown.endswith(STILL.strip())


def test_a_command_in_the_client_that_asks_for_all_is_told_all(
    history: History, run_ccmeter: Run
) -> None:
    shown = slash(run_ccmeter, "--json")

    assert "older transcripts" not in shown
    assert stored(history.place.home) == {"new", "old"}
