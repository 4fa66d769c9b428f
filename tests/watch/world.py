"""A Claude folder that grows, and the watcher that should see it."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ccmeter.store.db import open_rw
from ccmeter.watch.instance import become
from ccmeter.watch.log import Log
from ccmeter.watch.loop import Loop, Options
from ccmeter.watch.pace import Timing

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
QUICK = Timing(
    tick=0.05, settle=0.01, rest=0.02, full=600.0, poll=0.1, poll_share=1.0, busy=0.02,
    fault=0.05, fault_most=0.2, grace=0.3, still=0.2, quiet=0.5,
)  # fmt: skip


def until(done: Callable[[], Any], what: str = "", seconds: float = PATIENCE_S) -> Any:
    """Wait for a true value and return it."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, f"{what or done} not after {seconds} s"
        time.sleep(0.01)
    return found


def answer(
    session: str, key: str, ago_s: float = 0, read: int = 0, written: int = 0, **changes: Any
) -> bytes:
    """A final line: 1,000 tokens in, 500 out; with Opus 5.5 that is $0.004 and $0.01."""
    usage = {
        "input_tokens": 1000, "output_tokens": 500, "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "cache_creation": {"ephemeral_1h_input_tokens": written, "ephemeral_5m_input_tokens": 0},
    }  # fmt: skip
    message = {
        "id": key, "role": "assistant", "model": changes.pop("model", "claude-opus-5-5"),
        "content": [], "stop_reason": "end_turn", "usage": usage,
    }  # fmt: skip
    moment = datetime.now(UTC) - timedelta(seconds=ago_s)
    line = {
        "type": "assistant", "sessionId": session, "cwd": "/w/garden", "version": "2.1.330",
        "requestId": f"req_{key}", "uuid": f"uuid-{key}",
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "message": message, **changes,
    }  # fmt: skip
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


@cache
def empty_database() -> bytes:
    """The database of a first start, made once."""
    with TemporaryDirectory() as home:
        open_rw(home).close()
        return Path(home, "ccmeter.db").read_bytes()


class World:
    """Folders of a test, what is written into them, and what is found in the database."""

    def __init__(self, folder: Path) -> None:
        self.claude = folder / ".claude"
        self.home = folder / "ccmeter"
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "CLAUDE_CONFIG_DIR": str(self.claude),
            "CCMETER_HOME": str(self.home),
        }

    def prepare(self) -> None:
        """Make the database, so that no watcher has to."""
        self.home.mkdir()
        (self.home / "ccmeter.db").write_bytes(empty_database())

    def add(self, session: str, *keys: str, project: str = "-w-garden") -> Path:
        """Append answers to the transcript of a session, or of `session/subagents/agent-x`."""
        path = self.claude / "projects" / project / f"{session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(answer(session.split("/")[0], key) for key in keys))
        return path

    def write(self, session: str, *lines: bytes) -> Path:
        """Append lines to the transcript of a session."""
        path = self.add(session)
        with path.open("ab") as file:
            file.writelines(lines)
        return path

    def keys(self) -> list[str]:
        """The responses that are stored."""
        path = self.home / "ccmeter.db"
        if not path.exists():
            return []
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                rows = connection.execute("select key from responses order by key").fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []
        return [key for (key,) in rows]

    def stored(self, *keys: str) -> None:
        """Wait until exactly these responses are stored."""
        until(lambda: self.keys() == sorted(keys), f"stored {keys}, found {self.keys()}")

    def ready(self, name: str) -> dict[str, Any]:
        """A ready value, {} when there is none."""
        with closing(sqlite3.connect(self.home / "ccmeter.db")) as connection:
            row = connection.execute("select value from ready where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else {}

    def notices(self, name: str) -> list[dict[str, Any]]:
        """The notices that wait for a session, or for START."""
        path = self.home / "notices" / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else []

    def log(self) -> str:
        path = self.home / "watch.log"
        return path.read_text() if path.exists() else ""

    def logged(self, text: str) -> None:
        """Wait until the log says so."""
        until(lambda: text in self.log(), f"logged {text!r}: {self.log()}")

    @contextmanager
    def watching(self, timing: Timing = QUICK, **options: Any) -> Iterator[Loop]:
        """Run a watcher in a thread; it has looked around when the block begins."""
        instance = become(str(self.home))
        assert instance is not None
        loop = Loop(str(self.home), instance, Options(**options), Log(str(self.home)), timing)
        ends: list[str] = []
        thread = threading.Thread(target=lambda: ends.append(loop.run()))
        thread.start()
        try:
            until(lambda: self.ready_at_all() or not thread.is_alive(), "a first pass")
            yield loop
        finally:
            loop.hints.stop()
            thread.join(PATIENCE_S)
        assert ends, "the watcher ended with an error"

    def ready_at_all(self) -> bool:
        try:
            return bool(self.ready("today"))
        except sqlite3.OperationalError:
            return False

    def start(self, *words: str, module: str = "ccmeter.watch") -> "subprocess.Popen[str]":
        """Start a watcher, or another command, in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "ccmeter", *words],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
