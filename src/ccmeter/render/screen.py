"""The terminal itself: its width, its colours, its characters."""

import os
import sys
from typing import IO

from rich.console import Console
from rich.theme import Theme

_THEME = Theme(
    {
        "title": "bold",
        "money": "bold green",
        "quiet": "dim",
        "bar": "cyan",
        "info": "dim",
        "notice": "cyan",
        "warning": "yellow",
        "alarm": "bold red",
    }
)
_WIDEST = 120  # longer lines are hard to read
_NARROWEST = 20  # in fewer nothing can be read; a terminal breaks the lines itself
_PIPE_WIDTH = 100


def screen(stream: IO[str] | None = None) -> Console:
    """Return a console for the stream (standard output): colours only on a terminal.

    $COLUMNS and $NO_COLOR are respected; a pipe gets plain text of 100 columns.
    """
    stream = stream or sys.stdout
    console = Console(file=stream, theme=_THEME, highlight=False, emoji=False, soft_wrap=False)
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        console.width = min(int(columns), _WIDEST)
    else:
        console.width = min(console.width, _WIDEST) if console.is_terminal else _PIPE_WIDTH
    console.width = max(console.width, _NARROWEST)
    return console


def unicode_safe(console: Console) -> bool:
    """Whether the stream can show block characters."""
    return console.encoding.lower().startswith("utf")


def bar(value: float, width: int, unicode: bool) -> str:
    """A horizontal bar of `value` (0 to 1) of the width, in eighths of a character."""
    if not unicode:
        return "#" * round(value * width)
    eighths = round(value * width * 8)
    if value > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
