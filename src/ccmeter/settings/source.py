"""What config.toml holds, and writing it: checked, whole, with comments and order kept."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.paths import config_path, ensure_home
from ccmeter.settings.atomic import replacing

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

UNCHANGED = "nothing was changed"


class Source(NamedTuple):
    """What config.toml holds: its text, and the same as plain data."""

    path: str
    text: str
    data: Mapping[str, Any]


def read_settings(home: str) -> Source:
    """Return what config.toml of the data folder holds; nothing when it does not exist."""
    import tomllib

    path = config_path(home)
    if not os.path.exists(path):
        return Source(path, "", {})
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        return Source(path, text, tomllib.loads(text))
    except (OSError, ValueError) as error:
        raise CcmeterError(
            f"cannot read {path}: {error}. Correct the file or move it away."
        ) from error


def edited(text: str, change: "Callable[[TOMLDocument], None]") -> str | None:
    """Return the text after a change of its document, None where the editor cannot make it."""
    import tomlkit

    try:
        document = tomlkit.parse(text)
        change(document)
        return tomlkit.dumps(document)
    except (ValueError, LookupError, TypeError):  # its errors are these and others at random
        return None


def save(home: str, source: Source, text: str | None, wanted: Mapping[str, Any]) -> None:
    """Write the new text, if it says exactly what is wanted; CcmeterError if it does not.

    TOML has more ways to write a table than an editor of it knows: a text that would say
    something else than the old one and the change is refused.
    """
    if text == source.text:
        return
    if text is None or meaning(text) != wanted:
        raise CcmeterError(
            f"{source.path} is written in a way that ccmeter cannot change safely;"
            f" {UNCHANGED}. Edit it by hand."
        )
    try:
        ensure_home(home)
        with replacing(source.path) as file:
            file.write(text.encode())
    except OSError as error:
        raise CcmeterError(
            f"cannot write {source.path}: {error.strerror}; {UNCHANGED}. Is the folder writable"
            " and the disk not full?"
        ) from error


def meaning(text: str) -> Mapping[str, Any] | None:
    """Return what a text of TOML says, None when it is none."""
    import tomllib

    try:
        return tomllib.loads(text)
    except ValueError:
        return None
