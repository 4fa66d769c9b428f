"""Tables of lines that fit the terminal: what does not fit is left out, a column at a time."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

GAP = 2
_INDENT = 2


class Column(NamedTuple):
    """A column; `keep` 0 always stays, of the others the highest go first."""

    title: str
    cells: Sequence[str]
    keep: int = 0
    right: bool = False
    styles: Sequence[str] | str = ""  # of the cells, or one for all

    @property
    def width(self) -> int:
        """Characters of the widest cell."""
        return max(map(len, (self.title, *self.cells)))


def table(columns: Sequence[Column], width: int, title: bool = True) -> list[Text]:
    """Return the lines of the table, with a line of titles first."""
    kept = _fitting(columns, width)
    count = len(kept[0].cells) if kept else 0
    lines = [_line([_cell(c, c.title, "quiet") for c in kept])] if title else []
    lines += [_line([_cell(c, c.cells[n], _style(c, n)) for c in kept]) for n in range(count)]
    for line in lines:
        line.rstrip()
        line.truncate(width)
    return lines


def print_title(console: Console, title: str) -> None:
    """Print the title of a part, with an empty line above."""
    console.print()
    console.print(title, style="title")


def print_table(console: Console, columns: Sequence[Column]) -> None:
    """Print the table below a title, a little to the right."""
    for line in table(columns, console.width - _INDENT):
        console.print(Text(" " * _INDENT) + line, soft_wrap=True)


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    kept = [column for column in columns if any(column.cells)]
    while _width(kept) > width and any(column.keep for column in kept):
        last = max(column.keep for column in kept)
        kept = [column for column in kept if column.keep != last]
    return kept


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def _style(column: Column, number: int) -> str:
    return column.styles if isinstance(column.styles, str) else column.styles[number]


def _cell(column: Column, text: str, style: str) -> Text:
    padded = text.rjust(column.width) if column.right else text.ljust(column.width)
    return Text(padded, style)


def _line(cells: Sequence[Text]) -> Text:
    return Text(" " * GAP).join(cells)
