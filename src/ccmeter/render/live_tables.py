"""The tables of the live view: tokens by class, and the last requests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.render.table import GAP, breadth, cut, table
from ccmeter.reports.live import Live, Request
from ccmeter.reports.priced import known_cost

WIDEST_BAR = 48
_INDENT = 2
_SHORT = 50  # columns; below, names are short
_NARROW = 80  # columns; below, fewer numbers are shown
_WIDE = 96  # columns; from there on projects are shown
_CLASSES = ("input", "output", "cache read", "cache write 5m", "cache write 1h")
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


def token_classes(console: Console, live: Live) -> list[Text]:
    """Return the lines with tokens, cost and a bar for each class."""
    costs = live.today.costs[: len(_CLASSES)]
    names = [name.removeprefix("cache ") if console.width < _SHORT else name for name in _CLASSES]
    known = known_cost(live.today) is not None
    columns = [
        Column("tokens", names),
        Column("30 min", list(map(units.tokens, live.lately.usage[: len(names)])), 2, right=True),
        Column("today", list(map(units.tokens, live.today.usage[: len(names)])), 1, right=True),
        Column(
            "list", [units.usd(c if known else None) for c in costs], right=True, styles="money"
        ),
    ]
    top = max(costs, default=Decimal()) or Decimal(1)
    width = min(_room(columns, console), max(6, min(WIDEST_BAR, console.width - 56)))
    if width > 0:
        bars = [bar(float(cost / top), width, unicode_safe(console)) for cost in costs]
        columns.append(Column("", bars, styles="bar"))
    return _lines(columns, console)


def requests(console: Console, live: Live, room: int) -> list[Text]:
    """Return the lines with the last requests, as many as there is room for."""
    shown = live.requests[: room - 1]
    narrow = console.width < _NARROW
    verdicts = [_verdict(each, console.width >= _SHORT) for each in shown]
    out = [] if narrow else [_numbers("out", 6, [units.tokens(each.output) for each in shown])]
    models = [cut(r.model.removeprefix("claude-"), 10 if narrow else 16) for r in shown]
    reads = [units.share(each.read, each.sent) for each in shown]
    columns = [
        _numbers("last    ", 2, [_moment(live, each) for each in shown]),
        Column("model", models, 5),
        _numbers("sent", 3, [units.tokens(each.sent) for each in shown]),
        _numbers("cached" if narrow else "from cache", 4, reads),
        *out,
        Column("list", [units.usd(r.cost) for r in shown], right=True, styles="money"),
        Column("cache", [text for text, _ in verdicts], 1, styles=[style for _, style in verdicts]),
    ]
    space = _room(columns, console)
    if console.width >= _WIDE and space >= _INDENT:
        places = [cut(_where(console, each), space) for each in shown]
        columns.append(Column("where", places, styles="quiet"))
    return _lines(columns, console)


def _numbers(title: str, keep: int, cells: Sequence[str]) -> Column:
    return Column(title, cells, keep, right=True)


def _room(columns: Sequence[Column], console: Console) -> int:
    """What is left for another column."""
    return console.width - _INDENT - sum(breadth(column) + GAP for column in columns)


def _lines(columns: Sequence[Column], console: Console) -> list[Text]:
    """The lines of the table, none where its numbers do not fit."""
    lines = [Text(" " * _INDENT) + line for line in table(columns, console.width - _INDENT)]
    if any(line.cell_len > console.width for line in lines):
        return []
    for line in lines:
        line.no_wrap, line.overflow = True, "crop"
    return lines


def _moment(live: Live, request: Request) -> str:
    moment = datetime.fromtimestamp(request.time_ms / 1000, UTC).astimezone(live.now.tzinfo)
    return f"{moment:%H:%M:%S}"


def _verdict(request: Request, whole: bool) -> tuple[str, str]:
    """What became of the cache, with what was lost if there is room for the whole; its style."""
    found = request.verdict
    if found is None:
        return "", ""
    words, style = _VERDICTS.get(found.name, (found.name, ""))
    lost = f" {units.tokens(found.lost_tokens)}" if found.lost_tokens and whole else ""
    return f"{words}{lost}", style


def _where(console: Console, request: Request) -> str:
    agent = "" if request.agent == "main" else f"{request.agent} in "
    return f"{agent}{units.tail(request.project, max(12, console.width - 74))}"
