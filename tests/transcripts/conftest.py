"""Lines as the client writes them, for the tests of this folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Make = Callable[..., bytes]


def packed(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def at(second: int) -> str:
    return f"2026-02-03T04:05:{second:02}.006Z"


@pytest.fixture(scope="session")
def answer() -> Make:
    """Make an assistant line: its second in time, its message id, other fields."""

    def make(second: int = 0, ident: str = "m1", **fields: Any) -> bytes:
        usage = {"input_tokens": 1, "output_tokens": 2}
        message = {"id": ident, "model": "m", "stop_reason": "end_turn", "usage": usage}
        record = {"type": "assistant", "timestamp": at(second), "sessionId": "s", "requestId": "r"}
        return packed(record | {"message": message} | fields)

    return make


@pytest.fixture(scope="session")
def user() -> Make:
    """Make a user line: its second in time, other fields."""

    def make(second: int = 0, **fields: Any) -> bytes:
        message = {"role": "user", "content": "go on"}
        return packed({"type": "user", "timestamp": at(second), "message": message} | fields)

    return make


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """An empty projects folder; its parent is the Claude folder."""
    folder = tmp_path / "projects"
    folder.mkdir()
    return folder
