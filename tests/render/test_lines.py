"""Paragraphs that fit the terminal."""

import pytest

from ccmeter.render.lines import joined, wrapped

COMMAND = "ccmeter prices set MODEL --input USD --output USD"
TEXT = f"No price is known for glm-5.1, so its dollars are left out. Set one with: {COMMAND}"


@pytest.mark.parametrize("width", range(52, 121))
def test_a_command_at_the_end_can_be_copied_as_one_line(width: int) -> None:
    lines = wrapped(TEXT, width, "! ", "  ").splitlines()

    assert lines[-1].endswith(COMMAND)
    assert max(map(len, lines)) <= width
    assert "".join(lines).replace(" ", "") == f"! {TEXT}".replace(" ", "")


@pytest.mark.parametrize("width", range(20, 50))
def test_a_command_that_is_longer_than_a_line_is_broken_between_its_words(width: int) -> None:
    lines = wrapped(TEXT, width, "! ", "  ").splitlines()

    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == f"! {TEXT}"


def test_what_no_terminal_shows_stays_out_of_a_command_as_well() -> None:
    assert wrapped("Look at: ccmeter audit\x7f --session a\x1b", 60) == (
        "Look at: ccmeter audit? --session a?"
    )


@pytest.mark.parametrize("width", range(24, 80))
def test_facts_are_never_broken_and_all_are_told(width: int) -> None:
    facts = ["1,508 responses", "259M tokens", "6 sessions", "5 projects"]
    lines = joined(facts, width, 24)

    assert len(lines[0]) <= width - 24
    assert max(map(len, lines)) <= width
    assert [fact for line in lines if line for fact in line.split(" · ")] == facts
