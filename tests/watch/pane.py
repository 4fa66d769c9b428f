"""A command in a real terminal (tmux): its screen, its keys, its size, its end."""

import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Self

from world import PATIENCE_S

# Around the command: what stood there before, how it ended, and what the terminal is like then.
PLAIN = 'echo before; {command}; echo "ended $?"; stty -a | tr ";" "\\n" | grep -w echo; sleep 600'
# The same with a pause, until a key is pressed in the shell.
PAUSED = 'echo before; {command}; echo "paused $?"; read -rsn1; fg; echo "ended $?"; sleep 600'


class Pane:
    """One command of ccmeter's in a shell. Use it as a context manager."""

    def __init__(
        self, env: Mapping[str, str], *words: str, size: tuple[int, int], script: str = PLAIN
    ) -> None:
        self._env = {"LANG": "C.UTF-8", "TERM": "xterm-256color", **env}
        command = shlex.join([sys.executable, "-m", "ccmeter", *words])
        self._script = script.format(command=command)
        self._size = ("-x", str(size[0]), "-y", str(size[1]))
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")  # sockets need short paths

    def __enter__(self) -> Self:
        pairs = [f"{name}={value}" for name, value in self._env.items()]
        shell = ["env", "-i", *pairs, "bash", "--norc", "-mc", self._script]
        self.tmux("-f", "/dev/null", "new-session", "-d", *self._size, *shell)
        return self

    def __exit__(self, *_: object) -> None:
        self.tmux("kill-server", check=False)
        self._folder.cleanup()

    def screen(self, colours: bool = False) -> str:
        """What is to be seen."""
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def wait_for(self, pattern: str) -> str:
        """Return the screen as soon as it matches."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, screen := self.screen(), re.MULTILINE):
            assert time.monotonic() < end, f"no {pattern!r} in:\n{screen}"
            time.sleep(0.05)
        return screen

    def press(self, key: str) -> None:
        self.tmux("send-keys", key)

    def resize(self, columns: int, lines: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def pids(self, pattern: str) -> list[int]:
        """The processes below the shell whose command line has this in it."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        done = subprocess.run(
            ["pgrep", "-P", shell, "-f", pattern], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in done.stdout.split()]

    def tmux(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-S", f"{self._folder.name}/s", *arguments],
            env={"PATH": self._env["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert not (check and done.returncode), f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout
