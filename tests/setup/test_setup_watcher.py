"""ccmeter setup --remove ends the watcher: it would go on for hours, for nobody."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ccmeter.watch.instance import running
from ccmeter.watch.wanted import forbid

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


def test_where_none_runs_none_is_told_to_be_ended(run_ccmeter: Run, claude_dir: Path) -> None:
    assert "process" not in run_ccmeter("setup", "--remove").stdout


def start_for_a_session(run_ccmeter: Run) -> str:
    """As hooks/background does."""
    return run_ccmeter("watch", "--detach", "--unless-removed").stdout


def test_sessions_start_none_any_more(run_ccmeter: Run, watcher: int, data: Path) -> None:
    said = "Sessions that have the plugin {} start none, until ccmeter setup or ccmeter watch"
    assert said.format("would") in run_ccmeter("setup", "--remove", "--dry-run").stdout
    assert not (data / "removed").exists()
    assert said.format("will") in run_ccmeter("setup", "--remove").stdout

    assert start_for_a_session(run_ccmeter) == "none starts after ccmeter setup --remove\n"
    assert running(str(data)) is None
    assert "sessions start none since ccmeter setup" in run_ccmeter("doctor", "--json").stdout


@pytest.mark.parametrize(
    "words", [("setup",), ("setup", "--otlp", "--write"), ("setup", "--service"), ("watch",)]
)
def test_who_uses_it_again_has_sessions_start_one_again(
    words: tuple[str, ...], run_ccmeter: Run, watcher: int, data: Path
) -> None:
    run_ccmeter("setup", "--remove")
    run_ccmeter(*words, "--detach" if words == ("watch",) else "--dry-run")
    assert (data / "removed").exists() == (words != ("watch",))
    if words != ("watch",):
        run_ccmeter(*words)
    assert not (data / "removed").exists()

    assert start_for_a_session(run_ccmeter).startswith("process ")
    assert run_ccmeter("watch", "--stop").stdout.startswith("watcher ended: process ")


def test_who_only_asks_changes_nothing(run_ccmeter: Run, watcher: int, data: Path) -> None:
    run_ccmeter("setup", "--remove")
    for words in (["report"], ["doctor"], ["setup", "--otlp"], ["setup", "--refresh"]):
        run_ccmeter(*words)

    assert (data / "removed").exists()


def test_who_never_ran_setup_gets_one_from_a_session(
    run_ccmeter: Run, claude_dir: Path, data: Path
) -> None:
    assert start_for_a_session(run_ccmeter).startswith("process ")
    assert run_ccmeter("watch", "--stop").stdout.startswith("watcher ended: process ")


def test_one_that_is_being_started_meanwhile_is_ended(
    run_ccmeter: Run, claude_dir: Path, data: Path
) -> None:
    """The mark comes when the watcher has begun and not told its number yet."""
    said: list[str] = []
    session = threading.Thread(target=lambda: said.append(start_for_a_session(run_ccmeter)))
    session.start()
    while not (data / "watch.lock").exists():
        time.sleep(0.002)
    forbid(str(data))
    session.join()
    left = run_ccmeter("watch", "--stop").stdout

    assert said == ["none starts after ccmeter setup --remove\n"]
    assert left == "no watcher runs\n"


def test_options_are_for_who_asks(run_ccmeter: Run) -> None:
    done = run_ccmeter("watch", "--detach", "--unless-removed", "--poll")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--unless-removed goes with --detach alone" in done.stderr
