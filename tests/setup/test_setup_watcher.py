"""ccmeter setup --remove ends the watcher: it would go on for hours, for nobody."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ccmeter.watch.instance import running

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def data(home: Path) -> Path:
    return home / "ccmeter"


@pytest.fixture
def watcher(run_ccmeter: Run, claude_dir: Path, data: Path) -> Iterator[int]:
    """The number of one that runs; it is ended with the test."""
    assert run_ccmeter("setup").returncode == 0
    run_ccmeter("watch", "--detach")
    found = running(str(data))
    assert found is not None
    yield found.pid
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGKILL)


def test_a_watcher_that_runs_is_ended_and_told(run_ccmeter: Run, watcher: int, data: Path) -> None:
    done = run_ccmeter("setup", "--remove")

    assert (done.returncode, done.stderr) == (0, "")
    assert f"The watcher, process {watcher}, is ended." in done.stdout
    assert running(str(data)) is None


def test_after_that_the_data_folder_can_be_deleted(
    run_ccmeter: Run, watcher: int, data: Path
) -> None:
    run_ccmeter("setup", "--remove")
    done = subprocess.run(["rm", "-rf", data], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert not data.exists()


def test_looking_first_ends_nothing(run_ccmeter: Run, watcher: int, data: Path) -> None:
    done = run_ccmeter("setup", "--remove", "--dry-run")

    assert f"The watcher, process {watcher}, would be ended." in done.stdout
    assert running(str(data)) is not None


def test_where_none_runs_there_is_nothing_to_say_of_it(run_ccmeter: Run, claude_dir: Path) -> None:
    assert "watcher" not in run_ccmeter("setup", "--remove").stdout
