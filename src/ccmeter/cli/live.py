"""ccmeter watch --live: what the watcher stores, as it comes."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from rich.console import Console, ConsoleDimensions
from rich.live import Live as Display

from ccmeter.cli.keys import pressed, single_keys
from ccmeter.cli.options import chosen_zone
from ccmeter.cli.source import Place, people, real
from ccmeter.errors import UsageError
from ccmeter.limits.calibrate import Usd
from ccmeter.pricing.book import Book, load_book
from ccmeter.render.live import view
from ccmeter.render.screen import screen
from ccmeter.reports.limits import make_limits_report, worths
from ccmeter.reports.live import Live, look
from ccmeter.reports.ready import Zone
from ccmeter.store.health import open_checked
from ccmeter.watch.detach import detach
from ccmeter.watch.instance import Running, stop
from ccmeter.watch.loop import Options

_WIDEST = 120  # longer lines are hard to read
_TICK_S = 0.25  # between looks at the size of the terminal
_DRAW_S = 1.0
_REQUESTS = 40
_WORTH_S = 300.0  # what 100 % are worth hardly changes, and takes a while
_ENDS = ("q", "Q", "\x03", "\x04")


def show_live(options: Options) -> int:
    """Show the live view until q or Ctrl-C; a watcher is started for it where none runs."""
    console = screen()
    if not console.is_terminal or console.is_dumb_terminal:
        raise UsageError("--live needs a terminal. For one look: ccmeter report --last 1d")
    place = real()
    found, new = detach(place.home, options)
    try:
        with suppress(KeyboardInterrupt), _ends_on_signals():
            _show(console, Source(place), _note(found, new))
    finally:
        if new:
            stop(place.home)
    return 0


class Source:
    """Looks into the database whenever something was stored, or a moment has gone by."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._book: Book = load_book(place.config.prices)
        self._people = people(place)
        self._zone: Zone = chosen_zone(None, place.config)
        self._connection: sqlite3.Connection | None = None
        self._worth: Mapping[str, Usd] = {}
        self._worth_until = 0.0

    def look(self) -> Live | None:
        """Return this moment, None while there is no database that can be read."""
        if self._connection is None:
            self._connection = open_checked(self._place.home)
        if self._connection is None:
            return None
        now_ms = round(time.time() * 1000)
        return look(
            self._connection,
            self._book,
            self._people,
            self._place.config.user,
            self._zone,
            now_ms,
            worth=self._worths(self._connection, now_ms),
            verdicts={},
            count=_REQUESTS,
        )

    def _worths(self, connection: sqlite3.Connection, now_ms: int) -> Mapping[str, Usd]:
        if time.monotonic() >= self._worth_until:
            user = self._place.config.user
            report = make_limits_report(
                connection, self._book, self._people, self._zone, now_ms, user
            )
            fits = [fit for each in report.users for fit in each.fits]
            self._worth, self._worth_until = worths(fits), time.monotonic() + _WORTH_S
        return self._worth


def _show(console: Console, source: Source, note: str) -> None:
    with single_keys(), Display(console=console, screen=True, auto_refresh=False) as display:
        live, drawn, drawn_at = None, None, 0.0
        while True:
            size = os.get_terminal_size(sys.stdout.fileno())
            due = time.monotonic() >= drawn_at + _DRAW_S
            if due:
                live, drawn_at = source.look(), time.monotonic()
            if due or size != drawn:
                drawn = size
                console.size = ConsoleDimensions(min(size.columns, _WIDEST), size.lines)
                display.update(view(console, live, note, size.lines), refresh=True)
            if pressed(_TICK_S) in _ENDS:
                return


def _note(found: Running, new: bool) -> str:
    return "its own watcher" if new else f"watcher {found.pid}"


@contextmanager
def _ends_on_signals() -> Iterator[None]:
    """End as on Ctrl-C, so that the terminal is left as it was."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
