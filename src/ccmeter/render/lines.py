"""Plain lines that fit the terminal."""

import os
import re
from collections.abc import Sequence
from itertools import zip_longest
from math import ceil
from textwrap import fill
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from ccmeter.render.units import printable, tail

_NAME = 20  # characters that tell most models apart
_GAP = "  "
_BETWEEN = " · "
_COMMAND = re.compile(r"(?<=: )ccmeter [^:]+$")
_UNBROKEN = "\x7f"  # stands for a space; no text that is printable holds it


def say(console: Console, text: str, style: str = "", first: str = "", rest: str = "") -> None:
    """Print a paragraph, `first` before its first line and `rest` before the others."""
    console.print(Text(wrapped(text, console.width, first, rest), style), soft_wrap=True)


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Return the paragraph in lines of the width; only what is longer than a line is cut.

    A command at its end stays on one line, to be copied, where that is long enough.
    """
    text = printable(text)
    command = _COMMAND.search(text)
    if command and len(rest + command[0]) <= width:
        text = text[: command.start()] + command[0].replace(" ", _UNBROKEN)
    filled = fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )
    return filled.replace(_UNBROKEN, " ")


def joined(facts: Sequence[str], width: int, taken: int) -> list[str]:
    """Return short facts side by side in lines of the width, of the first of which much is taken.

    None is broken; the first line is empty where none fits beside what is there.
    """
    lines, room = [""], width - taken
    for fact in facts:
        longer = f"{lines[-1]}{_BETWEEN}{fact}" if lines[-1] else fact
        if len(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(fact)
            room = width
    return lines


def tilde(text: str) -> str:
    """Return the text with ~ for the home folder wherever a path begins with it.

    Not behind a quote: a shell would take the ~ of a quoted path as it stands.
    """
    home = os.path.expanduser("~").rstrip(os.sep)
    if not home or home == "~":
        return text
    return re.sub(rf"(?<![\w.~'\"-]){re.escape(home)}(?![\w.-])", "~", text)


class Block(NamedTuple):
    """A table as lines."""

    head: Sequence[str]
    body: Sequence[str]


def columns(rows: Sequence[Sequence[str]], width: int) -> Block:
    """Return rows of cells, the first one the head: the first cell to the left, the rest right.

    Where too little room is left for the first cells, they have lines of their own. Only they are
    cut: a number that is cut looks like another number.
    """
    names, cells = [row[0] for row in rows], [row[1:] for row in rows]
    numbers = _rows(cells, width)
    room = width - len(_GAP) - len(numbers[0][0])
    whole = max(map(len, names))
    if len(numbers[0]) > 1 or room < min(whole, _NAME):
        return _stacked(names, _rows(cells, width - len(_GAP)), width)
    first = min(whole, room)
    pairs = zip(names, numbers, strict=True)
    lines = [f"{tail(name, first):<{first}}{_GAP}{line}".rstrip() for name, (line,) in pairs]
    return Block(lines[:1], lines[1:])


def _stacked(names: Sequence[str], numbers: Sequence[Sequence[str]], width: int) -> Block:
    """Each name above its numbers."""
    lines = [
        [tail(name, width), *(_GAP + line for line in below)]
        for name, below in zip(names, numbers, strict=True)
    ]
    return Block(lines[0][1:], [line for row in lines[1:] for line in row])


def _rows(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The cells of each row below one another, on as few lines of the width as possible."""
    count = len(rows[0])
    for lines in range(1, count + 1):
        each = ceil(count / lines)
        parts = [[row[n : n + each] for n in range(0, count, each)] for row in rows]
        every = [part for row in parts for part in row]
        widths = [max(map(len, cells)) for cells in zip_longest(*every, fillvalue="")]
        if sum(widths) + len(_GAP) * (each - 1) <= width:
            break
    return [[_GAP.join(map(str.rjust, part, widths)) for part in row] for row in parts]
