"""ccmeter hook EVENT: the event as JSON on standard input, JSON for the user on standard output.

It exits 0 whatever happens, and prints nothing that would reach the model: `systemMessage` and a
blocked prompt are for the user alone.
"""

import json
import os
import sys
from typing import Any

from ccmeter.hook.slash import Command, asked, text_of
from ccmeter.notices import START, Notice, take
from ccmeter.paths import data_home

Json = dict[str, Any]

EVENTS = ("SessionStart", "UserPromptSubmit", "Stop")  # to which there may be an answer
_MOST = 16 << 20  # bytes of an event; a prompt may be long


def main(event: str) -> int:
    """Answer the event and return 0. Other words than events are nobody's to be answered."""
    sys.excepthook = _last_resort
    found = answer(event, _given(), data_home()) if event in EVENTS else {}
    if found:
        os.write(1, json.dumps(found).encode() + b"\n")
    return 0


def answer(event: str, given: Json, home: str) -> Json:
    """Return what the client is told, {} for nothing."""
    command = asked(given.get("prompt")) if event == "UserPromptSubmit" else None
    if command:
        return _blocked(command)
    if event == "SessionStart":
        return _shown(take(home, START))
    if event in ("Stop", "UserPromptSubmit"):
        return _shown(take(home, str(given.get("session_id", ""))))
    return {}


def _given() -> Json:
    try:
        found = json.loads(sys.stdin.buffer.read(_MOST))
    except (OSError, ValueError, RecursionError, AttributeError):  # also: no standard input
        return {}
    return found if isinstance(found, dict) else {}


def _blocked(command: Command) -> Json:
    """The answer in place of the prompt. The original may name it; the model sees neither."""
    return {
        "decision": "block",
        "reason": text_of(command, os.environ),
        "hookSpecificOutput": {
            "hookEventName": "UserPromptSubmit",
            "suppressOriginalPrompt": True,
        },
    }


def _shown(notices: list[Notice]) -> Json:
    lines = [f"{_title(notice)}: {_printable(notice.message)}" for notice in notices]
    return {"systemMessage": "\n".join(lines)} if lines else {}


def _title(notice: Notice) -> str:
    grave = notice.level in ("warning", "alarm")
    return f"ccmeter {notice.level}" if grave else "ccmeter"


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable() or char == "\n")


def _last_resort(*error: Any) -> None:
    """A bug goes to the log, not to the user at every turn."""
    from traceback import format_exception

    log = os.path.join(data_home(), "crash.log")
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, "".join(format_exception(*error)).encode("utf-8", "replace"))
    except OSError:
        pass  # no folder to write to, and nobody to tell
    os._exit(0)
