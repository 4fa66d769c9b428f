"""Answers to /ccmeter:report and the like, by the ordinary commands. Costs no tokens."""

import os
import re
import sys
from collections.abc import Mapping
from typing import NamedTuple

NAMES = ("report", "audit", "limits", "setup")
WAIT_S = 45.0  # hooks.json allows the hook 60 s

_PROMPT = re.compile(r"/ccmeter:(\w+)(?:\s+(.*))?", re.DOTALL)
_INDENT = 11  # columns that the client, in all versions seen, keeps from such a text
_PIPE_COLUMNS = 100
_FIRST = {"report": ["--leave-rest"]}  # what nobody should wait for is left to the watcher
_BUSY = (
    "ccmeter is still reading your transcripts, which takes a while the first time. Ask again in a"
    " minute."
)


class Command(NamedTuple):
    """A command of ours that was typed as a prompt."""

    name: str
    arguments: str  # as typed


def asked(prompt: object) -> Command | None:
    """Return the command that the prompt is, None for any other prompt."""
    found = _PROMPT.fullmatch(prompt.strip()) if isinstance(prompt, str) else None
    return Command(found[1], found[2] or "") if found and found[1] in NAMES else None


def text_of(command: Command, env: Mapping[str, str]) -> str:
    """Return what the command prints, or why it does not; coloured where colours are shown."""
    import shlex  # not to show a notice
    import subprocess

    try:
        arguments = shlex.split(command.arguments)
    except ValueError as error:
        return f"ccmeter {command.name}: cannot read the arguments ({error})."
    try:
        return _output([command.name, *_FIRST.get(command.name, ()), *arguments], env)
    except subprocess.TimeoutExpired:
        return _BUSY
    except (OSError, ValueError) as error:  # ValueError: a zero byte in an argument
        return f"ccmeter {command.name} could not be started: {error}"


def _output(arguments: list[str], env: Mapping[str, str]) -> str:
    """Run the program of this interpreter; no shell sees the arguments."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "ccmeter", *arguments],
        env={**env, **_screen(env)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=WAIT_S,
        check=False,
    )
    text = done.stdout.decode("utf-8", "replace").strip("\n")
    return "\n" + text if text else f"ccmeter {arguments[0]} printed nothing."


def _screen(env: Mapping[str, str]) -> dict[str, str]:
    """The terminal that the text is for, as the command should see it."""
    found = {"COLUMNS": str(_columns(env) - _INDENT), "PYTHONIOENCODING": "utf-8"}
    if env.get("CLAUDE_CODE_ENTRYPOINT") == "cli" and not env.get("NO_COLOR"):
        found["FORCE_COLOR"] = "1"
    return found


def _columns(env: Mapping[str, str]) -> int:
    told = env.get("COLUMNS", "")
    if told.isdecimal() and 20 <= int(told) < 10_000:
        return int(told)
    try:  # clients before 2.1.153 do not tell
        with open("/dev/tty", "rb") as terminal:
            return max(20, os.get_terminal_size(terminal.fileno()).columns)
    except OSError:
        return _PIPE_COLUMNS + _INDENT
