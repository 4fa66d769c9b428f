"""Peers from npm and PyPI, each in a folder of its own in the cache. No install script runs."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_TIMEOUT_S = 600


class Unavailable(Exception):
    """A peer that cannot be had; the message says why in one line."""


def system() -> str:
    """Return what npm calls this system, such as linux-x64."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    return f"{sys.platform}-{machine}"


def from_npm(cache: Path, *packages: str) -> Path:
    """Return the node_modules that holds these packages, installed now if need be."""
    npm = shutil.which("npm")
    if not npm:
        raise Unavailable("npm is not installed")
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

    def install(folder: Path) -> None:
        (folder / "package.json").write_text('{"private": true}\n')
        _call([npm, "install", "--prefix", str(folder), *options, *packages], "npm")

    return _installed(cache, packages, install) / "node_modules"


def from_pypi(cache: Path, package: str) -> Path:
    """Return the bin folder of a virtual environment with this package, from wheels alone."""
    quiet = ("-q", "--disable-pip-version-check", "--only-binary=:all:")

    def install(folder: Path) -> None:
        # moved afterwards, so its programs are run by its python, never by their first line
        _call([sys.executable, "-m", "venv", str(folder)], "venv")
        _call([str(folder / "bin" / "python"), "-m", "pip", "install", *quiet, package], "pip")

    return _installed(cache, [package], install) / "bin"


def _installed(cache: Path, packages: Sequence[str], install: Callable[[Path], None]) -> Path:
    """Install into a folder that gets its name when it is complete."""
    folder = cache / "peers" / re.sub(r"[^\w.-]+", "_", packages[0].lstrip("@"))
    if folder.exists():
        return folder
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        install(unfinished)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _call(command: Sequence[str], name: str) -> None:
    """Run an installer, with the user's own settings for registries; Unavailable if it fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{name} was not done after {_TIMEOUT_S} s") from None
    if done.returncode:
        raise Unavailable(f"{name} could not install it: {_why(done.stderr)}")


def _why(errors: str) -> str:
    """Return the line of an installer's errors that says most."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    loud = [line for line in lines if re.match(r"npm (error|ERR!)|ERROR", line)]
    return (loud or lines or ["no word"])[0][:160]
