"""Whether events can be relied on: whatever a full pass finds, an event should have told of.

On network drives there are none, and behind a limit of the system some are missing.
"""

import os
import time
from collections.abc import Set

_NEVER = float("inf")


class Trust:
    """Compares what full passes find with the hints around them."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._proves = False
        self._suspects: set[str] = set()
        self._until = _NEVER

    def pause(self) -> None:
        """The next full pass proves nothing: what it finds may be older than the observation."""
        self._proves = False

    def hear(self, paths: Set[str]) -> None:
        """These paths of files or folders were named by events."""
        if self._suspects and paths:
            self._suspects = {path for path in self._suspects if not _named(path, paths)}

    def found(self, read: Set[str], hinted: Set[str]) -> None:
        """A full pass found that these files had grown; `hinted` were named before it."""
        if self._proves and read:
            self._suspects = {path for path in read if not _named(path, hinted)}
            self._until = time.monotonic() + self._grace_s
        self._proves = True

    def is_broken(self) -> bool:
        """Whether a change stayed without an event for too long. Says so once."""
        if time.monotonic() < self._until:
            return False
        self._until = _NEVER
        broken, self._suspects = bool(self._suspects), set()
        return broken


def _named(path: str, paths: Set[str]) -> bool:
    """Whether the file is among the paths, or below one of them."""
    while path not in paths:
        folder = os.path.dirname(path)
        if folder == path:
            return False
        path = folder
    return True
