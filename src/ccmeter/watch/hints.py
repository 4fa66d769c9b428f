"""Hints: paths that may have changed, gathered for a moment so that a burst is one pass."""

import time
from queue import Empty, SimpleQueue

_STOP = ""  # no path


class Hints:
    """Paths from other threads and from signal handlers; a set of them for the loop."""

    def __init__(self) -> None:
        # the one queue that a signal handler may use, whatever it interrupts
        self._queue: SimpleQueue[str] = SimpleQueue()
        self.stopped = False

    def add(self, path: str) -> None:
        """Say that something at the path may have changed."""
        self._queue.put(path)

    def stop(self) -> None:
        """Say that the loop is to end. May be called in a signal handler."""
        self._queue.put(_STOP)

    def gather(self, wait_s: float, settle_s: float, not_before: float = 0.0) -> set[str]:
        """Wait for a hint; return it with those of the next moments, {} when none came.

        What is gathered is not returned before `not_before` (monotonic seconds). Ends at once,
        with `stopped` set, when the loop is to end.
        """
        found: set[str] = set()
        until = time.monotonic() + wait_s
        while not self.stopped:
            try:
                path = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return found
            if path == _STOP:
                self.stopped = True
            else:
                if not found:
                    until = max(time.monotonic() + settle_s, not_before)
                found.add(path)
        return found
