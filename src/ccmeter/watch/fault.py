"""A sign for the hooks that the watcher cannot store anything: a file, there as long as that lasts.

Where no room is left nothing can be written any more. So its text is written beforehand, beside it,
and only renamed then, which takes no room.
"""

import errno
import os
import re
import shutil
from contextlib import suppress

from ccmeter.faults import is_full

FAULT, SPARE = "watch.fault", "watch.spare"
_LONGEST = 300
_PROBE = "probe"  # the one of hooks/hook
_LITTLE = 1 << 20  # bytes that are left, from which on it is tried whether something can be written
_NEEDED = 1 << 16


class Fault:
    """Shows a fault that lasts, and takes it back. Never raises."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._path, self._spare = os.path.join(home, FAULT), os.path.join(home, SPARE)
        self._no_room = f"no space is left where its data folder is{_place(home)}"

    def show(self, error: Exception) -> None:
        """Let hooks tell every session of it."""
        text = self._no_room if is_full(error) else _plain(str(error))
        with suppress(OSError):
            if not _written(self._path, text):
                os.replace(self._spare, self._path)

    def clear(self) -> None:
        """Nothing is wrong, any more or yet: prepare for the next time."""
        with suppress(OSError):
            os.unlink(self._path)
        if not os.path.exists(self._spare):
            _written(self._spare, self._no_room)

    def close(self) -> None:
        """Leave nothing behind."""
        for path in (self._path, self._spare):
            with suppress(OSError):
                os.unlink(path)


def ask_for_room(home: str) -> None:
    """OSError when no space is left. Where there is plenty nothing is written to find that out.

    A pass may have nothing to store just because Claude Code cannot write either.
    """
    with suppress(FileNotFoundError):
        if shutil.disk_usage(home).free >= _LITTLE:
            return
        descriptor = os.open(os.path.join(home, _PROBE), os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            if os.write(descriptor, bytes(_NEEDED)) < _NEEDED:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.ftruncate(descriptor, 0)
            os.close(descriptor)


def _written(path: str, text: str) -> bool:
    """Write the line whole or not at all; whether it was written."""
    new = f"{path}.new"
    try:
        descriptor = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(text.encode() + b"\n")
        os.replace(new, path)
    except OSError:
        with suppress(OSError):
            os.unlink(new)
        return False
    return True


def read_fault(home: str) -> str:
    """Return what is shown, "" for nothing."""
    try:
        with open(os.path.join(home, FAULT), encoding="utf-8", errors="replace") as file:
            return file.readline(_LONGEST + 1).strip()
    except OSError:
        return ""


def _place(home: str) -> str:
    """The data folder, if it can stand in JSON as it is: a shell puts the text there."""
    return f", {home}" if re.fullmatch(r"[A-Za-z0-9/._ -]+", home) else ""


def _plain(text: str) -> str:
    quoted = text.translate({ord('"'): "'", ord("\\"): "/"})
    return "".join(char for char in quoted if " " <= char <= "~")[:_LONGEST] or "no reason given"
