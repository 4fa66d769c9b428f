"""ccmeter doctor on the watcher: whether one runs, and if not, why and what to do."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ccmeter.version import version
from ccmeter.watch.instance import running

Run = Callable[..., CompletedProcess[str]]
REASON = "could not install its packages (is there a network?): no route to host"


class Told:
    """What doctor says of the watcher."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.facts: dict[str, Any] = {}
        self.check: dict[str, str] = {}

    def look(self) -> str:
        """Ask it; return the status. Text and exit code have to fit."""
        done = self._run("doctor", "--json")
        document = json.loads(done.stdout)
        (self.check,) = [each for each in document["checks"] if each["name"] == "watcher"]
        self.facts = document["watcher"]
        text = " ".join(self._run("doctor").stdout.split())
        assert f"{self.check['status']} watcher: " in text
        assert done.returncode == (self.check["status"] == "problem")
        return self.check["status"]


@pytest.fixture
def told(run_ccmeter: Run, claude_dir: Path) -> Told:
    return Told(run_ccmeter)


@pytest.fixture
def data(home: Path) -> Path:
    folder = home / "ccmeter"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def watcher(run_ccmeter: Run, data: Path) -> Iterator[int]:
    """The number of one that runs; it is ended with the test."""
    run_ccmeter("watch", "--detach")
    found = running(str(data))
    assert found is not None
    yield found.pid
    run_ccmeter("watch", "--stop")


def test_one_that_runs_is_told_with_its_version_and_its_folders(
    told: Told, watcher: int, claude_dir: Path
) -> None:
    assert told.look() == "ok"

    said = f"process {watcher}, ccmeter {version()}, since {told.facts['started']}; reads"
    assert told.check["message"] == f"{said} {claude_dir}"
    assert told.facts["runs"] is True
    assert (told.facts["pid"], told.facts["folders"]) == (watcher, [str(claude_dir)])


def test_one_of_an_older_version_is_to_be_replaced(told: Told, watcher: int, data: Path) -> None:
    path = data / "watch.pid"
    path.write_text(path.read_text().replace(f'"{version()}"', '"0.0.1"'))

    assert told.look() == "note"
    assert "ccmeter watch --detach" in told.check["advice"]


def test_that_none_runs_is_no_fault(told: Told, data: Path) -> None:
    assert told.look() == "ok"
    assert told.facts == {"runs": False}
    assert "none runs; commands read what is new by themselves" in told.check["message"]
    assert "ccmeter watch --detach" in told.check["advice"]


def test_one_that_ended_says_why(told: Told, watcher: int, run_ccmeter: Run) -> None:
    run_ccmeter("watch", "--stop")

    assert told.look() == "ok"
    assert told.check["message"].endswith(" ended: stopped")
    assert told.facts["last_line"].endswith(" ended: stopped")


def test_one_that_was_killed_is_missed(told: Told, watcher: int, data: Path) -> None:
    os.kill(watcher, signal.SIGKILL)
    while running(str(data)) is not None:
        pass

    assert told.look() == "note"
    assert "killed" in told.check["message"]
    assert told.facts["killed"] is True


@pytest.mark.parametrize("name", ["start.failed", "start.told"])
def test_a_start_that_failed_is_a_problem_until_one_works(
    name: str, told: Told, data: Path, run_ccmeter: Run
) -> None:
    """What hooks/background leaves, before and after a session has shown it."""
    (data / name).write_text(f"{REASON}\n")
    os.utime(data / name, (1795000000, 1795000000))
    assert told.look() == "problem"
    assert f"2026-11-18 11:06 UTC, failed: {REASON}" in told.check["message"]
    assert told.facts["failed_start"] == {"reason": REASON, "time": "2026-11-18T11:06:40.000Z"}

    assert "ccmeter watch --detach" in told.check["advice"]
    run_ccmeter("watch", "--detach")
    try:
        assert told.look() == "ok"
    finally:
        run_ccmeter("watch", "--stop")
    assert told.look() == "ok"


def test_a_start_that_failed_beside_one_that_runs_is_no_problem(
    told: Told, watcher: int, data: Path
) -> None:
    """As after an update without a network."""
    (data / "start.failed").write_text(f"{REASON}\n")

    assert told.look() == "note"
    assert REASON in told.check["message"]
