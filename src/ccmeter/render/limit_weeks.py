"""Plan limits week by week, as a table."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.table import Table

from ccmeter.limits.samples import FIVE_HOUR, SEVEN_DAY
from ccmeter.render import units
from ccmeter.render.limit_words import amount, interval, percent
from ccmeter.reports.limit_weeks import Week, WeekOfKind

_SHOWN = 8  # --json has half a year


class _Column(NamedTuple):
    title: str
    kind: str
    cell: Callable[[WeekOfKind], str]
    from_width: int  # of the terminal


def _worth(each: WeekOfKind) -> str:
    return amount(each.worth.mid) if each.worth else "-"


def _range(each: WeekOfKind) -> str:
    return interval(each.worth) if each.worth else "-"


_COLUMNS = (
    _Column("5 hours", FIVE_HOUR, lambda each: f"{each.windows}x", 72),
    _Column("highest", FIVE_HOUR, lambda each: percent(each.highest), 0),
    _Column("100 % ≈", FIVE_HOUR, _worth, 0),
    _Column("between", FIVE_HOUR, _range, 108),
    _Column("7 days", SEVEN_DAY, lambda each: percent(each.highest), 0),
    _Column("100 % ≈", SEVEN_DAY, _worth, 0),
    _Column("between", SEVEN_DAY, _range, 108),
)


def week_table(weeks: Sequence[Week], width: int) -> Table:
    """Return the last weeks with what was used, how far the windows came and what 100 % was."""
    shown = weeks[-_SHOWN:]
    seen = {each.kind for week in shown for each in week.kinds}
    columns = [each for each in _COLUMNS if each.kind in seen and each.from_width <= width]
    table = Table(box=None, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("from", no_wrap=True)
    table.add_column("list", justify="right", style="money", no_wrap=True)
    for column in columns:
        table.add_column(column.title, justify="right", no_wrap=True)
    for week in shown:
        kinds = {each.kind: each for each in week.kinds}
        cells = [each.cell(kinds[each.kind]) if each.kind in kinds else "-" for each in columns]
        table.add_row(units.day(week.monday), units.usd(week.list_usd), *cells)
    return table
