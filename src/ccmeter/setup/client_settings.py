"""Claude Code's settings.json: reading it, and replacing it after a backup."""

import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.paths import claude_folders, ensure_home
from ccmeter.settings.atomic import replacing
from ccmeter.setup import jsonc

CHANGED = ("statusLine", "env")  # all of its members that ccmeter ever changes


class ClientSettings(NamedTuple):
    """One settings.json, which may not exist yet: its path, its text and what that says."""

    path: str
    text: str
    data: Mapping[str, Any]


def settings_paths(env: Mapping[str, str] = os.environ) -> list[str]:
    """Return the settings of the folders that Claude Code uses: $CLAUDE_CONFIG_DIR or ~/.claude.

    CcmeterError where there is no such folder.
    """
    own = claude_folders(env) if env.get("CLAUDE_CONFIG_DIR") else claude_folders(env)[:1]
    present = [folder for folder in own if os.path.isdir(folder)]
    if not present:
        raise CcmeterError(
            f"there is no Claude Code folder {own[0]}. Start Claude Code once, or set"
            " CLAUDE_CONFIG_DIR to its folder."
        )
    return [os.path.join(folder, "settings.json") for folder in present]


def read_client_settings(path: str) -> ClientSettings:
    """Read a settings.json; a missing one is empty. CcmeterError when it makes no sense."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        settings = ClientSettings(path, text, jsonc.load(text))
        for name in CHANGED:
            jsonc.raw(text, name)  # that it can be told apart
        return settings
    except FileNotFoundError:
        return ClientSettings(path, "", {})
    except (OSError, ValueError, RecursionError) as error:
        raise _refusal(path, str(error)) from error


def edited(settings: ClientSettings, name: str, value: str | None) -> ClientSettings:
    """Return the settings with a member set to a value (JSON), or without it for None.

    CcmeterError when the text is written in a way in which that cannot be done safely.
    """
    wanted = {key: each for key, each in settings.data.items() if key != name}
    try:
        if value is None:
            text = jsonc.without_member(settings.text, name)
        else:
            text = jsonc.with_member(settings.text, name, value)
            wanted[name] = jsonc.meaning(value)
        found = jsonc.load(text)
    except ValueError as error:
        raise _refusal(settings.path, str(error)) from error
    if found != wanted:
        raise _refusal(settings.path, f"{name} cannot be told apart")
    return ClientSettings(settings.path, text, found)


def replace_settings(home: str, old: ClientSettings, new: ClientSettings) -> str | None:
    """Put the new text in the place of the old one; return the path of the backup of the old.

    None when there was no file. The mode of the file stays. CcmeterError when it cannot be
    written; the old one then stands as it was.
    """
    try:
        backup = _back_up(home, old) if os.path.exists(old.path) else None
        mode = stat.S_IMODE(os.stat(old.path).st_mode) if backup else 0o600
        with replacing(new.path) as file:
            file.write(new.text.encode())
            os.chmod(file.fileno(), mode)
        return backup
    except OSError as error:
        raise CcmeterError(
            f"cannot write {error.filename or new.path}: {error.strerror}; {new.path} was not"
            " changed. Is the folder writable and the disk not full?"
        ) from error


def _back_up(home: str, old: ClientSettings) -> str:
    """Copy into the data folder, which only the user can read: settings may hold keys."""
    folder = os.path.join(ensure_home(home), "backups")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = os.path.join(folder, f"settings-{moment}.json")
    with replacing(path) as file:
        file.write(old.text.encode())
    return path


def _refusal(path: str, reason: str) -> CcmeterError:
    return CcmeterError(
        f"cannot change {path} safely: {reason}. Nothing was changed. Correct the file, or edit"
        " it by hand."
    )
