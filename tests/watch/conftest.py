"""Lets the tests of this folder import world.py."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from world import World

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def bare(home: Path) -> World:
    """Folders of which none exists yet."""
    return World(home)


@pytest.fixture
def world(bare: World) -> World:
    """No Claude folder yet, and an empty database."""
    bare.prepare()
    return bare


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Start watchers and commands; what is left of them at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str, module: str = "ccmeter.watch") -> "subprocess.Popen[str]":
        started.append(world.start(*words, module=module))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, float]]:
    """The clocks of this process, moved by so many seconds."""
    moved = {"time": 0.0, "monotonic": 0.0}
    real = {name: getattr(time, name) for name in moved}
    for name in moved:
        monkeypatch.setattr(time, name, lambda name=name: real[name]() + moved[name])
    return moved
