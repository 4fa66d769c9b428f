"""The live view: one moment, drawn to fit the terminal.

Where columns are few, whole parts of a line are left out: what is cut looks like another number.
"""

from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.text import Text

from ccmeter.limits.samples import WHOLE
from ccmeter.render import units
from ccmeter.render.limit_words import duration, kind_name, percent, whole_percent
from ccmeter.render.live_tables import WIDEST_BAR, requests, token_classes
from ccmeter.render.pieces import Piece, fitted
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.reports.limits import Current
from ccmeter.reports.live import Live
from ccmeter.reports.priced import known_cost

_FIXED_LINES = 12  # of everything but limits and requests
_BLANK_LINES = 4  # among them, left out where lines are few
_FEW_LINES = 20
_SMALL = 40  # columns; below, indents are small as well
_NARROW = 80  # columns; below, sentences are shorter
_WIDE = 96  # columns; from there on rates are explained
_NEARLY = 8_000  # hundredths of a percent
_SHORTEST_BAR = 4


def view(console: Console, live: Live | None, note: str, runs: bool, height: int) -> RenderableType:
    """Return the moment as it fits the console and `height` lines; None: nothing is stored yet.

    `note` says where the numbers come from, `runs` whether there will be new ones.
    """
    if live is None:
        reading = fitted([Piece(Text("  reading transcripts ..."), words=True)], console.width)
        return Group(_title(console, "", note, runs), Text(), reading)
    blank = [Text()] if height >= _FEW_LINES else []
    parts: list[RenderableType] = [
        _title(console, f"{live.now:%a} {live.now.day} {live.now:%b %H:%M:%S}", note, runs),
        *blank,
        _money(console, live),
        *blank,
        *token_classes(console, live),
        *blank,
        *_limits(console, live),
    ]
    fixed = _FIXED_LINES - (0 if blank else _BLANK_LINES)
    room = height - fixed - max(1, 2 * len(live.limits))
    if room > 1:
        parts += [*blank, *requests(console, live, room)]
    return Group(*parts)


def _title(console: Console, moment: str, note: str, runs: bool) -> Text:
    pieces = [
        Piece(Text("ccmeter", "title")),
        Piece(Text(f"  {moment}" if moment else ""), keep=2 if runs else 3),
        Piece(Text("  q ends"), keep=1),
        Piece(Text(f"  {note}", "quiet" if runs else "warning"), keep=3 if runs else 2, words=True),
    ]
    return fitted(pieces, console.width)


def _money(console: Console, live: Live) -> Text:
    wide, narrow = console.width >= _WIDE, console.width < _NARROW
    unpriced, burn = ", ".join(live.today.unpriced_models), live.burn
    count = Text(f" in {units.plural(live.today.responses, 'response')}", "quiet")
    pieces = [
        Piece(Text("  today  "), keep=1),
        Piece(Text(units.usd(known_cost(live.today)), "money")),
        Piece(count, keep=5 if narrow else 3),
        Piece(Text.assemble("   now  ", (f"{units.usd(burn.short)}/h", "money")), keep=2),
    ]
    if unpriced:
        pieces.append(Piece(Text(f"   unpriced: {unpriced}", "warning"), keep=4, words=True))
    elif not narrow:
        over = " over 10 min" if wide else ""
        more = f"{over}, {units.usd(burn.long)}/h over 30 min"
        pieces.append(Piece(Text(more, "quiet"), keep=4))
    return fitted(pieces, console.width)


def _limits(console: Console, live: Live) -> list[RenderableType]:
    if not live.limits:
        hint = "no limits seen yet: ccmeter setup"
        return [fitted([Piece(Text(f"  {hint}", "quiet"), words=True)], console.width)]
    return [line for current in live.limits for line in _limit(console, live, current)]


def _limit(console: Console, live: Live, current: Current) -> list[RenderableType]:
    window, pace = current.window, current.pace
    used = max(window.last.used, pace.used if pace else 0)
    value = percent(used)
    if used != window.last.used:
        value = f"{'about ' if console.width >= _SMALL else '~'}{whole_percent(used)}"
    style = "alarm" if used >= WHOLE else "warning" if used >= _NEARLY else "bar"
    room = console.width - len(f"  {'':8}  {value}")
    width = min(room, max(12, min(WIDEST_BAR, console.width - 24)))
    line = [
        Piece(Text(f"  {kind_name(window.kind):<8}"), keep=1),
        Piece(_gauge(console, used, width, style), keep=2),
        Piece(Text(f"  {value}")),
    ]
    pieces = [Piece(Text(" " * (10 if console.width >= _SMALL else 2)))]
    at = " at this pace" if console.width >= _NARROW else ""
    parts = enumerate(_outlook(live, current, at))
    pieces += [Piece(Text(part, "quiet"), keep) for keep, part in parts]
    return [fitted(line, console.width), fitted(pieces, console.width)]


def _gauge(console: Console, used: int, width: int, style: str) -> Text:
    """A bar of what is used on its track; nothing where there is no room for one."""
    if width < _SHORTEST_BAR:
        return Text()
    unicode = unicode_safe(console)
    drawn = bar(min(1.0, used / WHOLE), width, unicode)
    track = ("·" if unicode else ".") * (width - len(drawn))
    return Text.assemble((drawn, style), (track, "quiet"))


def _outlook(live: Live, current: Current, at: str) -> list[str]:
    """What is to be expected, in parts of which the first says most."""
    window, pace = current.window, current.pace
    reset = f"resets {_moment(window.resets_ms, live)}"
    if pace is None:
        return [reset]
    if pace.runs_out_ms is None:
        return [reset, f"; {whole_percent(pace.at_reset)} by then{at}"]
    if pace.runs_out_ms <= live.now_ms:
        return ["used up", f"; {reset}"]
    left = duration(pace.runs_out_ms - live.now_ms)
    return [f"runs out {_moment(pace.runs_out_ms, live)}{at}", f", in {left}", f"; {reset}"]


def _moment(moment_ms: int, live: Live) -> str:
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(live.now.tzinfo)
    same = moment.date() == live.now.date()
    return f"{moment:%H:%M}" if same else f"{moment:%a %H:%M}"
