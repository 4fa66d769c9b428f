"""No connection is opened but by `ccmeter prices refresh`: seen in the imports, and in the act."""

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ccmeter.cli import COMMANDS
from ccmeter.notices import START, Notice, leave

SRC = Path(__file__).resolve().parents[2] / "src" / "ccmeter"
NETWORK = {
    *("aiohttp", "asyncio", "ftplib", "http", "httpx", "httpx2", "imaplib", "nntplib", "poplib"),
    *("requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "urllib", "urllib3"),
    *("webbrowser", "xmlrpc"),
}
DOWNLOAD = "pricing/download.py"
LISTENS = {"otlp/server.py", "otlp/loopback.py"}  # for the client, on the loopback address
NETWORK_TOLD = "opens a connection"
GUARDED = """\
import sys
def guard(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        if event == "socket.connect" and isinstance(args[1], (str, bytes)):
            return
        sys.stderr.write(f"{told}: {{event}} {{args[-1]}}\\n")
        raise OSError("{told}")
sys.addaudithook(guard)
sys.argv[1:] = {arguments!r}
from ccmeter.__main__ import main
sys.exit(main())
"""


def network_imports(source: str) -> Iterator[str]:
    """Every network library that is imported anywhere in the source, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        yield from (name for name in names if name.partition(".")[0] in NETWORK)


def users_of(wanted: Callable[[str], bool]) -> set[str]:
    """The files whose sources want something."""
    files = sorted(SRC.rglob("*.py"))
    return {str(path.relative_to(SRC)) for path in files if wanted(path.read_text("utf-8"))}


def test_one_module_can_connect_and_two_can_listen() -> None:
    assert users_of(lambda source: any(network_imports(source))) == {DOWNLOAD} | LISTENS


def test_only_the_command_that_refreshes_prices_loads_the_module_that_can_connect() -> None:
    assert users_of(lambda source: "pricing.download" in source or "import download" in source) == {
        "cli/prices_refresh.py"
    }


def test_the_guard_sees_an_import_even_inside_a_function() -> None:
    assert list(network_imports("def f():\n    from urllib.request import urlopen\n")) == [
        "urllib.request"
    ]


@pytest.fixture
def guarded(repo_root: Path) -> Callable[..., "CompletedProcess[str]"]:
    """Run a command in which every attempt to connect is told and fails."""

    def run(*arguments: str, stdin: str = "") -> "CompletedProcess[str]":
        code = GUARDED.format(arguments=list(arguments), told=NETWORK_TOLD)
        return subprocess.run(
            [sys.executable, "-c", code],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
            timeout=60,
            check=False,
        )

    return run


UNPRICED = {
    "type": "assistant",
    "sessionId": "s",
    "timestamp": "2026-11-02T10:00:00.000Z",
    "message": {
        "id": "m",
        "role": "assistant",
        "model": "claude-opus-6",  # that a refresh might know
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
}
RUNS: dict[str, list[list[str]]] = {
    "report": [["report"], ["report", "--last", "all", "--json"], ["report", "--demo"]],
    "audit": [["audit"], ["audit", "--rebuild", "--json"]],
    "plans": [["plans"]],
    "limits": [["limits"]],
    "sync": [["sync"], ["sync", "--full"]],
    "watch": [],  # below: it goes on until it is stopped
    "prices": [
        *(["prices", each] for each in ("list", "check")),
        ["prices", "explain", "claude-opus-5-5"],
        ["prices", "set", "m", "--input", "1", "--output", "1"],
        ["prices", "refresh", "--remove"],
    ],
    "config": [["config", "show"], ["config", "set", "timezone", "UTC"]],
    "doctor": [["doctor"]],
    "export": [["export"]],
    "setup": [["setup", "--dry-run"]],
    "statusline": [["statusline"]],
    "hook": [["hook", "SessionStart"], ["hook", "UserPromptSubmit"], ["hook", "Stop"]],
}


def test_no_command_but_the_refresh_connects(
    guarded: Callable[..., "CompletedProcess[str]"], claude_dir: Path, home: Path
) -> None:
    path = claude_dir / "projects" / "-w" / "s.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(UNPRICED) + "\n")
    leave(str(home / "ccmeter"), START, [Notice("alarm", "R1", "look", 1)])
    assert set(RUNS) == set(COMMANDS)

    for command in (each for runs in RUNS.values() for each in runs):
        done = guarded(*command, stdin='{"session_id": "s", "prompt": "hello"}')
        assert NETWORK_TOLD not in done.stderr, command
        assert done.returncode == 0, (command, done.stderr)


def test_the_watcher_does_not_connect(
    repo_root: Path, claude_dir: Path, run_ccmeter: Callable[..., "CompletedProcess[str]"]
) -> None:
    path = claude_dir / "projects" / "-w" / "s.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(UNPRICED) + "\n")
    code = GUARDED.format(arguments=["watch"], told=NETWORK_TOLD)
    env = {**os.environ, "PYTHONPATH": str(repo_root / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env
    ) as watcher:
        try:
            ends = time.monotonic() + 50
            while not _has_read(run_ccmeter) and time.monotonic() < ends:
                time.sleep(0.1)
            assert run_ccmeter("watch", "--stop").returncode == 0
            _, said = watcher.communicate(timeout=30)
        finally:
            watcher.kill()
    assert NETWORK_TOLD not in said.decode()


def _has_read(run_ccmeter: Callable[..., "CompletedProcess[str]"]) -> bool:
    found = run_ccmeter("report", "--last", "all", "--no-sync", "--json")
    return found.returncode == 0 and json.loads(found.stdout)["totals"]["responses"] == 1


def test_the_guard_sees_the_refresh(guarded: Callable[..., "CompletedProcess[str]"]) -> None:
    done = guarded("prices", "refresh")

    assert NETWORK_TOLD in done.stderr
    assert done.returncode == 1


def test_every_command_takes_its_prices_from_the_data_folder() -> None:
    """One that took only the bundled ones would have a history judged by others, in turns."""
    takers = users_of(lambda source: "load_book" in source)

    assert takers == {
        "cli/config.py",  # checks what the user wrote
        "pricing/book.py",
        "pricing/here.py",
        "pricing/rate.py",  # whether a name is known
        "reports/price_refresh.py",  # compares with the bundled ones
    }
