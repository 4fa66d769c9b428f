"""One line of pieces, of which those that do not fit are left out as a whole."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

_SHORTEST = 8  # columns that are worth showing of a piece that is cut


class Piece(NamedTuple):
    """A part of a line; `keep` 0 stays longest, of the others the highest go first."""

    text: Text
    keep: int = 0
    words: bool = False  # no number is in it: it is rather cut than left out


def fitted(pieces: Sequence[Piece], width: int) -> Text:
    """Return the line that fits the width, an ellipsis alone where nothing does."""
    kept: dict[int, Text] = {}
    for number, piece in sorted(enumerate(pieces), key=lambda each: each[1].keep):
        text, room = piece.text.copy(), width - sum(each.cell_len for each in kept.values())
        if piece.words and room >= _SHORTEST:
            text.truncate(room, overflow="ellipsis")
        if text.cell_len <= room:
            kept[number] = text
    line = Text(no_wrap=True, overflow="crop")
    line.append_text(Text().join(kept[number] for number in sorted(kept)))
    return line if line.plain.strip() else Text("…")
