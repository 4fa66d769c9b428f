"""Transcripts made in the test, and the real command run on them."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest


@pytest.fixture
def answer() -> Callable[..., dict[str, Any]]:
    """Make a final line of one response; keywords change its parts."""
    return final_line


def final_line(id_: str, time: str, **changes: Any) -> dict[str, Any]:
    """A final line of one response: 10 tokens in, 20 out, 3000 read, 400 written for 5 minutes."""
    usage = {
        "input_tokens": changes.pop("input", 10),
        "output_tokens": changes.pop("output", 20),
        "cache_read_input_tokens": changes.pop("read", 3000),
        "cache_creation_input_tokens": changes.pop("write", 400),
        **changes.pop("usage", {}),
    }
    message = {
        "id": id_,
        "type": "message",
        "role": "assistant",
        "model": changes.pop("model", "claude-opus-5-5"),
        "content": [],
        "stop_reason": changes.pop("stop_reason", "end_turn"),
        "usage": usage,
    }
    return {
        "type": "assistant",
        "sessionId": "session-1",
        "cwd": "/w/garden",
        "version": "2.1.300",
        "entrypoint": "cli",
        "requestId": f"req_{id_}",
        "uuid": f"uuid-{id_}",
        "timestamp": time,
        "message": {**message, **changes.pop("message", {})},
        **changes,
    }


@pytest.fixture
def transcript(claude_dir: Path) -> Callable[..., Path]:
    """Write lines (dicts, or bytes as they are) as the transcript of a session."""

    def write(*lines: Any, session: str = "session-1", folder: Path = claude_dir) -> Path:
        path = folder / "projects" / "-w-garden" / f"{session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(b"".join(text + b"\n" for text in texts))
        return path

    return write


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def ok(run_ccmeter: Run) -> Callable[..., str]:
    """Run a command that has to succeed; give what it printed."""

    def ran(*arguments: str, **options: Any) -> str:
        done = run_ccmeter(*arguments, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ran


@pytest.fixture
def fails(run_ccmeter: Run) -> Callable[..., str]:
    """Run a command that has to fail with the code; give its one line on stderr."""

    def ran(code: int, *arguments: str, **options: Any) -> str:
        done = run_ccmeter(*arguments, **options)
        assert done.returncode == code, (done.stdout, done.stderr)
        (line,) = done.stderr.splitlines()
        assert line.startswith("ccmeter: ")
        assert "bug" not in line
        return line.removeprefix("ccmeter: ")

    return ran


@pytest.fixture(params=[60, 80, 120])
def width(request: pytest.FixtureRequest) -> int:
    """Columns of a terminal."""
    return int(request.param)


@pytest.fixture
def fits() -> Callable[[str, int], None]:
    """Assert that no line is wider than the terminal, and none holds an escape code."""

    def check(text: str, width: int) -> None:
        assert text
        assert [line for line in text.splitlines() if len(line) > width] == []
        assert "\x1b" not in text

    return check


@pytest.fixture
def powerless() -> Sequence[str]:
    """What a command begins with to be run with no more rights than anybody has.

    Root may read and write anywhere, unless it gives that power up.
    """
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root may read and write anywhere, and no setpriv is here")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


FULL = {
    "requestedModel": "claude-opus-5-5",
    "effort": "high",
    "promptCacheRequested": "1h",
    "isAbortedMidStream": True,
    "message": {"diagnostics": {"cache_miss_reason": {
        "type": "system_changed", "cache_missed_input_tokens": 77}}},
    "usage": {
        "cache_creation_input_tokens": 700,
        "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 400},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 3},
        "output_tokens_details": {"thinking_tokens": 11},
        "service_tier": "standard",
        "inference_geo": "us",
        "speed": "fast",
    },
}  # fmt: skip


@pytest.fixture
def two(transcript: Any, answer: Any) -> Path:
    """A response with everything a line can tell, and one with next to nothing."""
    path: Path = transcript(
        answer("msg_full", "2026-11-02T10:00:00.123Z", **FULL),
        answer(
            "msg_bare",
            "2026-11-03T10:00:00.000Z",
            model="a,gateway",
            stop_reason=None,
            version=None,
            entrypoint=None,
            requestId=None,
        ),
    )
    return path
