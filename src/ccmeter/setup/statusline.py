"""Putting ccmeter into the statusline of a settings.json, and taking it out again."""

import os
import shlex
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from ccmeter.settings.atomic import replacing
from ccmeter.setup import jsonc
from ccmeter.setup.before import Before
from ccmeter.setup.client_settings import ClientSettings, edited
from ccmeter.setup.stable import STATUSLINE, statusline_path

NAME = "statusLine"
_REFRESH_S = 60  # other sessions add to the day; clients before 2.1.97 do not know it
_INDENT = "  "


class Plan(NamedTuple):
    """What is to be written."""

    settings: ClientSettings
    before: Before
    wrapped: str = ""  # the command that was there, run as well


def wrapped_name(path: str) -> str:
    """Return the name under which what a settings.json ran before is kept."""
    return f"{zlib.crc32(os.fsencode(path)):08x}"


def is_ours(value: Any) -> bool:
    """Whether a statusLine setting runs ccmeter."""
    command = _command(value)
    return STATUSLINE in command or "ccmeter statusline" in command


def put_in(settings: ClientSettings, before: Before, home: str) -> Plan:
    """Return the settings that run ccmeter's line, and the one that was there before it."""
    present = settings.data.get(NAME)
    if is_ours(present):
        known = before.get("statusline")
        old = _command(jsonc.meaning(known)) if isinstance(known, str) else ""
    else:
        old = _command(present)
        before = {**before, "statusline": jsonc.raw(settings.text, NAME)}
    wanted = _wanted(present, statusline_path(home), wrapped_name(settings.path) if old else "")
    if present != wanted:
        settings = edited(settings, NAME, jsonc.dump(wanted, _INDENT))
    return Plan(settings, before, old)


def _wanted(present: Any, script: str, wrapped: str) -> dict[str, Any]:
    """The setting: padding and the like stay as the user has them."""
    kept = dict(present) if isinstance(present, Mapping) else {}
    kept.pop("type", None)
    kept.pop("command", None)
    command = " ".join(filter(None, [shlex.quote(script), wrapped]))
    return {"type": "command", "command": command, "refreshInterval": _REFRESH_S, **kept}


def take_out(settings: ClientSettings, before: Before) -> Plan:
    """Return the settings as they were before; what is not ccmeter's stays."""
    rest = {key: value for key, value in before.items() if key != "statusline"}
    if is_ours(settings.data.get(NAME)):
        settings = edited(settings, NAME, before.get("statusline"))
    return Plan(settings, rest)


def _command(value: Any) -> str:
    """The command that a setting runs, "" for none."""
    command = value.get("command") if isinstance(value, Mapping) else None
    return command.strip() if isinstance(command, str) else ""


def keep_wrapped(home: str, path: str, command: str) -> None:
    """Write the command that a settings.json ran before as a script; "" removes it. OSError."""
    script = os.path.join(home, "wrapped", wrapped_name(path))
    if command:
        os.makedirs(os.path.dirname(script), mode=0o700, exist_ok=True)
        with replacing(script) as file:
            file.write(command.encode() + b"\n")
    elif os.path.exists(script):
        os.unlink(script)
