"""The watcher's log: a line per event that a person may ask about, two files at most."""

import os
from contextlib import suppress
from datetime import UTC, datetime

NAME = "watch.log"
LARGEST = 1 << 20  # bytes


class Log:
    """Appends lines to watch.log of the data folder, and shows them on a terminal when asked to.

    A line that cannot be written is lost: a full disk must not end the watcher.
    """

    def __init__(self, home: str, *, echo: bool = False) -> None:
        self._path = os.path.join(home, NAME)
        self._echo = echo
        self._said: dict[str, str] = {}

    def say(self, text: str) -> None:
        """Write a line."""
        moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self.show(text)
        with suppress(OSError):
            self._rotate()
            with open(self._path, "a", encoding="utf-8", opener=_private) as file:
                file.write(f"{moment} {text}\n")

    def show(self, text: str) -> None:
        """Show a line on the terminal alone, if one is watched."""
        if self._echo:
            moment = datetime.now().astimezone()
            with suppress(OSError):
                print(f"{moment:%H:%M:%S}  {text}", flush=True)  # noqa: T201 - in the foreground

    def change(self, about: str, text: str) -> None:
        """Write a line, unless it is what was said last about the same; "" says nothing."""
        if self._said.get(about, "") != text:
            self._said[about] = text
            if text:
                self.say(text)

    def _rotate(self) -> None:
        if os.path.exists(self._path) and os.path.getsize(self._path) >= LARGEST:
            os.replace(self._path, f"{self._path}.1")


def last_line(home: str) -> str:
    """Return the last line of the log, "" when there is none."""
    try:
        with open(os.path.join(home, NAME), "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 2000))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
