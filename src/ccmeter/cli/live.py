"""ccmeter watch --live: what the watcher stores, as it comes."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from rich.console import Console, ConsoleDimensions
from rich.live import Live as Display

from ccmeter.cli.keys import END, pressed, single_keys
from ccmeter.cli.live_source import Source
from ccmeter.cli.place import real
from ccmeter.errors import UsageError
from ccmeter.render.live import view
from ccmeter.render.screen import screen
from ccmeter.watch.detach import detach
from ccmeter.watch.instance import running, stop
from ccmeter.watch.log import last_line
from ccmeter.watch.loop import IDLE, Options

_WIDEST = 120  # longer lines are hard to read
_TICK_S = 0.25  # between looks at the size of the terminal
_DRAW_S = 1.0
_WATCHER_S = 5.0  # between looks at whether a watcher runs
_END_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_ENDS = frozenset(("q", "Q", "\x03", END))


class TerminalGoneError(Exception):
    """Nobody sees the view any more."""


def show_live(options: Options) -> int:
    """Show the live view until q or Ctrl-C; a watcher is started for it where none runs."""
    console = screen()
    if not console.is_terminal or console.is_dumb_terminal:
        raise UsageError("--live needs a terminal. For one look: ccmeter report --last 1d")
    place = real()
    source = Source(place)
    watcher = Watcher(place.home, options)
    paused = _listen()
    try:
        with suppress(KeyboardInterrupt, TerminalGoneError):
            while _show(console, source, watcher, paused):
                paused.clear()
                os.kill(os.getpid(), signal.SIGSTOP)  # the shell goes on, until it says fg
    finally:
        _deafen()
        source.close()
        watcher.close()
    return 0


class Watcher:
    """The watcher behind the view: the one that runs, or one that ends with the view."""

    def __init__(self, home: str, options: Options) -> None:
        self._home = home
        self._options = options._replace(forever=True)
        self._looked_at = time.monotonic()
        found, self._is_own = detach(home, self._options)
        self.note = "its own watcher" if self._is_own else f"watcher {found.pid}"
        self.runs = True

    def look(self) -> None:
        """Start one when that of another ended because nothing was used; see to what is noted."""
        if time.monotonic() < self._looked_at + _WATCHER_S:
            return
        found = running(self._home)
        if found is None and IDLE in last_line(self._home):
            found, self._is_own = detach(self._home, self._options)
        self._looked_at, self.runs = time.monotonic(), found is not None
        if found is None:
            self.note = "no watcher runs: ccmeter watch --detach"
        else:
            self.note = "its own watcher" if self._is_own else f"watcher {found.pid}"

    def close(self) -> None:
        """End the watcher, if it is the view's own."""
        if self._is_own:
            stop(self._home)


def _show(console: Console, source: Source, watcher: Watcher, paused: set[int]) -> bool:
    """Show it until a key ends it; whether it is only to pause."""
    with (
        _gone_terminals(),
        single_keys(),
        Display(console=console, screen=True, auto_refresh=False) as display,
    ):
        live, drawn, drawn_at = None, None, float("-inf")
        while not paused:
            size = os.get_terminal_size(sys.stdout.fileno())
            due = time.monotonic() >= drawn_at + _DRAW_S
            if due:
                watcher.look()
                live, drawn_at = source.look(), time.monotonic()
            if due or size != drawn:
                drawn = size
                console.size = ConsoleDimensions(min(size.columns, _WIDEST), size.lines)
                picture = view(console, live, watcher.note, watcher.runs, size.lines)
                display.update(picture, refresh=True)
            if _ENDS & pressed(_TICK_S):
                return False
    return True


@contextmanager
def _gone_terminals() -> Iterator[None]:
    """A terminal that was closed is an end like any other, and no error."""
    try:
        yield
    except OSError as error:
        raise TerminalGoneError from error


def _listen() -> set[int]:
    """End as on Ctrl-C, so that the terminal is left as it was; return what Ctrl-Z fills."""
    paused: set[int] = set()

    def end(_number: int, _frame: FrameType | None) -> None:
        _deafen()
        raise KeyboardInterrupt

    def pause(number: int, _frame: FrameType | None) -> None:
        paused.add(number)

    for number in _END_SIGNALS:
        signal.signal(number, end)
    signal.signal(signal.SIGTSTP, pause)
    return paused


def _deafen() -> None:
    """Let nothing disturb the end: a terminal that closes says so several times."""
    for number in _END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
