"""A watcher in a data folder that cannot be written to: one line that says what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from world import PATIENCE_S, World

from ccmeter.watch.instance import is_held

# Root may write anywhere, unless it gives that power up.
NO_POWERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
ADVICE = "Make it writable, or set CCMETER_HOME to another folder.\n"


@pytest.fixture
def powerless() -> Sequence[str]:
    """What to put before a command so that the rights of files count."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root may write anywhere, and no setpriv is here")
    return NO_POWERS


@pytest.fixture
def used(world: World) -> Iterator[World]:
    """A data folder in which a watcher has run; it can be removed after the test."""
    world.run("watch", "--detach")
    world.run("watch", "--stop")
    yield world
    world.home.chmod(0o700)
    world.run("watch", "--stop")


def watch(world: World, prefix: Sequence[str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*prefix, sys.executable, "-m", "ccmeter", "watch", *words],
        env=world.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize("words", [(), ("--detach",)])
@pytest.mark.parametrize("mode", [0o000, 0o555])
def test_in_a_folder_without_rights_no_watcher_starts(
    words: Sequence[str], mode: int, used: World, powerless: Sequence[str]
) -> None:
    """The files of an earlier watcher may still be written with 555, but no new one made."""
    used.home.chmod(mode)
    done = watch(used, powerless, *words)
    used.home.chmod(0o700)

    said = f"ccmeter: cannot write into the data folder {used.home}: Permission denied. {ADVICE}"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    assert not is_held(str(used.home))


@pytest.mark.parametrize("words", [(), ("--detach",)])
def test_in_an_empty_folder_without_rights_no_watcher_starts(
    words: Sequence[str], bare: World, powerless: Sequence[str]
) -> None:
    bare.home.mkdir()
    bare.home.chmod(0o555)
    done = watch(bare, powerless, *words)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"{bare.home}: Permission denied. {ADVICE}")


@pytest.mark.parametrize("words", [(), ("--detach",)])
def test_in_a_file_no_watcher_starts(words: Sequence[str], bare: World) -> None:
    bare.home.write_text("a file")
    done = watch(bare, (), *words)

    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == f"ccmeter: cannot write into the data folder {bare.home}: File exists. {ADVICE}"
    )


def test_a_log_that_cannot_be_opened_is_said(world: World) -> None:
    (Path(world.home) / "watch.log").mkdir()
    done = watch(world, (), "--detach")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"Is a directory. {ADVICE}")
