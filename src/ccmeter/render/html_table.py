"""Tables of a page."""

from collections.abc import Sequence
from datetime import date

from ccmeter.render import report_tables as tables
from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.render.html_text import Html, name, tag
from ccmeter.reports.grouping import Row
from ccmeter.reports.priced import Totals

_NAME = 160  # characters of a name: a page breaks its lines, and cuts no sane one
_MANY = 7  # columns: then a table takes all of the width
_MIDDLE, _WIDE = 80, 100  # from which width of a terminal on columns go in narrow windows


def table(
    columns: Sequence[Column],
    caption: str,
    widths: Sequence[str] = (),
    *,
    is_titled: bool = True,
) -> Html:
    """Return the columns as a table whose first one names the rows.

    `widths` are classes of the columns, "" for one that is always shown.
    """
    kinds = widths or [""] * len(columns)
    pairs = list(zip(columns, kinds, strict=True))
    head = tag("thead", tag("tr", *(_title(column, kind) for column, kind in pairs)))
    rows = (_row(pairs, number) for number in range(len(columns[0].cells)))
    parts = (tag("caption", caption), *((head,) if is_titled else ()), tag("tbody", *rows))
    return tag("table", *parts, **_class("small" if len(columns) < _MANY else ""))


def rows_table(by: str, rows: Sequence[Row], whole: Totals, caption: str) -> Html:
    """Return a row of numbers for each of the rows."""
    names = [tables.row_name(row, _NAME) for row in rows]
    return _rows_table(Column(by, names), tables.numbers(by), rows, whole, caption)


def time_table(by: str, rows: Sequence[Row], whole: Totals, caption: str) -> Html:
    """Return the same for days or months, among which may be some without use."""
    names = [units.day(date.fromisoformat(row.key)) if by == "day" else row.key for row in rows]
    return _rows_table(Column(by, names), tables.numbers(by), rows, whole, caption)


def _rows_table(
    names: Column,
    kinds: Sequence[tables.Numbers],
    rows: Sequence[Row],
    whole: Totals,
    caption: str,
) -> Html:
    columns = [_without_nothing(tables.column(kind, rows, whole), rows) for kind in kinds]
    return table([names, *columns], caption, ["", *(_width(kind.from_width) for kind in kinds)])


def _without_nothing(column: Column, rows: Sequence[Row]) -> Column:
    """Where nothing was used there is nothing to tell: a dash for the money."""
    pairs = zip(column.cells, rows, strict=True)
    nothing = "-" if column.styles else ""
    return column._replace(cells=[cell if row.totals.responses else nothing for cell, row in pairs])


def _width(columns: int) -> str:
    return "wide" if columns >= _WIDE else "middle" if columns >= _MIDDLE else ""


def _title(column: Column, kind: str) -> Html:
    words = " ".join(filter(None, (kind, "number" if column.right else "")))
    if not column.title:
        return tag("td", **_class(words))
    return tag("th", column.title, scope="col", **_class(words))


def _row(pairs: Sequence[tuple[Column, str]], number: int) -> Html:
    (first, _), *rest = pairs
    cells = (_cell(column, kind, number) for column, kind in rest)
    return tag("tr", tag("th", name(first.cells[number]), scope="row"), *cells)


def _cell(column: Column, kind: str, number: int) -> Html:
    style = column.styles if isinstance(column.styles, str) else column.styles[number]
    words = " ".join(filter(None, (kind, "number" if column.right else "", style)))
    return tag("td", column.cells[number], **_class(words))


def _class(words: str) -> dict[str, str]:
    return {"class_": words} if words else {}
