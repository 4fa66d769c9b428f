"""ccmeter doctor in a data folder that cannot be written to: the advice fits the reason."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def data(home: Path) -> Path:
    folder = home / "ccmeter"
    folder.mkdir(exist_ok=True)
    return folder


def told(repo_root: Path, *prefix: str) -> dict[str, Any]:
    """The check of the data folder as a process says it that is started by `prefix`."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "ccmeter", "doctor", "--json"],
        env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert found["data-folder"]["status"] == "problem"
    return found["data-folder"]


def follow(advice: str) -> None:
    """Do what it says behind "Run:", as the owner would."""
    command = advice.removeprefix("Run: ").partition(" (or ")[0]
    command = command.replace("sudo ", "").replace('"$USER"', str(os.geteuid()))
    subprocess.run(shlex.split(command), check=True)


def test_a_folder_of_ones_own_that_is_write_protected_is_to_be_opened(
    data: Path, repo_root: Path, powerless: Sequence[str]
) -> None:
    data.chmod(0o500)
    found = told(repo_root, *powerless)
    follow(found["advice"])

    assert "chmod" in found["advice"]
    assert data.stat().st_mode & 0o700 == 0o700


def test_a_folder_of_somebody_else_is_to_be_taken_over(
    data: Path, repo_root: Path, powerless: Sequence[str]
) -> None:
    """As after one start with sudo."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(data, 65534, 65534)
    data.chmod(0o755)
    found = told(repo_root, *powerless)
    follow(found["advice"])

    assert "chown" in found["advice"]
    assert data.stat().st_uid == 0


def test_on_a_read_only_file_system_no_right_helps(
    data: Path, repo_root: Path, powerless: Sequence[str]
) -> None:
    place = shlex.quote(str(data))
    mount = f"mount --bind {place} {place} && mount -o remount,bind,ro {place}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    prefix = ("unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh")
    found = told(repo_root, *prefix)

    assert "read-only" in found["advice"]
    assert "CCMETER_HOME" in found["advice"]
    assert not {"chmod", "chown"} & set(found["advice"].split())
