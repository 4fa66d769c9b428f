"""Notices that wait in small files of the data folder until a hook shows them. Standard library.

A file holds a JSON list, the oldest notice first: `notices/SESSION.json` for one session,
`notices/start.json` for whichever session starts next. It is only ever replaced whole and taken
by a rename, so no notice is shown twice, and a hook never waits.
"""

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

START = "start"
LEVELS = ("info", "notice", "warning", "alarm")
MOST = 5  # of one file; what is more is dropped, the mildest and oldest first

_FOLDER = "notices"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_LONGEST = 1000  # characters of a message


class Notice(NamedTuple):
    """One thing that the user should see once."""

    level: str  # one of LEVELS
    rule: str  # such as R1; "" for none
    message: str
    time_ms: int


def leave(home: str, name: str, notices: Iterable[Notice]) -> None:
    """Add notices for a session (its id) or START. The caller is the only one who leaves any.

    Raises OSError. A name that is no plain word is refused with a ValueError.
    """
    path = _path(home, name)
    if path is None:
        raise ValueError(f"no name of a session: {name!r}")
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    mine = _claim(path)  # first: a hook must not show what is about to be written again
    waiting = [*_read(mine), *notices]
    try:
        if waiting:
            _replace(path, [notice._asdict() for notice in _gravest(waiting)])
    except OSError:
        if mine:
            os.replace(mine, path)  # what could not be added must not take the others with it
        raise
    _remove(mine)


def take(home: str, name: str) -> list[Notice]:
    """Take the notices of a session or of START away and return them, the oldest first.

    Of several who try, one gets them. Nothing there, or nothing readable: [].
    """
    path = _path(home, name)
    mine = _claim(path) if path else None
    found = _read(mine)
    _remove(mine)
    return found


def _claim(path: str) -> str | None:
    """Take the file away from everybody else; return where it is now, None when there is none."""
    mine = f"{path}.{os.getpid()}"
    try:
        os.rename(path, mine)
    except OSError:
        return None
    return mine


def _read(path: str | None) -> list[Notice]:
    if path is None:
        return []
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read(1 << 20))
    except (OSError, ValueError, RecursionError):
        return []
    items = content if isinstance(content, list) else []
    return [notice for notice in map(_notice, items) if notice]


def _remove(path: str | None) -> None:
    if path:
        with suppress(OSError):
            os.unlink(path)


def _path(home: str, name: str) -> str | None:
    return os.path.join(home, _FOLDER, f"{name}.json") if _NAME.fullmatch(name) else None


def _notice(item: Any) -> Notice | None:
    if not isinstance(item, dict) or not isinstance(item.get("message"), str):
        return None
    level, rule, moment = item.get("level"), item.get("rule"), item.get("time_ms")
    return Notice(
        level if level in LEVELS else "warning",
        rule if isinstance(rule, str) else "",
        item["message"][:_LONGEST],
        moment if isinstance(moment, int) else 0,
    )


def _gravest(notices: list[Notice]) -> list[Notice]:
    """The gravest, and of these the newest, each once, in the order of time."""
    notices = _first_words(notices)
    by_weight = sorted(notices, key=lambda each: (LEVELS.index(each.level), each.time_ms))
    kept = by_weight[-MOST:]
    return sorted((each for each in notices if each in kept), key=lambda each: each.time_ms)


def _first_words(notices: list[Notice]) -> list[Notice]:
    """Each once; of the rules that speak up at the same request, in much the same words, one."""
    found: dict[object, Notice] = {}
    for notice in notices:
        about = notice.time_ms if notice.rule else notice.message
        known = found.get(about)
        if known is None or LEVELS.index(notice.level) > LEVELS.index(known.level):
            found[about] = notice
    return list(found.values())


def _replace(path: str, content: Any) -> None:
    temporary = f"{path}.new"
    descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(temporary, path)
