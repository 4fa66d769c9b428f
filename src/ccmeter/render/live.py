"""The live view: one moment, drawn to fit the terminal. From 60 columns up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ccmeter.limits.samples import WHOLE
from ccmeter.render import units
from ccmeter.render.limit_words import duration, kind_name, percent, whole_percent
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.reports.limits import Current
from ccmeter.reports.live import Live, Request
from ccmeter.reports.priced import Totals

_FIXED_LINES = 12  # of everything but limits and requests
_BLANK_LINES = 4  # among them, left out where lines are few
_FEW_LINES = 20
_NARROW = 80  # columns; below, sentences are shorter
_WIDE = 96  # columns; from there on projects are shown
_CLASSES = ("input", "output", "cache read", "cache write 5m", "cache write 1h")
_NEARLY = 8_000  # hundredths of a percent
_WIDEST_BAR = 48
_VERDICTS = {  # as people read them, and in what style
    "ok": ("ok", "quiet"),
    "cold": ("cold start", "quiet"),
    "partial_ok": ("ok", "quiet"),
    "uncached": ("not cached", "quiet"),
    "uncached_tail": ("end uncached", "warning"),
    "suspect_rebuild": ("rebuilt!", "alarm"),
    "partial_rebuild": ("part lost", "warning"),
    "expected_rebuild": ("rebuilt", "notice"),
    "partial_expected": ("part rebuilt", "notice"),
    "idle_rebuild": ("expired", "notice"),
}


def view(console: Console, live: Live | None, note: str, runs: bool, height: int) -> RenderableType:
    """Return the moment as it fits the console and `height` lines; None: nothing is stored yet.

    `note` says where the numbers come from, `runs` whether there will be new ones.
    """
    if live is None:
        return Group(_title("", note, runs), Text(), Text("  reading transcripts ..."))
    blank = [Text()] if height >= _FEW_LINES else []
    parts: list[RenderableType] = [
        _title(f"{live.now:%a} {live.now.day} {live.now:%b %H:%M:%S}", note, runs),
        *blank,
        _money(console, live),
        *blank,
        _tokens(console, live),
        *blank,
        *_limits(console, live),
    ]
    fixed = _FIXED_LINES - (0 if blank else _BLANK_LINES)
    room = height - fixed - max(1, 2 * len(live.limits))
    if room > 1:
        parts += [*blank, _requests(console, live, room)]
    return Group(*parts)


def _title(moment: str, note: str, runs: bool) -> Text:
    text = Text.assemble(("ccmeter", "title"), f"  {moment}  " if moment else "  ", "q ends  ")
    text.append(note, "quiet" if runs else "warning")
    return _one_line(text)


def _one_line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _money(console: Console, live: Live) -> Text:
    narrow, unpriced = console.width < _NARROW, live.today.unpriced_models
    text = Text.assemble("  today  ", (units.usd(_cost(live.today)), "money"))
    if not (narrow and unpriced):
        text.append(f" in {units.plural(live.today.responses, 'response')}", "quiet")
    text.append("   now  ")
    text.append(f"{units.usd(live.burn.short)}/h", "money")
    if unpriced:
        text.append(f"   unpriced: {', '.join(unpriced)}", "warning")
    elif console.width >= _WIDE:
        text.append(f" over 10 min, {units.usd(live.burn.long)}/h over 30 min", "quiet")
    elif not narrow:
        text.append(f", {units.usd(live.burn.long)}/h over 30 min", "quiet")
    return _one_line(text)


def _cost(totals: Totals) -> Decimal | None:
    """None when there was use and none of it has a price."""
    unpriced = totals.responses and totals.responses == totals.unpriced_responses
    return None if unpriced else totals.list_cost


def _tokens(console: Console, live: Live) -> Table:
    table = Table(box=None, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("  tokens", no_wrap=True)
    for title in ("30 min", "today"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("list", justify="right", style="money", no_wrap=True)
    table.add_column("", no_wrap=True, style="bar")
    top = max(live.today.costs[:5], default=Decimal()) or Decimal(1)
    width = max(6, min(_WIDEST_BAR, console.width - 56))
    rows = zip(_CLASSES, live.lately.usage, live.today.usage, live.today.costs, strict=False)
    for name, lately, today, cost in rows:
        table.add_row(
            f"  {name}",
            units.tokens(lately),
            units.tokens(today),
            units.usd(cost),
            bar(float(cost / top), width, unicode_safe(console)),
        )
    return table


def _limits(console: Console, live: Live) -> list[RenderableType]:
    if not live.limits:
        hint = "no limits seen: the status line brings them (ccmeter setup)"
        return [Text(f"  {hint}", "quiet", no_wrap=True, overflow="ellipsis")]
    return [line for current in live.limits for line in _limit(console, live, current)]


def _limit(console: Console, live: Live, current: Current) -> list[RenderableType]:
    window, pace = current.window, current.pace
    used = max(window.last.used, pace.used if pace else 0)
    unicode = unicode_safe(console)
    width = max(12, min(_WIDEST_BAR, console.width - 24))
    drawn = bar(min(1.0, used / WHOLE), width, unicode)
    track = ("·" if unicode else ".") * (width - len(drawn))
    style = "alarm" if used >= WHOLE else "warning" if used >= _NEARLY else "bar"
    estimated = used != window.last.used
    value = f"about {whole_percent(used)}" if estimated else percent(used)
    line = Text.assemble(f"  {kind_name(window.kind):<8}", (drawn, style), (track, "quiet"))
    line.append(f"  {value}")
    at = " at this pace" if console.width >= _NARROW else ""
    outlook = _outlook(live, current, at)
    return [line, Text(f"          {outlook}", "quiet", no_wrap=True, overflow="ellipsis")]


def _outlook(live: Live, current: Current, at: str) -> str:
    window, pace = current.window, current.pace
    reset = f"reset {_moment(window.resets_ms, live)}"
    if pace is None:
        return reset
    if pace.runs_out_ms is None:
        return f"{reset}; {whole_percent(pace.at_reset)} by then{at}"
    if pace.runs_out_ms <= live.now_ms:
        return f"used up; {reset}"
    left = duration(pace.runs_out_ms - live.now_ms)
    return f"runs out {_moment(pace.runs_out_ms, live)}{at}, in {left}; {reset}"


def _moment(moment_ms: int, live: Live) -> str:
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(live.now.tzinfo)
    same = moment.date() == live.now.date()
    return f"{moment:%H:%M}" if same else f"{moment:%a %H:%M}"


def _requests(console: Console, live: Live, room: int) -> Table:
    wide, narrow = console.width >= _WIDE, console.width < _NARROW
    table = Table(box=None, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("  last", no_wrap=True)
    table.add_column("model", no_wrap=True, max_width=10 if narrow else 16)
    for title in (
        "sent",
        "cached" if narrow else "from cache",
        *([] if narrow else ["out"]),
        "list",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("cache", no_wrap=True)
    if wide:
        table.add_column("where", no_wrap=True, style="quiet")
    for request in live.requests[: room - 1]:
        cells = _request(live, request, narrow)
        table.add_row(*cells, *([_where(console, request)] if wide else []))
    return table


def _request(live: Live, request: Request, narrow: bool) -> Sequence[Text]:
    moment = datetime.fromtimestamp(request.time_ms / 1000, UTC).astimezone(live.now.tzinfo)
    return [
        Text(f"  {moment:%H:%M:%S}"),
        Text(request.model.removeprefix("claude-")),
        Text(units.tokens(request.sent)),
        Text(units.share(request.read, request.sent)),
        *([] if narrow else [Text(units.tokens(request.output))]),
        Text(units.usd(request.cost), "money"),
        _verdict(request),
    ]


def _verdict(request: Request) -> Text:
    found = request.verdict
    if found is None:
        return Text()
    words, style = _VERDICTS.get(found.name, (found.name, ""))
    lost = f" {units.tokens(found.lost_tokens)}" if found.lost_tokens else ""
    return Text(f"{words}{lost}", style)


def _where(console: Console, request: Request) -> Text:
    agent = "" if request.agent == "main" else f"{request.agent} in "
    return Text(f"{agent}{units.tail(request.project, max(12, console.width - 74))}")
