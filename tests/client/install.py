"""Installs the real client from npm, once, outside the checkout."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

NEWEST = "2.1.332"
METERED = (NEWEST, "2.1.330")  # their transcripts hold the readings of their own meter
OLDER = ("2.1.197", "2.1.90")
VERSIONS = (*METERED, *OLDER)
PACKAGE = "@anthropic-ai/claude-code"
SECONDS = 240
# read before a test can: in each, ccmeter's variables are unset
CHOSEN = os.environ.get("CCMETER_TEST_CACHE")
REQUIRED = bool(os.environ.get("CCMETER_REQUIRE_CLIENT"))


class Client(NamedTuple):
    """An installed client."""

    version: str
    command: tuple[str, ...]


class Missing(NamedTuple):
    """Why there is no client."""

    reason: str


def cache_folder() -> Path:
    """Where clients are kept between runs: $CCMETER_TEST_CACHE, else below the temporary folder."""
    own = f"ccmeter-test-clients-{os.getuid()}"
    return Path(CHOSEN) if CHOSEN else Path(tempfile.gettempdir()) / own


@cache
def client(version: str) -> Client | Missing:
    """Return the client of a version, installing it when it is not there yet."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return Missing("the real client needs node and npm, which are not installed")
    folder = cache_folder() / version
    with _locked(folder):
        if not folder.is_dir():
            failed = _install(npm, version, folder)
            if failed:
                return Missing(f"npm could not install {PACKAGE}@{version}: {failed}")
    command = _command(node, folder)
    answer = _version(command) if command else "no program in it"
    if command is None or not answer.startswith(version):
        return Missing(f"the client in {folder} does not run: {answer}. Remove that folder.")
    return Client(version, command)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(npm: str, version: str, folder: Path) -> str:
    """Install into place in one step; return what went wrong."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        quiet = ("--force", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
        command = [npm, "install", *quiet, "--prefix", work, f"{PACKAGE}@{version}"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"not done after {SECONDS} s"
        if done.returncode:
            return f"exit code {done.returncode}"
        os.rename(os.path.join(work, "node_modules"), folder)
    return ""


def _command(node: str, folder: Path) -> tuple[str, ...] | None:
    """The native program, or the script that older clients are."""
    scope = folder / "@anthropic-ai"
    for program in sorted(scope.glob("claude-code-*/claude*")):
        return (str(program),)
    script = scope / "claude-code" / "cli.js"
    return (node, str(script)) if script.is_file() else None


def _version(command: tuple[str, ...]) -> str:
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.environ["HOME"]}
    try:
        done = subprocess.run(
            [*command, "--version"], env=env, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout.strip() or done.stderr.strip()
