"""Signs between processes, looked at every moment: small files, and the clock."""

import os
import time

from ccmeter.limits.spool import SPOOL
from ccmeter.watch.surroundings import settings_stamp, stamp

POKE = "poke"
FAILED, TOLD = "start.failed", "start.told"  # why hooks/background could not start a watcher
_JUMP_S = 5.0  # that the clock moved against the time that went by: a sleep, or somebody set it


class Signs:
    """What other processes left since the last look."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._poke = stamp(os.path.join(home, POKE))
        self._settings = settings_stamp(home)
        self._clock = _clock()

    def poked(self) -> bool:
        """Whether somebody wants a pass now."""
        before, self._poke = self._poke, stamp(os.path.join(self._home, POKE))
        return self._poke is not None and self._poke != before

    def settings_changed(self) -> bool:
        """Whether config.toml is another one, or prices were fetched."""
        before, self._settings = self._settings, settings_stamp(self._home)
        return self._settings != before

    def spooled(self) -> bool:
        """Whether status lines wrote something."""
        return stamp(os.path.join(self._home, SPOOL)) is not None

    def clock_jumped(self) -> bool:
        """Whether the clock was set, or the machine slept."""
        before, self._clock = self._clock, _clock()
        return abs(self._clock - before) > _JUMP_S


def _clock() -> float:
    """The difference of the two clocks, which only changes when one of them stands or jumps."""
    return time.time() - time.monotonic()
