"""Notices on the desktop, by the program that the system has for it."""

import shutil
import subprocess
import sys
import time
from contextlib import suppress

_TITLE = "ccmeter"
_APPLE = (  # the text is an argument: nothing in it can be taken for a command
    "osascript", "-e", "on run argv", "-e",
    f'display notification (item 1 of argv) with title "{_TITLE}"', "-e", "end run",
)  # fmt: skip
_MOST = 4  # at once: a program that waits for a desktop that is gone is not asked again
_LONGEST_S = 30.0  # that a program may take
_END_S = 1.0


class Desktop:
    """Shows texts where there is a desktop, and nothing where there is none."""

    def __init__(self) -> None:
        self._shown: list[tuple[subprocess.Popen[bytes], float]] = []  # until then (monotonic)

    def show(self, text: str) -> None:
        """Show the text without waiting for it to be seen. `tidy` has to be called afterwards."""
        command = _command(text)
        if command is None or len(self._shown) >= _MOST:
            return
        quiet = subprocess.DEVNULL
        with suppress(OSError):  # removed just now
            process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
            self._shown.append((process, time.monotonic() + _LONGEST_S))

    def tidy(self) -> None:
        """Let go of programs that are done, and end those that never will be."""
        for process, until in self._shown:
            if time.monotonic() > until:
                process.kill()
        self._shown = [(process, until) for process, until in self._shown if process.poll() is None]

    def close(self) -> None:
        """Leave no program behind; what was to be shown has a moment for it."""
        until = time.monotonic() + _END_S
        for process, _ in self._shown:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._shown = []


def _command(text: str) -> list[str] | None:
    if sys.platform == "darwin":
        return [*_APPLE, text]
    program = shutil.which("notify-send")
    return None if program is None else [program, "--app-name", _TITLE, "--", _TITLE, text]
