"""The real client in a terminal of its own (tmux), driven by keys and read by its screen."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Self

from harness import MODEL, Sandbox
from mock_api import MockApi

READY = r"^\s*[❯>]"  # the prompt


def tmux() -> str | None:
    """Return the program, or None where it is not installed."""
    return shutil.which("tmux")


class Terminal:
    """One interactive client, in a tmux server that ends with it. Use it as a context manager."""

    def __init__(self, box: Sandbox, *arguments: str, columns: int = 120, lines: int = 40) -> None:
        self._box = box
        self._arguments = arguments or ("--model", MODEL)
        self._size = ("-x", str(columns), "-y", str(lines))
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")  # sockets need short paths
        self._socket = f"{self._folder.name}/s"

    def __enter__(self) -> Self:
        env = {name: value for name, value in self._box.env.items() if name != "PATH"}
        pairs = [f"{name}={value}" for name, value in env.items()]
        command = ["env", *pairs, *self._box.client.command, *self._arguments]
        self._tmux("-f", "/dev/null", "new-session", "-d", *self._size, "-c",
                   str(self._box.project), *command)  # fmt: skip
        self._tmux("set-option", "-g", "remain-on-exit", "on")
        self.wait_for(READY, 60)
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server", check=False)
        self._folder.cleanup()

    def say(self, prompt: str) -> None:
        """Type a prompt and send it."""
        self._tmux("send-keys", "-l", prompt)
        start = prompt[:40]  # the rest may stand in another line
        self.wait_until(lambda: start in self._typed(), what=f"{start!r} typed")
        time.sleep(0.3)  # typed too fast, Enter becomes part of a paste
        self.press("Enter")
        if not self._sent(start):  # a busy client took it for one all the same
            self.press("Enter")

    def _typed(self) -> str:
        """What stands in the input line: the last one that begins with the sign of a prompt."""
        lines = re.findall(rf"{READY}.*", self.screen(), re.MULTILINE)
        return lines[-1] if lines else ""

    def _sent(self, start: str, seconds: float = 3) -> bool:
        until = time.monotonic() + seconds
        while start in self._typed() and time.monotonic() < until:
            time.sleep(0.1)
        return start not in self._typed()

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names."""
        self._tmux("send-keys", *keys)

    def screen(self, colours: bool = False) -> str:
        """Return what is to be seen."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def wait_for(self, pattern: str, seconds: float = 30) -> str:
        """Return the screen as soon as it matches; fails with the screen after `seconds`."""
        self.wait_until(lambda: self._matches(pattern), seconds, repr(pattern))
        return self.screen()

    def wait_until(self, done: Callable[[], bool], seconds: float = 30, what: str = "") -> None:
        """Wait until it is done; fails with the screen after `seconds`."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise AssertionError(f"{what} not after {seconds} s:\n{self.screen()}")
            time.sleep(0.1)

    def wait_for_titled(self, api: MockApi, calls: int) -> None:
        """Wait for an answer and for the title, asked for at once: `calls` with these two."""
        self.wait_for(rf"Done, number ({calls - 1}|{calls})\b")
        self.wait_until(lambda: len(api.calls) >= calls, what="a title")

    def leave(self) -> None:
        """Leave the client as a person does, and wait until it is gone."""
        self.say("/exit")
        self.wait_until(self._left, what="left")

    def kill(self) -> None:
        """End the client as a crash does: it writes nothing any more."""
        os.kill(int(self._tmux("display-message", "-p", "#{pane_pid}")), signal.SIGKILL)
        self.wait_until(self._left, what="killed")

    def _matches(self, pattern: str) -> bool:
        return re.search(pattern, self.screen(), re.MULTILINE) is not None

    def _left(self) -> bool:
        return self._tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments],
            env={"PATH": self._box.env["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            timeout=30,
        )
        if check and done.returncode:
            raise AssertionError(f"tmux {arguments[0]}: {done.stderr}")
        return done.stdout
