"""Two watchers, ten hooks and a report at once, while sessions go on: nobody disturbs another."""

import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Self

import pytest
from world import PATIENCE_S, ROOT, World, answer, until

from ccmeter.version import version
from ccmeter.watch.instance import running

Start = Callable[..., "subprocess.Popen[str]"]
Ended = tuple[int, str, str]  # exit code, standard output, standard error
SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"
PYTHON = [sys.executable, "-m", "ccmeter"]
HOOKS = [  # ten, of all kinds
    *(("Stop", "") for _ in range(4)),
    *(("UserPromptSubmit", prompt) for prompt in ("/ccmeter:report --last all", "hello")),
    ("SessionStart", ""),
    *(("SessionEnd", "") for _ in range(3)),
]


def hook(event: str) -> list[str]:
    """The end of a session is a matter for the shell alone."""
    return (
        ["sh", str(ROOT / "hooks/hook"), event]
        if event == "SessionEnd"
        else [*PYTHON, "hook", event]
    )


class Crowd:
    """Processes that all start at the same moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, command: list[str], given: str = "") -> None:
        with tempfile.TemporaryFile("w+") as event:
            event.write(given)
            event.seek(0)
            pipe, env = subprocess.PIPE, self._world.env
            self._processes.append(
                subprocess.Popen(command, env=env, stdin=event, stdout=pipe, stderr=pipe, text=True)
            )

    def ends(self) -> list[Ended]:
        """Wait for all."""
        done = [(p.communicate(timeout=PATIENCE_S), p) for p in self._processes]
        return [(process.returncode, out, err) for (out, err), process in done]


class Writer:
    """Ten sessions that go on, in a thread, until the block ends."""

    def __init__(self, world: World) -> None:
        self.keys: list[str] = []
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._stop.wait(0.01):
            key = f"m{len(self.keys):05}"
            self._world.add(f"s{len(self.keys) % 10}", key)
            self.keys.append(key)


def crowd(world: World) -> list[Ended]:
    """Ten hooks and a report at once."""
    found = Crowd(world)
    for event, prompt in HOOKS:
        given = {"hook_event_name": event, "session_id": SESSION, "prompt": prompt}
        found.start(hook(event), json.dumps(given))
    found.start([*PYTHON, "report", "--last", "all", "--json"])
    return found.ends()


@pytest.mark.slow
def test_nobody_fails_nobody_complains_and_every_line_is_one_row(
    world: World, start: Start
) -> None:
    watchers = [start(), start()]
    until(lambda: running(str(world.home)), "a watcher")
    with Writer(world) as writer:
        lost = [answer(SESSION, f"lost{n}", 20 - 10 * n, written=400_000) for n in range(2)]
        world.write(SESSION, *lost)
        until(lambda: world.notices(SESSION), "a notice")
        ends = [*crowd(world), *crowd(world)]
    world.stored(*writer.keys, "lost0", "lost1")

    assert {(code, err) for code, _, err in ends} == {(0, "")}
    said = [out for _, out, _ in ends if out]
    assert not [out for out in said if "locked" in out or "another ccmeter" in out]
    told = [json.loads(out)["systemMessage"] for out in said if out.startswith('{"system')]
    assert [text[:35] for text in told] == ["ccmeter warning: Cache rebuilt with"]
    reports = [json.loads(out) for out in said if out.startswith("{\n")]
    assert len(reports) == 2
    assert "sync-running" not in str(reports)
    asked = [json.loads(out) for out in said if out.startswith('{"decision": "block"')]
    assert len(asked) == 2
    assert all("at list price" in each["reason"] for each in asked)
    until(lambda: sum(each.poll() is None for each in watchers) == 1, "one watcher")
    with closing(sqlite3.connect(world.home / "ccmeter.db")) as connection:
        sums = connection.execute("select count(*), sum(output_tokens) from responses").fetchone()
    assert sums == (len(writer.keys) + 2, 500 * (len(writer.keys) + 2))
    lines = [line.split(" ", 1)[1] for line in world.log().splitlines()]
    assert lines[0] == f"ccmeter {version()} watches"
    assert [line[:10] for line in lines[1:]] == ["warning R1"]
    assert not (world.home / "crash.log").exists()
