"""The data folder itself: whether it is there, and whether it may be about to go."""

import os
import time

from ccmeter.watch.pace import Timing


class Ground:
    """Remembers when the data folder was whole."""

    def __init__(self, home: str, timing: Timing) -> None:
        self._home = home
        self._timing = timing
        self._whole_at = time.monotonic()

    def vanishes(self, *, whole: bool) -> bool:
        """Whether it is gone, or the first of its files are: a new one would keep it.

        It is not made again behind the user's back.
        """
        now, there = time.monotonic(), os.path.isdir(self._home)
        if there and whole:
            self._whole_at = now
            return False
        return not there or now < self._whole_at + self._timing.still

    def is_lost(self) -> bool:
        """Whether it has been gone for so long that nobody wants it any more."""
        gone_s = time.monotonic() - self._whole_at
        return gone_s > self._timing.gone and not os.path.isdir(self._home)
