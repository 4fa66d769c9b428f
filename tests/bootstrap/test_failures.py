"""When bin/ccmeter cannot prepare itself it says why in one line, and leaves nothing half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bootstrap.conftest import Machine

NOTICE = "ccmeter: first start: preparing its private environment (once, about 10 s) ...\n"


def _one_line(done: subprocess.CompletedProcess[str], notice: str = NOTICE) -> str:
    """The reason that a failed start gave, checked to be all that it said."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(notice + "ccmeter: ")
    reason = done.stderr.removeprefix(notice)
    assert reason.count("\n") == 1
    return reason


@pytest.mark.parametrize("python", [None, "exit 3", "exit 127"])
def test_without_a_suitable_python_it_says_what_to_install(
    python: str | None, fresh: Machine
) -> None:
    shutil.rmtree(fresh.path)
    fresh.path.mkdir()
    if python:  # an older one, or a shim of a version that is not installed
        fresh.offer("python3", python)
    reason = _one_line(fresh.start("report"), notice="")
    assert "Python 3.11" in reason
    for remedy in ("apt install python3 python3-venv", "brew install python", "uv"):
        assert remedy in reason
    assert not fresh.data.exists()


def test_where_uv_cannot_fetch_one_either_it_says_the_same(fresh: Machine) -> None:
    shutil.rmtree(fresh.path)
    fresh.path.mkdir()
    fresh.offer("uv", "echo error: offline >&2; exit 2")
    fetching = "ccmeter: no Python 3.11 or newer here; uv fetches one ...\n"
    assert "apt install python3" in _one_line(fresh.start("report"), notice=fetching)


def test_a_python_without_venv_is_named(fresh: Machine, lacks_venv: Callable[..., None]) -> None:
    lacks_venv(fresh)
    reason = _one_line(fresh.start("report"), notice="")
    assert str(fresh.path) in reason
    assert "apt install python3-venv" in reason


@pytest.mark.slow
def test_without_network_nothing_is_left_and_the_next_start_works(fresh: Machine) -> None:
    offline = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    offline["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
    reason = _one_line(fresh.start("report", **offline))
    log = fresh.data / "env/build.log"
    assert "No matching distribution found for stand-in-package" in reason
    assert str(log) in reason
    assert "Connection refused" in log.read_text()
    assert fresh.environments() == []
    assert fresh.unfinished() == []

    assert fresh.shown("report")["argv"] == ["report"]
    assert not log.exists()


@pytest.mark.parametrize("how", ["a file is in the way", "no permission"])
def test_a_data_folder_that_cannot_be_written_is_named(how: str, fresh: Machine) -> None:
    blocked = fresh.data.with_name("blocked")
    if how == "no permission":
        blocked.mkdir(mode=0o500)
        if os.access(blocked, os.W_OK):
            pytest.skip("this user may write everywhere")
    else:
        blocked.touch()
    reason = _one_line(fresh.start("report", CCMETER_HOME=str(blocked / "data")))
    assert str(blocked / "data") in reason
    assert "CCMETER_HOME" in reason


def test_a_full_disk_is_named(fresh: Machine) -> None:
    small = fresh.data.with_name("small")
    small.mkdir()
    mounted = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=2m none "$0" && "$@"']
    if not shutil.which("unshare") or subprocess.run([*mounted, small, "true"]).returncode:
        pytest.skip("needs the right to mount a small disk")
    tools = {"CCMETER_HOME": str(small / "data")}
    command = [str(shutil.which("unshare")), *mounted[1:], str(small), *fresh.command("report")]
    path = f"{fresh.path}:{os.defpath}"
    fresh.environ["PATH"] = path
    assert "no space left" in _one_line(fresh.start(program=command, **tools))


def test_without_any_home_it_asks_for_one(fresh: Machine) -> None:
    del fresh.environ["CCMETER_HOME"]
    del fresh.environ["HOME"]
    assert "HOME" in _one_line(fresh.start("report"), notice="")


def test_a_copy_outside_the_checkout_says_so(fresh: Machine) -> None:
    copy = fresh.path / "ccmeter"
    shutil.copy(fresh.checkout / "bin/ccmeter", copy)
    assert "link to it" in _one_line(fresh.start(program=[str(copy)]), notice="")


def test_a_path_that_python_cannot_import_from_is_named(warm: Machine) -> None:
    moved = warm.checkout.rename(warm.checkout.with_name("a:b"))
    reason = _one_line(warm.start(program=[str(moved / "bin/ccmeter")], cwd=moved), notice="")
    assert "':'" in reason
