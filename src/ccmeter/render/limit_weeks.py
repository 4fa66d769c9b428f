"""Plan limits week by week, as a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ccmeter.limits.samples import FIVE_HOUR, SEVEN_DAY
from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.render.limit_words import amount, interval, percent
from ccmeter.reports.limit_weeks import Week, WeekOfKind

_SHOWN = 8  # --json has half a year


class _Column(NamedTuple):
    title: str
    kind: str
    cell: Callable[[WeekOfKind], str]
    from_width: int  # of the terminal
    keep: int = 0  # in a narrower one than is asked for


def _worth(each: WeekOfKind) -> str:
    return amount(each.worth.mid) if each.worth else "-"


def _range(each: WeekOfKind) -> str:
    return interval(each.worth) if each.worth else "-"


_COLUMNS = (
    _Column("5 hours\nwindows", FIVE_HOUR, lambda each: str(each.windows), 72),
    _Column("5 hours\nhighest", FIVE_HOUR, lambda each: percent(each.highest), 0, 1),
    _Column("5 hours\n100% ≈", FIVE_HOUR, _worth, 0),
    _Column("5 hours\nbetween", FIVE_HOUR, _range, 108),
    _Column("7 days\nhighest", SEVEN_DAY, lambda each: percent(each.highest), 0, 1),
    _Column("7 days\n100% ≈", SEVEN_DAY, _worth, 0),
    _Column("7 days\nbetween", SEVEN_DAY, _range, 108),
)


def week_table(weeks: Sequence[Week], width: int) -> list[Column]:
    """Return the last weeks with what was used, how far the windows came and what 100% was."""
    shown = weeks[-_SHOWN:]
    seen = {each.kind for week in shown for each in week.kinds}
    columns = [each for each in _COLUMNS if each.kind in seen and each.from_width <= width]
    by_kind = [{each.kind: each for each in week.kinds} for week in shown]
    return [
        Column("from", [units.day(week.monday) for week in shown]),
        Column("list", [units.usd(week.list_usd) for week in shown], 0, True, "money"),
        *(Column(each.title, _cells(each, by_kind), each.keep, True) for each in columns),
    ]


def _cells(column: _Column, by_kind: Sequence[Mapping[str, WeekOfKind]]) -> list[str]:
    return [column.cell(kinds[column.kind]) if column.kind in kinds else "-" for kinds in by_kind]
