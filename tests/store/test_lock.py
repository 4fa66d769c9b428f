"""One writer at a time, and a writer that dies lets go."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccmeter.errors import CcmeterError
from ccmeter.store.lock import LockBusyError, NoLocksError, try_lock, writer_lock

Holder = subprocess.Popen[str]
HOLDER = """
import sys, time
from ccmeter.store.lock import writer_lock
with writer_lock(sys.argv[1], 0):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path, repo_root: Path) -> Iterator[Holder]:
    """Another process that holds the lock of tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_told_after_its_wait(tmp_path: Path, holder: Holder) -> None:
    started = time.monotonic()
    with pytest.raises(LockBusyError, match="another") as caught, writer_lock(str(tmp_path), 0.2):
        pass

    assert 0.2 <= time.monotonic() - started < 2
    assert "\n" not in str(caught.value)


def test_a_writer_that_was_killed_lets_go(tmp_path: Path, holder: Holder) -> None:
    holder.kill()
    with writer_lock(str(tmp_path), 5):
        pass


def test_a_waiting_writer_gets_its_turn(tmp_path: Path, holder: Holder) -> None:
    later = threading.Timer(0.3, holder.kill)
    later.start()
    with writer_lock(str(tmp_path), 10):
        assert holder.wait() != 0
    later.join()


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), writer_lock(str(tmp_path), 0):
            raise ZeroDivisionError


def test_two_folders_have_two_locks(tmp_path: Path) -> None:
    with writer_lock(str(tmp_path / "a"), 0), writer_lock(str(tmp_path / "b"), 0):
        pass


def test_one_process_cannot_hold_it_twice(tmp_path: Path) -> None:
    with writer_lock(str(tmp_path), 0), pytest.raises(LockBusyError), writer_lock(str(tmp_path), 0):
        pass


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(CcmeterError, match="CCMETER_HOME") as caught, writer_lock(str(home), 0):
            pass
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="every open file can be locked here")
def test_a_file_that_cannot_be_locked_is_not_taken_for_one_that_is(tmp_path: Path) -> None:
    (tmp_path / "writer.lock").touch()
    descriptor = os.open(tmp_path / "writer.lock", os.O_PATH)  # flock refuses these

    with pytest.raises(NoLocksError, match="CCMETER_HOME") as caught:
        try_lock(descriptor)

    os.close(descriptor)
    assert "\n" not in str(caught.value)
