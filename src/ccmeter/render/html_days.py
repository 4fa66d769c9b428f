"""The picture of a page: list price by day, split by class of tokens."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from ccmeter.render import report_tables as tables
from ccmeter.render import units
from ccmeter.render.html_text import Html, join, tag
from ccmeter.reports.grouping import Row
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals, known_cost

_DAYS_DRAWN = 366  # more would be thinner than a line: then months are drawn
_TOP, _HEIGHT, _BELOW = 10, 200, 26  # of the bars, in pixels
_LINES = 5  # at most, beside the one at zero
_STEPS = (1, 2, Decimal("2.5"), 5, 10)  # from line to line, times a power of ten
_CENT = Decimal("0.01")
_MONTH = 28  # days: then weeks and months are easier to find than every so many days
_LABELS = 8  # below the bars, at most
_SEEN = Decimal("0.001")  # of all that is drawn
_WIDEST = 9.0  # of a bar, in percent
_PARTS = (
    ("cache write", (3, 4)),
    ("cache read", (2,)),
    ("output", (1,)),
    ("input", (0,)),
    ("web searches", (5,)),
)  # from below, and their places in Totals.costs


class _Scale(NamedTuple):
    """The amounts that have a line, from zero to above the highest bar."""

    step: Decimal
    lines: int  # above zero

    @property
    def top(self) -> Decimal:
        """What the highest line stands for."""
        return self.step * self.lines


def picture_title(report: Report) -> str:
    """Return what the picture is called."""
    return f"List price by {_unit(report)}"


def _unit(report: Report) -> str:
    return "day" if report.period.days <= _DAYS_DRAWN else "month"


def days_picture(report: Report, is_told: bool) -> Html:
    """Return the picture; a table below it may tell the same in numbers."""
    by = _unit(report)
    rows = tables.all_days(report) if by == "day" else list(report.months)
    scale = _scale(max(row.totals.list_cost for row in rows))
    kinds = [part for part in _PARTS if _part(report.totals, part[1])]
    title, desc = picture_title(report), _told(rows, by, is_told and by == tables.time_unit(report))
    bars = tag(
        "svg",
        tag("title", title, id="days-title"),
        tag("desc", desc, id="days-desc"),
        *_lines(scale),
        *(_bar(row, _slot(n, len(rows)), scale, kinds, by) for n, row in enumerate(rows)),
        *_labels(rows, by),
        class_="bars",
        role="img",
        aria_labelledby="days-title days-desc",
        height=_TOP + _HEIGHT + _BELOW,
    )
    plot = tag("div", _amounts(scale), bars, class_="plot")
    return tag("figure", plot, _legend(kinds, report.totals))


def _scale(highest: Decimal) -> _Scale:
    """The smallest round step of whole cents with which few lines are enough."""
    least = max(highest / _LINES, _CENT)
    power = Decimal(10) ** least.adjusted()
    step = next(power * n for n in _STEPS if power * n >= least and not power * n % _CENT)
    return _Scale(step, max(1, ceil(highest / step)))


def _part(totals: Totals, places: Sequence[int]) -> Decimal:
    return sum((totals.costs[place] for place in places), Decimal())


def _y(amount: Decimal, scale: _Scale) -> float:
    return round(_TOP + _HEIGHT * (1 - float(amount / scale.top)), 2)


def _lines(scale: _Scale) -> Iterator[Html]:
    for number in range(scale.lines + 1):
        y = _y(scale.step * number, scale)
        yield tag("line", x1="0", x2="100%", y1=y, y2=y, class_="line" if number else "line zero")


def _amounts(scale: _Scale) -> Html:
    """What the lines stand for, beside the bars, which are as wide as the window allows."""
    whole = scale.step == scale.step.to_integral_value()
    shown = units.dollars if whole else units.usd
    texts = (
        tag("text", shown(scale.step * number) if number else "$0", x="100%", dx=-8,
            y=_y(scale.step * number, scale) + 4)
        for number in range(scale.lines + 1)
    )  # fmt: skip
    height = _TOP + _HEIGHT + _BELOW
    return tag("svg", *texts, class_="amounts", aria_hidden="true", height=height)


class _Slot(NamedTuple):
    """The place of a bar, in percent of the width."""

    start: float
    width: float
    middle: float


def _slot(number: int, count: int) -> _Slot:
    room = 100 / count
    width = min(_WIDEST, room * (0.72 if count <= 100 else 0.9))
    middle = (number + 0.5) * room
    return _Slot(middle - width / 2, width, middle)


def _bar(
    row: Row, slot: _Slot, scale: _Scale, kinds: Sequence[tuple[str, Sequence[int]]], by: str
) -> Html:
    """A bar of parts, one upon the other; what it stands for is told beside the mouse."""
    parts, below = [], Decimal()
    for title, places in kinds:
        amount = _part(row.totals, places)
        if amount:
            top, bottom = _y(below + amount, scale), _y(below, scale)
            parts.append(
                tag("rect", x=_percent(slot.start), width=_percent(slot.width), y=top,
                    height=round(bottom - top, 2), class_=_style(title))
            )  # fmt: skip
            below += amount
    return tag("g", tag("title", _words(row, by)), *parts) if parts else Html()


def _words(row: Row, by: str) -> str:
    amount = units.usd(known_cost(row.totals))
    return f"{_when(row, by)}: {amount}, {units.tokens(row.totals.usage.tokens)} tokens"


def _when(row: Row, by: str) -> str:
    return units.day(date.fromisoformat(row.key)) if by == "day" else row.key


def _style(title: str) -> str:
    """How html.css calls a class of tokens."""
    return f"part-{title.replace(' ', '-')}"


def _percent(value: float) -> str:
    return f"{value:.3f}%"


def _labels(rows: Sequence[Row], by: str) -> Iterator[Html]:
    """Days below the bars, Mondays alone, or the firsts of months, as many as fit."""
    every = list(range(len(rows)))
    if by == "day" and len(rows) >= _MONTH:
        days = [date.fromisoformat(row.key) for row in rows]
        starts = [n for n in every if days[n].day == 1]
        every = starts if len(starts) > 2 else [n for n in every if not days[n].weekday()]
    places = every[:: ceil(len(every) / _LABELS)] if every else []
    for count, place in enumerate(places):
        middle = _slot(place, len(rows)).middle
        words = f"label{' middle' if count % 2 and len(places) > 5 else ''}"
        yield tag("text", _label(rows[place].key, len(rows), by), x=_percent(middle),
                  y=_TOP + _HEIGHT + 18, class_=words)  # fmt: skip


def _label(key: str, count: int, by: str) -> str:
    if by == "month":
        return key
    day = date.fromisoformat(key)
    return f"{day:%a} {day.day}" if count <= _LABELS else f"{day.day} {day:%b}"


def _told(rows: Sequence[Row], by: str, is_told: bool) -> str:
    """The picture in words, for who does not see it."""
    highest = max(rows, key=lambda row: row.totals.list_cost)
    most = f"The highest is {_words(highest, by)}."
    if is_told:
        return f"{most} The table By {by} tells all of them."
    used = (f"{_when(r, by)} {units.usd(known_cost(r.totals))}" for r in rows if r.totals.responses)
    return f"{most} All of them: {', '.join(used)}."


def _legend(kinds: Sequence[tuple[str, Sequence[int]]], whole: Totals) -> Html:
    """Which colour stands for what, from above as in the bars; not what is too small to be seen."""
    seen = [t for t, places in reversed(kinds) if _part(whole, places) >= whole.list_cost * _SEEN]
    sign = (
        tag("svg", tag("rect", width=12, height=12, rx=2, class_=_style(title)), width=12,
            height=12, aria_hidden="true")
        for title in seen
    )  # fmt: skip
    items = (tag("li", mark, " ", title) for mark, title in zip(sign, seen, strict=True))
    return tag("figcaption", tag("ul", join(*items), class_="legend"))
