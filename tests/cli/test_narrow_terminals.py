"""In a narrow terminal columns go and texts are cut; an amount stays, and stays what it is."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from rich.cells import cell_len

from ccmeter.render.column import Column
from ccmeter.render.table import table

AMOUNT = re.compile(r"\$[\d,]+(?:\.\d+)?")
PRICE = re.compile(r"\d+\.\d+\b(?!%)")
WIDTHS = (60, 50, 40)
Show = Callable[..., str]


@pytest.fixture
def show(ok: Show) -> Show:
    """Run a command in a terminal of so many columns."""
    return lambda width, *words: ok(*words, env={"COLUMNS": str(width)})


def part(screen: str, title: str) -> list[str]:
    """The lines of a table below its title and the titles of its columns."""
    _, _, below = screen.partition(f"{title}\n")
    lines = below.partition("\n\n")[0].splitlines()[1:]
    return [line for line in lines if not line.startswith("  and ")]  # so many more


@pytest.mark.parametrize("width", WIDTHS)
def test_an_audit_tells_every_amount_of_a_wide_one(width: int, show: Show, fits: Show) -> None:
    wide, narrow = (show(columns, "audit", "--demo") for columns in (120, width))

    assert set(AMOUNT.findall(narrow)) == set(AMOUNT.findall(wide))
    fits(narrow, width)
    for title in ("Sent again instead of read", "Alerts"):
        assert all(AMOUNT.search(line[-10:]) for line in part(narrow, title))


@pytest.mark.parametrize("width", WIDTHS)
def test_plans_tell_what_they_cost_and_what_others_would(
    width: int, show: Show, fits: Show
) -> None:
    wide, narrow = (show(columns, "plans", "--demo") for columns in (120, width))

    assert set(AMOUNT.findall(narrow)) < set(AMOUNT.findall(wide))
    fits(narrow, width)
    elsewhere, everywhere = (part(text, "The same tokens elsewhere") for text in (narrow, wide))
    assert [line.split()[-1] for line in elsewhere] == [line.split()[-1] for line in everywhere]
    assert [line[:19] for line in elsewhere] == [line[:19] for line in everywhere]
    (max_,) = re.findall(r"\n    Max .*", narrow)
    assert AMOUNT.findall(max_)[0] == "$100"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_tells_what_each_class_of_tokens_cost(width: int, show: Show, fits: Show) -> None:
    wide, narrow = (show(columns, "report", "--demo", "--tier", "max") for columns in (120, width))

    assert set(AMOUNT.findall(narrow)) <= set(AMOUNT.findall(wide))
    fits(narrow, width)
    tokens, every = (
        [AMOUNT.findall(line) for line in part(text, "Tokens")] for text in (narrow, wide)
    )
    assert tokens == every
    assert all(tokens)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_explanation_of_a_price_tells_the_prices(width: int, show: Show, fits: Show) -> None:
    words = ("prices", "explain", "claude-opus-5-5")
    wide, narrow = (show(columns, *words).split("\n\n")[1] for columns in (120, width))

    assert PRICE.findall(narrow) == PRICE.findall(wide)
    fits(narrow, width)


def test_where_nothing_has_room_texts_are_cut_and_numbers_are_not() -> None:
    columns = [Column("who", ["somebody"]), Column("cost", ["$179.57"], right=True)]

    assert [line.plain for line in table(columns, 14)] == ["who       cost", "some…  $179.57"]
    assert [line.plain for line in table(columns, 3)] == ["who      cost", "som…  $179.57"]


def test_titles_of_several_lines_stand_on_the_table() -> None:
    columns = [Column("plan", ["Max"]), Column("provider\nmid", ["$1"], right=True)]

    assert [line.plain for line in table(columns, 40)] == [
        "      provider",
        "plan       mid",
        "Max         $1",
    ]


@pytest.mark.parametrize("columns", ["1", "5", "6", "7"])
def test_a_picture_of_a_session_needs_no_terminal_of_any_width(
    columns: str, transcript: Callable[..., object], answer: Show, show: Show
) -> None:
    day = date(2026, 11, 23)
    transcript(*(answer(f"m{n}", f"{day}T12:00:{n:02}.000Z") for n in range(30)))

    screen = show(columns, "audit", "--session", "session-1")
    assert "12:00:00" in screen


def test_characters_that_take_two_columns_keep_numbers_below_each_other() -> None:
    columns = [
        Column("", ["/home/ada/庭園の手入れ", "/home/ada/src"]),
        Column("list", ["$7.00", "$12.00"], right=True),
    ]
    for width in (40, 24, 18):
        lines = [line.plain for line in table(columns, width)]
        assert {cell_len(line) for line in lines} == {min(width, cell_len(lines[-1]))}
        assert [line.rsplit(" ", 1)[1] for line in lines[1:]] == ["$7.00", "$12.00"]


def cells(line: str) -> list[str]:
    """The prices of a line."""
    return re.findall(r"(?<![\w.-])\d+\.\d{2,}(?![\w.-])", line)


@pytest.mark.parametrize("width", [50, 40, 30])
def test_a_list_of_prices_tells_every_name_and_every_price(
    width: int, show: Show, fits: Show
) -> None:
    words = ("prices", "list", "--date", "2026-11-24")
    wide, narrow = (show(columns, *words) for columns in (120, width))
    models = re.findall(r"^claude\S+", wide, re.M)

    fits(narrow, width)
    assert "…" not in narrow
    assert re.findall(r"^claude\S+", narrow, re.M) == models
    assert cells(narrow) == cells(wide)
    assert [line for line in narrow.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("width", [50, 40, 30])
def test_the_prices_of_a_model_stand_below_what_they_are_of(
    width: int, show: Show, fits: Show
) -> None:
    words = ("prices", "list", "claude-opus-4-6", "--date", "2026-11-24")
    wide, narrow = (show(columns, *words) for columns in (120, width))

    fits(narrow, width)
    assert narrow.count("fast, over 200k") == wide.count("fast, over 200k") == 2
    assert cells(narrow) == cells(wide)
