"""Counts, ids, models, versions, times and paths are stored; text never is, not even in part."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
SECRET = "ZQXSECRETXQZ"
TEXT = f"please {SECRET} now"
COMMON = {
    "timestamp": "2026-01-01T00:00:00.000Z",
    "sessionId": "s",
    "cwd": "/w",
    "version": "2",
    "gitBranch": SECRET,
    "slug": SECRET,
    "promptId": SECRET,
}
USAGE = {"input_tokens": 1, "output_tokens": 1, "note": TEXT, "iterations": [{"type": SECRET}]}
CONTENT = [
    {"type": "text", "text": TEXT},
    {"type": "thinking", "thinking": TEXT, "signature": SECRET},
    {"type": "tool_use", "id": "t", "name": SECRET, "input": {SECRET: TEXT}},
]
MESSAGE = {
    "id": "m",
    "model": "claude-opus-5",
    "content": CONTENT,
    "stop_reason": "end_turn",
    "stop_sequence": SECRET,
    "container": {"id": SECRET},
    "diagnostics": {"note": SECRET},
    "usage": USAGE,
}
COMMAND = (
    f"<command-message>{SECRET}</command-message><command-name>/model</command-name>"
    f"<command-args>{TEXT}</command-args>"
)
ANSWER = {**COMMON, "type": "assistant", "requestId": "r", "uuid": SECRET, "message": MESSAGE}
RECORDS: list[dict[str, Any]] = [
    {**COMMON, "type": "user", "message": {"role": "user", "content": TEXT}},
    {**COMMON, "type": "user", "message": {"role": "user", "content": COMMAND}},
    {**COMMON, "type": "user", "message": {"content": f"<command-name>/{SECRET}</command-name>"}},
    {**COMMON, "type": "user", "toolUseResult": {"stdout": TEXT, "usage": USAGE}, "message": {}},
    {**COMMON, "type": "user", "isCompactSummary": True, "message": {"content": TEXT}},
    ANSWER,
    {**ANSWER, "message": {**MESSAGE, "model": "<synthetic>"}, "error": TEXT},
    {**ANSWER, "message": {**MESSAGE, "id": "m2", "stop_reason": None}, "isSidechain": True},
    {
        **COMMON,
        "type": "system",
        "subtype": "compact_boundary",
        "content": TEXT,
        "compactMetadata": {"trigger": SECRET, "preTokens": 1, "userContext": TEXT},
    },
    {**COMMON, "type": "system", "subtype": "local_command", "content": COMMAND},
    {**COMMON, "type": "system", "subtype": SECRET, "content": TEXT},
    {**COMMON, "type": "attachment", "attachment": {"type": f"{SECRET}_delta", "content": TEXT}},
    {
        **COMMON,
        "type": "attachment",
        "attachment": {"type": "agent_listing_delta", "addedTypes": [SECRET]},
    },
    {
        **COMMON,
        "type": "attachment",
        "attachment": {"hookName": "SessionStart:startup", "stdout": TEXT, "command": TEXT},
    },
    {**COMMON, "type": "attachment", "attachment": {"hookName": f"SessionStart:{SECRET}"}},
    {**COMMON, "type": "progress", "data": {"message": ANSWER, "prompt": TEXT}},
    {**COMMON, "type": "ai-title", "aiTitle": TEXT},
    {**COMMON, "type": "summary", "summary": TEXT},
    {**COMMON, "type": "last-prompt", "lastPrompt": TEXT},
    {**COMMON, "type": "bridge-session", "accountUuid": SECRET},
    {**COMMON, "type": "fork-context-ref", "agentId": "a", "parentLastUuid": SECRET},
    {**COMMON, "type": SECRET, "content": TEXT},
    {
        **COMMON,
        "type": "api-request",
        "id": SECRET,
        "querySource": "sdk",
        "shapeHash": "h",
        "base": SECRET,
        "keep": 0,
        "tail": [SECRET],
        "params": {"model": "claude-opus-5", "betas": [SECRET], "system": TEXT},
        "cacheControl": [{"path": SECRET, "value": {"ttl": "1h"}}],
        "requestDigest": SECRET,
    },
    {**COMMON, "type": "api-request-shape", "shapeHash": "h", "shape": {"system": [TEXT]}},
    {**COMMON, "type": "api-request-blob", "hash": "h", "message": {"content": TEXT}},
    {
        **COMMON,
        "type": "cost-state",
        "totalCostUSD": 1,
        "modelUsage": {"claude-opus-5": {"inputTokens": 1, "note": SECRET}},
        "note": TEXT,
    },
]


@pytest.fixture
def history(claude_dir: Path) -> Path:
    """A history in which every text is secret, whole lines and damaged ones."""
    lines = [json.dumps(record, separators=(",", ":")).encode() for record in RECORDS]
    damaged = [
        SECRET.encode(),
        lines[5][:-30],
        lines[5][:-30] + lines[6],
        b"\0" + lines[0] + lines[1],
    ]
    folder = claude_dir / "projects/-w"
    agents = folder / "s/subagents"
    agents.mkdir(parents=True)
    (folder / "s.jsonl").write_bytes(b"\n".join([*lines, *damaged]) + b"\n" + lines[0][:50])
    (agents / "agent-1.jsonl").write_bytes(lines[7] + b"\n")
    (agents / "agent-1.meta.json").write_text(
        json.dumps({"agentType": "Explore", "description": TEXT, "prompt": TEXT})
    )
    (claude_dir / "settings.json").write_text(json.dumps({"env": {"TOKEN": SECRET}}))
    return claude_dir


def test_no_text_of_a_transcript_is_written_anywhere(
    history: Path, home: Path, run_ccmeter: Run
) -> None:
    before = {path: path.read_bytes() for path in history.rglob("*") if path.is_file()}
    for command in (
        ["sync", "--json"],
        ["report", "--json"],
        ["report"],
        ["sync", "--full"],
        ["doctor"],
    ):
        done = run_ccmeter(*command)
        assert done.returncode in (0, 1), done.stderr
        assert "bug" not in done.stderr
        assert SECRET not in done.stdout + done.stderr
    data = Path(os.environ["CCMETER_HOME"])
    files = [path for path in data.rglob("*") if path.is_file()]

    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert b"claude-opus-5" in (data / "ccmeter.db").read_bytes(), "the history has been read"
    assert {path: path.read_bytes() for path in before} == before
    assert not (data / "crash.log").exists()


def test_what_has_not_left_the_write_ahead_log_holds_no_text_either(
    history: Path, home: Path
) -> None:
    from ccmeter.ingest import ingest
    from ccmeter.store.db import open_rw

    connection = open_rw(str(home / "data"))
    ingest(connection, [str(history)])
    log = (home / "data/ccmeter.db-wal").read_bytes()
    connection.close()

    assert b"claude-opus-5" in log
    assert SECRET.encode() not in log


def test_only_the_owner_can_read_what_is_stored(history: Path, run_ccmeter: Run) -> None:
    umask = os.umask(0)
    try:
        run_ccmeter("sync")
        run_ccmeter("report")
    finally:
        os.umask(umask)
    data = Path(os.environ["CCMETER_HOME"])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*")}

    assert set(modes) >= {"ccmeter.db", "writer.lock"}
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
