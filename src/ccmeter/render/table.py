"""Tables of lines that fit the terminal.

What does not fit is left out, a column at a time; then texts are cut, with a mark. Numbers never
are: one that is cut looks like another number.
"""

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ccmeter.render.column import Column

GAP = 2
_INDENT = 2
_SHORTEST = 4  # characters that are left of a text


def table(columns: Sequence[Column], width: int, title: bool = True) -> list[Text]:
    """Return the lines of the table, with the titles first.

    They are wider only where numbers and a little of each text do not fit.
    """
    kept = _shortened(_fitting(columns, width), width)
    count = len(kept[0].cells) if kept else 0
    lines = _title_lines(kept) if title else []
    lines += [_line([_cell(c, c.cells[n], _style(c, n)) for c in kept]) for n in range(count)]
    for line in lines:
        line.rstrip()
    return lines


def print_title(console: Console, title: str) -> None:
    """Print the title of a part, with an empty line above."""
    console.print()
    console.print(title, style="title")


def print_table(console: Console, columns: Sequence[Column], title: bool = True) -> None:
    """Print the table below a title, a little to the right."""
    print_lines(console, table(columns, console.width - _INDENT, title))


def print_lines(console: Console, lines: Sequence[Text]) -> None:
    """Print lines that leave room for it, a little to the right."""
    for line in lines:
        console.print(Text(" " * _INDENT) + line, soft_wrap=True)


def breadth(column: Column) -> int:
    """Return the columns of the terminal that the widest cell takes: some characters take two."""
    return max(map(cell_len, (*column.titles, *column.cells)))


def cut(text: str, width: int) -> str:
    """Return the beginning of a text that does not fit, with a mark."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    kept = [column for column in columns if any(column.cells)]
    while _width(kept) > width and any(column.keep for column in kept):
        last = max(column.keep for column in kept)
        kept = [column for column in kept if column.keep != last]
    return kept


def _shortened(columns: Sequence[Column], width: int) -> list[Column]:
    """Cut what is longest among the texts, until the table fits or nothing is left to cut."""
    kept = list(columns)
    while (over := _width(kept) - width) > 0:
        longest = max((c for c in kept if not c.right), key=breadth, default=None)
        if longest is None or breadth(longest) <= _SHORTEST:
            break
        others = [breadth(c) for c in kept if not c.right and breadth(c) < breadth(longest)]
        room = max(breadth(longest) - over, max(others, default=0), _SHORTEST)
        at = kept.index(longest)
        kept[at] = _cut(longest, min(room, breadth(longest) - 1))
    return kept


def _cut(column: Column, width: int) -> Column:
    title = "\n".join(cut(text, width) for text in column.titles)
    return column._replace(title=title, cells=[cut(text, width) for text in column.cells])


def _title_lines(columns: Sequence[Column]) -> list[Text]:
    """The titles, each down to the table, however many lines the others have."""
    upward = zip_longest(*(reversed(c.titles) for c in columns), fillvalue="")
    return [
        _line([_cell(c, text, "quiet") for c, text in zip(columns, texts, strict=True)])
        for texts in reversed(list(upward))
    ]


def _width(columns: Sequence[Column]) -> int:
    return sum(map(breadth, columns)) + GAP * (len(columns) - 1)


def _style(column: Column, number: int) -> str:
    return column.styles if isinstance(column.styles, str) else column.styles[number]


def _cell(column: Column, text: str, style: str) -> Text:
    padding = " " * (breadth(column) - cell_len(text))
    return Text(padding + text if column.right else text + padding, style)


def _line(cells: Sequence[Text]) -> Text:
    return Text(" " * GAP).join(cells)
