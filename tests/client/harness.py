"""Runs the real client in a home of its own, with nothing of ours in its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from install import Client

ROOT = Path(__file__).resolve().parents[2]
MODEL = "claude-opus-5-5"
KEY = "sk-ant-made-up-for-the-tests-0123456789"
TOOLS = "Bash,Agent,Read,Write"
SECONDS = 120

Json = dict[str, Any]


class Run(NamedTuple):
    """What a process left."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Json:
        """The JSON document on standard output."""
        document: Json = json.loads(self.out)
        return document


class Sandbox:
    """A home, Claude Code's folder, a project and ccmeter's folder, all below `folder`."""

    def __init__(self, folder: Path, client: Client, url: str) -> None:
        self.client = client
        self.home = folder / "home"
        self.config = folder / "claude"
        self.project = folder / "proj"
        self.data = folder / "ccmeter"
        for made in (self.home, self.config, self.project):
            made.mkdir(parents=True)
        self.env = {
            "HOME": str(self.home),
            "PATH": os.environ.get("PATH", os.defpath),
            "CLAUDE_CONFIG_DIR": str(self.config),
            "CCMETER_HOME": str(self.data),
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": KEY,
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        self._answer_questions()

    def _answer_questions(self) -> None:
        """What a person would have said at the first start."""
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        known = {
            "hasCompletedOnboarding": True,
            "lastOnboardingVersion": self.client.version,
            "theme": "dark",
            "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
            "projects": {str(self.project): trusted},
        }
        (self.config / ".claude.json").write_text(json.dumps(known))
        self.settings({"permissions": {"allow": TOOLS.split(",")}})

    def subscribe(self) -> None:
        """Sign in as a subscriber would be, in place of the key."""
        del self.env["ANTHROPIC_API_KEY"]
        self.env["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-made-up-for-the-tests"

    def settings(self, more: Json) -> None:
        """Add to the client's user settings."""
        path = self.config / "settings.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(known | more))

    def claude(self, *arguments: str, stdin: str = "", timeout: float = SECONDS) -> Run:
        """Run the client to its end."""
        return self._run([*self.client.command, *arguments], self.env, stdin, timeout)

    def ask(self, prompt: str, *arguments: str) -> Run:
        """Ask in print mode, with a JSON result."""
        return self.claude(*self.print_mode(*arguments), stdin=prompt)

    def print_mode(self, *arguments: str) -> list[str]:
        """Return the arguments of print mode; the prompt comes on standard input."""
        model = [] if "--model" in arguments else ["--model", MODEL]
        return ["-p", "--output-format", "json", *model, *arguments]

    def start(self, prompt: str, *arguments: str) -> "subprocess.Popen[str]":
        """Ask in print mode without waiting; the caller ends the process."""
        process = subprocess.Popen(
            [*self.client.command, *self.print_mode(*arguments), prompt],
            cwd=self.project,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return process

    def ccmeter(self, *arguments: str, stdin: str = "") -> Run:
        """Run the ccmeter of this checkout on what the client left."""
        env = {**self.env, "PYTHONPATH": str(ROOT / "src")}
        return self._run([sys.executable, "-m", "ccmeter", *arguments], env, stdin, SECONDS)

    def report(self, *arguments: str) -> Json:
        """Return `ccmeter report --json` over everything."""
        done = self.ccmeter("report", "--json", "--last", "all", *arguments)
        assert done.code == 0, done.err
        return done.result

    def _run(self, command: list[str], env: dict[str, str], stdin: str, timeout: float) -> Run:
        done = subprocess.run(
            command,
            cwd=self.project,
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def transcripts(self) -> list[Path]:
        """The files the client wrote."""
        return sorted((self.config / "projects").rglob("*.jsonl"))

    def entries(self, kind: str = "") -> Iterator[Json]:
        """Every entry of every transcript, or those of one type."""
        for path in self.transcripts():
            for line in path.read_text("utf-8").splitlines():
                entry = json.loads(line)
                if not kind or entry.get("type") == kind:
                    yield entry

    def cost_states(self) -> dict[str, Json]:
        """The client's own meter by session, its last word."""
        return {entry["sessionId"]: entry for entry in self.entries("cost-state")}
