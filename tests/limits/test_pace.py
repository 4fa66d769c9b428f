"""When a window will be used up, worked out by hand."""

from decimal import Decimal

import pytest

from ccmeter.limits.pace import Pace, by_list, by_samples
from ccmeter.limits.samples import Step, Window

NOON = 1_795_435_200_000
MINUTE, HOUR = 60_000, 3_600_000


def window(*sights: tuple[int, int], resets_in: int = 120) -> Window:
    """A 5-hour window that is reset so many minutes after noon; sights in percent and minutes."""
    steps = [Step(used * 100, NOON + at * MINUTE, NOON + at * MINUTE) for used, at in sights]
    return Window("five_hour", NOON + resets_in * MINUTE, tuple(steps))


def list_pace(last: int, spent: str, since: str, resets_in: int = 120) -> Pace:
    """100 % are worth 50 dollars; the pace looks back on half an hour."""
    found = window((last, -10), resets_in=resets_in)
    return by_list(found, Decimal(50), Decimal(spent), Decimal(since), 30 * MINUTE, NOON)


def test_what_was_spent_since_the_last_sight_is_added() -> None:
    """5 dollars in half an hour are 10 %, so 20 % an hour; 2 dollars since then are 4 %."""
    assert list_pace(40, "5", "2") == Pace("list", 4400, 2000, 8400, None)


def test_a_window_that_does_not_last_until_its_reset_runs_out_before() -> None:
    """40 % an hour from 60 %: one hour is left of the two."""
    assert list_pace(60, "10", "0") == Pace("list", 6000, 4000, 14_000, NOON + HOUR)


def test_a_window_that_is_used_up_just_at_its_reset_runs_out_then() -> None:
    assert list_pace(60, "10", "0", resets_in=60).runs_out_ms == NOON + HOUR


def test_where_nothing_is_spent_nothing_runs_out() -> None:
    assert list_pace(99, "0", "0") == Pace("list", 9900, 0, 9900, None)


def test_what_was_spent_never_makes_more_than_a_whole() -> None:
    assert list_pace(98, "10", "8")[:2] == ("list", 10_000)
    assert list_pace(98, "10", "8").runs_out_ms == NOON


def test_a_window_that_was_seen_beyond_a_whole_stays_there() -> None:
    assert list_pace(113, "10", "8").used == 11_300


def test_percentages_alone_give_a_pace_too() -> None:
    """From 20 % half an hour ago to 30 % now: 20 % an hour, 70 % in two hours."""
    sights = ((10, -60), (20, -40), (25, -20), (30, -5))

    assert by_samples(window(*sights), 30 * MINUTE, NOON) == Pace("samples", 3000, 2000, 7000, None)


def test_a_young_window_began_with_nothing() -> None:
    """It began 20 minutes ago: 5 % in 20 minutes are 15 % an hour."""
    found = by_samples(window((5, -2), resets_in=280), 30 * MINUTE, NOON)

    assert found == Pace("samples", 500, 1500, 7500, None)


def test_a_window_that_was_first_seen_late_counts_from_its_first_sight() -> None:
    """From 50 % 20 minutes ago to 60 %: 30 % an hour."""
    found = by_samples(window((50, -20), (60, -5)), 30 * MINUTE, NOON)

    assert found == Pace("samples", 6000, 3000, 12_000, NOON + 80 * MINUTE)


@pytest.mark.parametrize("ago", [0, 1, 4])
def test_a_first_sight_of_just_now_says_nothing(ago: int) -> None:
    assert by_samples(window((50, -ago)), 30 * MINUTE, NOON) is None


def test_percentages_that_rest_have_no_pace() -> None:
    assert by_samples(window((50, -50)), 30 * MINUTE, NOON) == Pace("samples", 5000, 0, 5000, None)
