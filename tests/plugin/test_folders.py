"""Sessions with different Claude folders, and the one watcher that they share."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from plugged import make_environment, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugin.conftest import Plugin

pytestmark = pytest.mark.slow
USAGE = {"input_tokens": 10, "output_tokens": 5}


@pytest.fixture
def ready(plugin: Plugin) -> Iterator[Plugin]:
    """A machine on which the watcher starts at once; it is ended with the test."""
    make_environment(plugin.data)
    yield plugin
    wait_until(lambda: not (plugin.data / "starting").exists(), "nothing is being started")
    subprocess.run([plugin.root / "bin" / "ccmeter", "watch", "--stop"], env=plugin.env)


def answer(folder: Path, key: str) -> None:
    """Write a transcript with one answer into a Claude folder."""
    message = {"id": key, "role": "assistant", "model": "claude-opus-5-5", "usage": USAGE}
    message |= {"content": [], "stop_reason": "end_turn"}
    line = {"type": "assistant", "sessionId": key, "cwd": "/w", "requestId": f"req_{key}"}
    line |= {"timestamp": "2026-11-20T10:00:00.000Z", "uuid": key, "message": message}
    path = folder / "projects" / "-w" / f"{key}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(line, separators=(",", ":")) + "\n")


def stored(plugin: Plugin) -> set[str]:
    path = plugin.data / "ccmeter.db"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            return {key for (key,) in connection.execute("select key from responses")}
        except sqlite3.OperationalError:  # not made yet, or being made
            return set()


def watcher(plugin: Plugin) -> int:
    """The process that watches; 0 where none does."""
    path = plugin.data / "watch.pid"
    return int(json.loads(path.read_text())["pid"]) if path.exists() else 0


def test_sessions_with_different_folders_are_all_metered(ready: Plugin) -> None:
    first, second, usual = ready.home / "claude", ready.home / "work", ready.home / ".claude"
    for folder in (first, second, usual):
        answer(folder, f"{folder.name}-1")
    ready.says("SessionStart")
    wait_until(lambda: stored(ready) == {"claude-1"}, "the folder of the first session")
    number = watcher(ready)

    ready.says("SessionStart", CLAUDE_CONFIG_DIR=str(second))
    wait_until(lambda: stored(ready) == {"claude-1", "work-1"}, "that of the second")
    answer(second, "work-2")
    wait_until(lambda: "work-2" in stored(ready), "what comes later")

    del ready.env["CLAUDE_CONFIG_DIR"]
    ready.says("UserPromptSubmit", {"prompt": "hello"})
    wait_until(lambda: ".claude-1" in stored(ready), "the client's own folder")
    assert watcher(ready) == number
