"""What a table is made of, whatever shows it: a terminal or a page."""

from collections.abc import Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """A column; `keep` 0 always stays, of the others the highest go first.

    What stands to the right is a number, and everything else a text that may be cut.
    """

    title: str
    cells: Sequence[str]
    keep: int = 0
    right: bool = False
    styles: Sequence[str] | str = ""  # of the cells, or one for all

    @property
    def titles(self) -> list[str]:
        """The lines of the title."""
        return self.title.split("\n")
