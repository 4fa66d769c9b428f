"""Plain lines that fit the terminal."""

import os
import re
from collections.abc import Sequence
from textwrap import fill

from rich.console import Console
from rich.text import Text

from ccmeter.render.units import tail

_NARROWEST = 12  # characters of a first column
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def say(console: Console, text: str, style: str = "", first: str = "", rest: str = "") -> None:
    """Print a paragraph, `first` before its first line and `rest` before the others."""
    console.print(Text(wrapped(text, console.width, first, rest), style), soft_wrap=True)


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Return the paragraph in lines of the width; only what is longer than a line is cut."""
    return fill(
        printable(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


def printable(text: str) -> str:
    """Return the text without the control characters that a path or name may hold."""
    return _CONTROLS.sub("?", text)


def tilde(text: str) -> str:
    """Return the text with ~ for the home folder wherever a path begins with it.

    Not behind a quote: a shell would take the ~ of a quoted path as it stands.
    """
    home = os.path.expanduser("~").rstrip(os.sep)
    if not home or home == "~":
        return text
    return re.sub(rf"(?<![\w.~'\"-]){re.escape(home)}(?![\w.-])", "~", text)


def columns(rows: Sequence[Sequence[str]], width: int, gap: str = "  ") -> list[str]:
    """Return rows of cells as lines: the first cell to the left, cut to fit, the rest right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = width - sum(len(gap) + other for other in widths[1:])
    first = min(widths[0], max(_NARROWEST, room))
    return [
        gap.join([tail(row[0], first).ljust(first), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]
