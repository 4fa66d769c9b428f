"""ccmeter as the thing measured: bin/ccmeter of this checkout, in an environment built once."""

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import totals
from peers import Program

ROOT = Path(__file__).resolve().parents[1]
START = "from ccmeter.__main__ import start; start()"
EVERYTHING = ("report", "--last", "all")
LAST_WEEK = ("report", "--since", "2026-11-17", "--until", "2026-11-23")  # where every corpus ends


class Meter:
    """How ccmeter is started. `python` is an interpreter with its dependencies, or None."""

    def __init__(self, cache: Path, python: str | None) -> None:
        self._python = python
        self._home = cache / "ccmeter"
        if python is None:
            self._prepare()

    @property
    def how(self) -> str:
        """Say how it is started, for the results."""
        if self._python:
            return "`python -m ccmeter` with PYTHONPATH=src"
        return "`bin/ccmeter`, in the environment that it builds itself"

    @property
    def python(self) -> str:
        """Return the interpreter that runs it."""
        if self._python:
            return self._python
        (python, *_) = sorted(self._home.glob("env/*/bin/python"), key=lambda path: -_used(path))
        return str(python)

    def _prepare(self) -> None:
        """Build the environment, which takes the network once."""
        self._home.mkdir(parents=True, exist_ok=True)
        env = {**os.environ, "CCMETER_HOME": str(self._home)}
        done = subprocess.run(
            [ROOT / "bin" / "ccmeter", "--prepare"],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{done.stderr.strip()}\n(or name an interpreter that has it all: --python)")

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Return the command that runs ccmeter with these arguments."""
        if not self._python:
            return (str(ROOT / "bin" / "ccmeter"), *arguments)
        if arguments[0] == "statusline":  # as bin/ccmeter starts it
            return (self._python, "-S", "-c", START, *arguments)
        return (self._python, "-m", "ccmeter", *arguments)

    def program(self, name: str, *arguments: str) -> Program:
        """Return it as a program on a corpus."""
        return Program(
            name,
            self.version(),
            self.command(*arguments),
            self.variables(),
            totals.of_ccmeter,
            sums=self.command(*EVERYTHING, "--by", "model", "--json", "--no-sync"),
            remark="SQLite; reads every byte once",
        )

    def variables(self) -> dict[str, str]:
        """Return what its environment holds beside the common."""
        env = {"CLAUDE_CONFIG_DIR": "{corpus}", "CCMETER_HOME": "{home}/ccmeter"}
        return {**env, "PYTHONPATH": str(ROOT / "src")} if self._python else env

    def fresh_home(self, home: Path) -> None:
        """Make an empty CCMETER_HOME below a home; the environment is linked, not built again."""
        own = home / "ccmeter"
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(parents=True, mode=0o700)
        if not self._python:
            (own / "env").symlink_to(self._home / "env")

    def version(self) -> str:
        """Return the version and the commit, with a + where files differ from it."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        number: str = project["version"]
        commit = _git("rev-parse", "--short", "HEAD")
        changed = "+" if commit and _git("status", "--porcelain", "--", "src") else ""
        return f"{number} ({commit}{changed})" if commit else number


def _git(*arguments: str) -> str:
    if not shutil.which("git"):
        return ""
    done = subprocess.run(
        ["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _used(python: Path) -> float:
    used = python.parents[1] / "used"
    return used.stat().st_mtime if used.exists() else 0.0


def database_bytes(home: Path) -> int:
    """Return what the database takes on disk, with its log."""
    return sum(path.stat().st_size for path in (home / "ccmeter").glob("ccmeter.db*"))


def payload(corpus: Path) -> bytes:
    """Return what Claude Code gives a statusline, for the session written last."""
    newest = max((corpus / "projects").glob("*/*.jsonl"), key=lambda path: path.stat().st_mtime)
    now = int(time.time())
    model = {"id": "claude-opus-5-5", "display_name": "Opus 5.5"}
    cost = {"total_cost_usd": 1.416, "total_duration_ms": 60_000, "total_api_duration_ms": 9_000}
    document = {
        "session_id": newest.stem,
        "transcript_path": str(newest),
        "cwd": "/home/dev/project",
        "model": model,
        "workspace": {"current_dir": "/home/dev/project", "project_dir": "/home/dev/project"},
        "version": "2.1.330",
        "cost": {**cost, "total_lines_added": 1, "total_lines_removed": 1},
        "context_window": {
            "context_window_size": 200_000,
            "total_input_tokens": 24_000,
            "total_output_tokens": 900,
            "used_percentage": 12,
        },
        "rate_limits": {
            "five_hour": {"used_percentage": 23, "resets_at": now + 9_000},
            "seven_day": {"used_percentage": 41, "resets_at": now + 300_000},
        },
    }
    return json.dumps(document).encode()
