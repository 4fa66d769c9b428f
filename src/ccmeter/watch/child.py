"""A large pass in a process of its own: it yields to others, and takes its memory with it."""

import os
import subprocess
import sys
from contextlib import suppress

CATCH_UP = "catch-up"
_NICE = 10  # how far it yields to other programs
_END_S = 1.0


def environment(home: str) -> dict[str, str]:
    """Return the environment of a process that is to run this ccmeter on that data folder."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [source, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "CCMETER_HOME": home, "PYTHONPATH": os.pathsep.join(paths)}


class CatchUp:
    """`ccmeter.watch catch-up`, running."""

    def __init__(self, home: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ccmeter.watch", CATCH_UP],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with suppress(OSError, AttributeError):  # gone already, or a system without priorities
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)

    def ended(self) -> bool:
        """Whether it is done."""
        return self._process.poll() is not None

    def complaint(self) -> str:
        """Return why it failed, "" when it did not. Call it once, when it has ended."""
        _, errors = self._process.communicate()
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        return (lines or ["no reason given"])[-1] if self._process.returncode else ""

    def stop(self) -> None:
        """End it; whatever it has stored stays."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
