"""Lines of pieces: what does not fit is left out as a whole."""

import pytest
from rich.text import Text

from ccmeter.render.pieces import Piece, fitted

PIECES = [
    Piece(Text("  today  "), keep=1),
    Piece(Text("$12.34")),
    Piece(Text(" in 3 responses"), keep=3),
    Piece(Text("   now  $1.00/h"), keep=2),
]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (45, "  today  $12.34 in 3 responses   now  $1.00/h"),
        (44, "  today  $12.34   now  $1.00/h"),
        (29, "  today  $12.34"),
        (14, "$12.34"),
        (6, "$12.34"),
        (5, "…"),
    ],
)
def test_what_matters_least_goes_first_and_no_number_is_cut(width: int, shown: str) -> None:
    assert fitted(PIECES, width).plain == shown


@pytest.mark.parametrize(("width", "shown"), [(30, "a  a long name"), (10, "a  a long…"), (8, "a")])
def test_words_are_cut_as_long_as_a_little_of_them_is_left(width: int, shown: str) -> None:
    pieces = [Piece(Text("a")), Piece(Text("  a long name"), keep=1, words=True)]

    assert fitted(pieces, width).plain == shown


def test_characters_that_take_two_columns_count_as_two() -> None:
    assert fitted([Piece(Text("a")), Piece(Text("模型"), keep=1)], 4).plain == "a"
