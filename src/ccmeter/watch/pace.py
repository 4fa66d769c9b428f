"""When the next pass is due. Times are monotonic seconds, so that no clock change matters."""

import time
from typing import NamedTuple


class Timing(NamedTuple):
    """How long the watcher waits, in seconds."""

    tick: float = 1.0  # between looks at signs
    settle: float = 0.05  # after a first hint, for those that follow
    rest: float = 0.2  # between two passes
    full: float = 300.0  # between looks at every transcript
    poll: float = 3.0  # the same, where events cannot be had
    poll_share: float = 50.0  # and at least so many times as long as the last such look took,
    poll_most: float = 10.0  # up to this
    busy: float = 0.25  # while another ccmeter writes
    fault: float = 1.0  # after a first fault; twice as long after each further one,
    fault_most: float = 60.0  # up to this
    grace: float = 2.0  # for the event of a change that a full pass found
    still: float = 5.0  # after a file of the data folder vanished: all of it may be about to
    gone: float = 60.0  # without a data folder, until it ends
    quiet: float = 60.0  # after the last pass, until the database is closed


TIMING = Timing()


_LASTS = 8  # times as long as the first wait: the fourth fault in a row, after 7 s


class Pace:
    """The due times, moved on by what happened."""

    def __init__(self, timing: Timing = TIMING) -> None:
        self.timing = timing
        now = time.monotonic()
        self.not_before = now
        self._full_at = self._passed_at = self._active_at = now
        self._fault_s = 0.0

    def wait_s(self) -> float:
        """How long to wait for a hint."""
        due = max(self._full_at, self.not_before)
        return max(0.0, min(self.timing.tick, due - time.monotonic()))

    def may_pass(self) -> bool:
        """Whether a pass may be made now."""
        return time.monotonic() >= self.not_before

    def wants_all(self) -> bool:
        """Whether every transcript is to be looked at."""
        return time.monotonic() >= self._full_at

    def is_quiet(self) -> bool:
        """Whether the last pass was long ago."""
        return time.monotonic() > self._passed_at + self.timing.quiet

    def is_idle(self, minutes: int) -> bool:
        """Whether nothing was used for so many minutes."""
        return time.monotonic() > self._active_at + 60 * minutes

    def ask_all(self) -> None:
        """Look at every transcript as soon as a pass may be made."""
        self._full_at = time.monotonic()

    def active(self) -> None:
        """Somebody uses Claude Code."""
        self._active_at = time.monotonic()

    def passed(self) -> bool:
        """A pass went well; whether it was the first one after a fault."""
        now = time.monotonic()
        self._passed_at, self.not_before = now, now + self.timing.rest
        recovered, self._fault_s = self._fault_s > 0, 0.0
        return recovered

    def passed_all(self, took_s: float, *, poll: bool) -> None:
        """Every transcript was looked at."""
        timing = self.timing
        often = max(timing.poll, min(timing.poll_most, timing.poll_share * took_s))
        self._full_at = time.monotonic() + (often if poll else timing.full)

    def busy(self) -> None:
        """Another ccmeter was writing."""
        self.not_before = time.monotonic() + self.timing.busy

    def fault(self) -> None:
        """A pass failed: the next one looks at everything, later each time."""
        doubled = max(self.timing.fault, 2 * self._fault_s)
        self._fault_s = min(self.timing.fault_most, doubled)
        self.ask_all()
        self.not_before = time.monotonic() + self._fault_s

    def fault_lasts(self) -> bool:
        """Whether it has gone on for so long that somebody should know."""
        return self._fault_s >= min(_LASTS * self.timing.fault, self.timing.fault_most)
