"""Notices on the desktop, by the program that the system has for it."""

import shutil
import subprocess
import sys

_TITLE = "ccmeter"
_APPLE = (  # the text is an argument: nothing in it can be taken for a command
    "osascript", "-e", "on run argv", "-e",
    f'display notification (item 1 of argv) with title "{_TITLE}"', "-e", "end run",
)  # fmt: skip


class Desktop:
    """Shows texts where there is a desktop, and nothing where there is none."""

    def __init__(self) -> None:
        self._shown: list[subprocess.Popen[bytes]] = []

    def show(self, text: str) -> None:
        """Show the text without waiting for it to be seen."""
        self._shown = [process for process in self._shown if process.poll() is None]
        command = _command(text)
        if command is not None:
            quiet = subprocess.DEVNULL
            self._shown.append(subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet))


def _command(text: str) -> list[str] | None:
    if sys.platform == "darwin":
        return [*_APPLE, text]
    program = shutil.which("notify-send")
    return None if program is None else [program, "--app-name", _TITLE, "--", _TITLE, text]
