"""What a first start leaves to the background: nobody waits for it, a failure is told once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.plugin.conftest import Plugin

    Wait = Callable[[Callable[[], object]], None]

REPORT = {"prompt": "/ccmeter:report"}
NEWER = f"python3.{sys.version_info.minor}"


def rests(plugin: Plugin) -> Callable[[], bool]:
    return lambda: (plugin.data / "background.log").exists() and not starting(plugin)


def starting(plugin: Plugin) -> bool:
    return (plugin.data / "starting").exists()


def forget_ten_minutes(plugin: Plugin) -> None:
    """A start that failed is not tried again before."""
    for name in ("start.failed", "start.told"):
        if (plugin.data / name).exists():
            os.utime(plugin.data / name, (1, 1))


def test_a_build_that_fails_is_told_once_with_the_reason(plugin: Plugin, wait_until: Wait) -> None:
    """There is no Python on the PATH."""
    assert plugin.says("SessionStart") == {}
    wait_until(rests(plugin))

    told = plugin.says("SessionStart")["systemMessage"]
    assert told.startswith("ccmeter does not meter yet: needs Python 3.11 or newer: install it (")
    assert plugin.says("SessionStart") == {}

    forget_ten_minutes(plugin)
    plugin.says("SessionStart")  # tries again, and fails for the same reason
    wait_until(lambda: (plugin.data / "start.told").stat().st_mtime > 1)
    wait_until(rests(plugin))
    assert plugin.says("SessionStart") == {}


def test_another_reason_is_told_again(plugin: Plugin, wait_until: Wait) -> None:
    plugin.data.mkdir()
    (plugin.data / "start.told").write_text("no network\n")
    forget_ten_minutes(plugin)
    plugin.says("SessionStart")
    wait_until((plugin.data / "start.failed").exists)
    wait_until(rests(plugin))

    assert "needs Python" in plugin.says("SessionStart")["systemMessage"]


def test_a_failure_is_not_tried_again_at_once(plugin: Plugin, wait_until: Wait) -> None:
    plugin.says("SessionStart")
    wait_until(rests(plugin))
    plugin.offer(NEWER, sys.executable)  # it would be built now
    plugin.says("SessionStart")
    wait_until(rests(plugin))

    assert not (plugin.data / "env").exists()


SLOW_PYTHON = """\
#!/bin/sh
# passes for a Python; what builds with it takes as long as the test likes
case $2 in -c) exit 0 ;; esac
: >"{folder}/building"
while [ ! -e "{folder}/enough" ]; do sleep 0.05; done
exit 1
"""


@pytest.fixture
def slow_python(plugin: Plugin) -> Any:
    """A machine on which the environment is never ready; ended with the test."""
    program = plugin.home / "slow-python"
    program.write_text(SLOW_PYTHON.format(folder=plugin.home))
    program.chmod(0o755)
    plugin.offer(NEWER, str(program))
    yield plugin
    (plugin.home / "enough").touch()


def test_nothing_waits_for_a_build_and_one_is_enough(slow_python: Plugin, wait_until: Wait) -> None:
    plugin = slow_python
    assert plugin.says("SessionStart") == {}
    wait_until((plugin.home / "building").exists)
    (plugin.home / "building").unlink()

    assert plugin.says("SessionStart") == {}
    assert plugin.says("UserPromptSubmit", {"prompt": "hello"}) == {}
    assert plugin.says("Stop") == plugin.says("SessionEnd") == {}
    assert "still preparing" in plugin.says("UserPromptSubmit", REPORT)["reason"]
    assert starting(plugin)
    assert not (plugin.home / "building").exists()

    (plugin.home / "enough").touch()
    wait_until(lambda: not starting(plugin))


# -- who has the right to start things ------------------------------------------------------------


def holder(plugin: Plugin) -> int:
    """The process that starts things now, 0 for none."""
    path = plugin.data / "starting" / "pid"
    return int(path.read_text() or 0) if path.exists() else 0


def age(path: Path, age_s: int) -> None:
    os.utime(path, (time.time() - age_s,) * 2)


def kill(plugin: Plugin) -> None:
    """As when the machine loses its power: nothing is tidied up."""
    number = holder(plugin)
    assert number
    os.killpg(os.getsid(number), signal.SIGKILL)


def begun(plugin: Plugin, wait_until: Wait) -> int:
    """Begin a session, whose start takes long; give the process that starts things."""
    plugin.says("SessionStart")
    wait_until((plugin.home / "building").exists)
    return holder(plugin)


def test_a_start_that_was_killed_bars_no_other(slow_python: Plugin, wait_until: Wait) -> None:
    plugin = slow_python
    first = begun(plugin, wait_until)
    kill(plugin)
    (plugin.home / "building").unlink()
    assert starting(plugin)

    for _ in range(5):  # at once, of which one takes it over
        plugin.says("SessionStart")
    wait_until((plugin.home / "building").exists)
    second = holder(plugin)
    assert second not in (0, first)
    time.sleep(0.5)
    assert holder(plugin) == second
    assert sorted(path.name for path in (plugin.data / "starting").iterdir()) == ["pid"]

    (plugin.home / "enough").touch()
    wait_until(lambda: not starting(plugin))


def test_the_number_of_a_killed_start_may_be_somebody_elses(
    plugin: Plugin, wait_until: Wait
) -> None:
    folder = plugin.data / "starting"
    folder.mkdir(parents=True)
    (folder / "pid").write_text(f"{os.getpid()}\n")
    plugin.says("SessionStart")

    wait_until((plugin.data / "start.failed").exists)


@pytest.mark.parametrize(("age_s", "is_tried"), [(0, False), (120, True)])
def test_a_start_that_never_left_its_number_is_given_a_minute(
    plugin: Plugin, age_s: int, is_tried: bool
) -> None:
    folder = plugin.data / "starting"
    folder.mkdir(parents=True)
    age(folder, age_s)
    background(plugin)

    assert (plugin.data / "start.failed").exists() == is_tried
    assert starting(plugin) != is_tried


def test_one_that_was_killed_while_it_took_over_bars_no_other(plugin: Plugin) -> None:
    (plugin.data / "starting" / "next").mkdir(parents=True)
    (plugin.data / "starting" / "pid").write_text(f"{os.getpid()}\n")
    background(plugin)
    assert not (plugin.data / "start.failed").exists()
    age(plugin.data / "starting" / "next", 120)
    background(plugin)

    assert (plugin.data / "start.failed").exists()
    assert not starting(plugin)


def test_a_start_that_hangs_is_given_half_an_hour(slow_python: Plugin, wait_until: Wait) -> None:
    plugin = slow_python
    first = begun(plugin, wait_until)
    assert first
    background(plugin)
    assert holder(plugin) == first

    age(plugin.data / "starting" / "pid", 1900)
    plugin.says("SessionStart")
    wait_until(lambda: holder(plugin) not in (0, first))
    second = holder(plugin)
    os.kill(first, signal.SIGTERM)  # it takes nothing away from the other one
    (plugin.home / "enough").touch()
    wait_until(lambda: holder(plugin) != second)


def background(plugin: Plugin) -> None:
    """Run what the hooks start, to its end."""
    script = plugin.root / "hooks" / "background"
    subprocess.run([plugin.path / "sh", script], env=plugin.env, cwd=plugin.home, check=False)
