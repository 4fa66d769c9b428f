"""The first start of bin/ccmeter builds a private environment, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bootstrap.conftest import Machine

NOTICE = "ccmeter: first start: preparing its private environment (once, about 10 s) ...\n"


@pytest.mark.slow
def test_the_first_start_builds_and_the_second_does_not(fresh: Machine) -> None:
    first = fresh.start("report", "--json", "two words")
    assert first.stderr == NOTICE
    assert '"argv": ["report", "--json", "two words"]' in first.stdout
    [environment] = fresh.environments()
    assert f'"prefix": "{environment}"' in first.stdout
    assert fresh.unfinished() == []
    assert list(fresh.data.rglob("build.log")) == []

    built = environment.stat().st_ctime_ns
    second = fresh.start("report", "--json", "two words")
    assert (second.returncode, second.stderr, second.stdout) == (0, "", first.stdout)
    assert environment.stat().st_ctime_ns == built


@pytest.mark.slow
def test_prepare_only_builds_and_what_it_makes_is_private(fresh: Machine) -> None:
    home = Path(fresh.environ["HOME"])
    home.chmod(0o755)
    del fresh.environ["CCMETER_HOME"]
    there = {"XDG_DATA_HOME": str(home / "x/y")}
    done = fresh.start("--prepare", **there)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", NOTICE)
    again = fresh.start("--prepare", **there)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    made = home / "x/y/ccmeter"
    assert [oct(p.stat().st_mode & 0o777) for p in (made, made / "env")] == ["0o700"] * 2


def test_a_hook_can_ask_not_to_wait_for_the_build(fresh: Machine) -> None:
    for args in (["hook", "Stop"], ["--prepare"]):
        done = fresh.start(*args, CCMETER_NO_BUILD="1")
        assert (done.returncode, done.stdout, done.stderr) == (75, "", "")
    assert not fresh.data.exists()


@pytest.mark.slow
def test_starts_at_the_same_time_share_one_environment(fresh: Machine) -> None:
    starts = [fresh.begin("report") for _ in range(3)]
    outputs = [start.communicate(timeout=120) for start in starts]
    assert [start.returncode for start in starts] == [0, 0, 0], outputs
    [environment] = fresh.environments()
    assert all(f'"prefix": "{environment}"' in out for out, _ in outputs)
    assert sum("another start" in err for _, err in outputs) == 2
    assert fresh.unfinished() == []


MOMENTS = {
    "the lock is taken": ".lock",
    "it has an interpreter": ".build-*/bin/python",
    "pip unpacks": ".build-*/lib/python*/site-packages/pip/*",
    "the package is in": ".build-*/lib/python*/site-packages/stand_in_package*",
    "it is renamed": "[!.]*/stamp",
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_leaves_no_half_of_it(
    moment: str, fresh: Machine, wait_for: Callable[..., None]
) -> None:
    start = fresh.begin("report")
    wait_for(lambda: list((fresh.data / "env").glob(MOMENTS[moment])) or start.poll() is not None)
    with contextlib.suppress(ProcessLookupError):  # it was faster
        os.killpg(start.pid, signal.SIGKILL)
    start.communicate()
    assert fresh.shown("report")["argv"] == ["report"]
    assert len(fresh.environments()) == 1
    assert fresh.unfinished() == []


def test_an_interrupt_ends_it_cleanly(fresh: Machine, wait_for: Callable[..., None]) -> None:
    start = fresh.begin("report")
    wait_for(lambda: list((fresh.data / "env").glob(".build-*/bin/python")))
    os.killpg(start.pid, signal.SIGINT)
    out, said = start.communicate()
    assert start.returncode in (130, -signal.SIGINT)
    assert (out, said) == ("", NOTICE)
    assert fresh.environments() == fresh.unfinished() == []


@pytest.mark.slow
def test_an_installer_that_outlives_its_builder_does_no_harm(
    fresh: Machine, wait_for: Callable[..., None]
) -> None:
    pip = ".build-*/lib/python*/site-packages/pip/*"
    start = fresh.begin("report")
    wait_for(lambda: list((fresh.data / "env").glob(pip)))
    fields = Path(f"/proc/{start.pid}/task/{start.pid}/children")
    if not fields.exists():
        start.communicate()
        pytest.skip("needs /proc to find the builder")
    for child in fields.read_text().split():
        os.kill(int(child), signal.SIGKILL)
    _, said = start.communicate()
    assert start.returncode != 0
    assert "Traceback" not in said
    assert fresh.shown("report")["argv"] == ["report"]
    assert len(fresh.environments()) == 1


def _uv() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


needs_uv = pytest.mark.skipif(_uv() is None, reason="uv is not installed")


@needs_uv
def test_uv_builds_where_it_is_present(fresh: Machine) -> None:
    fresh.offer("uv", f'exec "{_uv()}" "$@"')
    fresh.shown("report")
    [environment] = fresh.environments()
    assert "uv = " in (environment / "pyvenv.cfg").read_text()
    assert list(environment.glob("lib/python*/site-packages/__pycache__/stand_in_package*"))


@needs_uv
def test_uv_does_without_the_venv_module(fresh: Machine, lacks_venv: Callable[..., None]) -> None:
    lacks_venv(fresh)
    fresh.offer("uv", f'exec "{_uv()}" "$@"')
    assert fresh.shown("report")["argv"] == ["report"]


@needs_uv
def test_uv_is_asked_for_a_python_where_there_is_none(fresh: Machine) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    (fresh.path / f"python{sys.version_info.major}.{sys.version_info.minor}").unlink()
    fetched = fresh.path / "fetched"
    finds = f'[ -e "{fetched}" ] && echo "{base}"'
    fresh.offer(
        "uv",
        f"""case "$1 $2" in
            "python find") {finds} ;;
            "python install") : >"{fetched}" ;;
            *) exec "{_uv()}" "$@" ;;
        esac""",
    )
    done = fresh.start("report")
    assert done.returncode == 0
    assert done.stderr == "ccmeter: no Python 3.11 or newer here; uv fetches one ...\n" + NOTICE


@pytest.mark.slow
def test_pip_builds_where_uv_fails(fresh: Machine) -> None:
    fresh.offer("uv", "echo error: no route to host >&2; exit 2")
    assert fresh.shown("report")["argv"] == ["report"]
    assert not list(fresh.data.rglob("build.log"))


def test_the_programs_of_a_renamed_environment_work(warm: Machine) -> None:
    [environment] = warm.environments()
    assert subprocess.check_output([environment / "bin/stand-in"], text=True) == "here\n"
    assert subprocess.check_output([environment / "bin/pip", "--version"])
    assert not [path for path in environment.glob("bin/*") if b".build-1.0" in path.read_bytes()]
    assert ".build-1.0" not in (environment / "pyvenv.cfg").read_text()


@pytest.mark.parametrize(
    ("old", "new", "built"),
    [
        ("stand-in-package>=1", "stand-in-package>=0.9", True),
        ('version = "1.0"', 'version = "1.1"', True),
        ('">=3.11"', '">=3.10"', True),
        ("line-length = 100", 'version = "9"', False),
        ('name = "stand-in"', 'name = "stand-by"', False),
    ],
)
def test_only_what_decides_the_installation_needs_a_new_environment(
    old: str, new: str, built: bool, warm: Machine
) -> None:
    pyproject = warm.checkout / "pyproject.toml"
    text = pyproject.read_text()
    assert old in text
    pyproject.write_text(text.replace(old, new))
    assert warm.start("report", CCMETER_NO_BUILD="1").returncode == (75 if built else 0)


@pytest.mark.slow
def test_a_build_removes_what_nobody_can_use_or_has_used_for_two_weeks(fresh: Machine) -> None:
    folder = fresh.data / "env"
    for name, days, python in [
        ("old", 15, sys.executable),
        ("young", 13, sys.executable),
        ("broken", 0, "/nowhere/python"),
    ]:
        _environment(folder / name, days, python)
    (folder / "not ccmeter's/bin").mkdir(parents=True)
    (folder / ".build-1.0-abandoned/bin").mkdir(parents=True)
    assert fresh.start("--prepare").returncode == 0
    assert [path.name for path in fresh.environments()][1:] == ["not ccmeter's", "young"]
    assert fresh.unfinished() == []


def _environment(folder: Path, days: int, python: str) -> None:
    """Make something like an environment that was last used some days ago."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(python)
    (folder / "stamp").write_text("of another version\n")
    (folder / "used").touch()
    then = time.time() - days * 86400
    os.utime(folder / "used", (then, then))


def test_a_start_marks_its_environment_as_used(warm: Machine) -> None:
    [environment] = warm.environments()
    os.utime(environment / "used", (0, 0))
    warm.shown("report")
    assert time.time() - (environment / "used").stat().st_mtime < 60


@pytest.mark.slow
def test_an_environment_whose_python_is_gone_is_built_again(fresh: Machine, prepared: Path) -> None:
    shutil.copytree(prepared, fresh.data, symlinks=True)
    [environment] = fresh.environments()
    for link in environment.glob("bin/python*"):
        link.unlink()
        link.symlink_to(f"/nowhere/{link.name}")
    assert fresh.start("report", CCMETER_NO_BUILD="1").returncode == 75
    assert fresh.shown("report")["prefix"] == str(environment)
    assert fresh.unfinished() == []
