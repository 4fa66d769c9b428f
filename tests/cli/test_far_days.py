"""Days at the ends of the calendar are told to be too far away, before anything is written."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from ccmeter.errors import UsageError
from ccmeter.reports.period import parse_end

Run = Callable[..., CompletedProcess[str]]
FAR = (
    ("--until", "9999-12-31"),
    ("--since", "9999-12-31", "--until", "9999-12-31"),
    ("--since", "0001-01-01", "--timezone", "Asia/Tokyo"),
    ("--until", "0001-01-02"),
)


@pytest.fixture
def history(transcript: Callable[..., object], answer: Callable[..., object]) -> None:
    transcript(answer("m1", "2026-11-23T12:00:00.000Z"))


@pytest.mark.parametrize("days", FAR)
@pytest.mark.parametrize("command", ["report", "audit", "plans", "export"])
def test_a_day_that_not_every_zone_has_is_wrong_usage(
    command: str, days: tuple[str, ...], history: None, fails: Callable[..., str]
) -> None:
    assert "too far away" in fails(2, command, *days)


def test_nothing_is_exported_for_it(history: None, run_ccmeter: Run) -> None:
    done = run_ccmeter("export", "--until", "9999-12-31")

    assert done.stdout == ""


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_days_that_are_left_are_days_everywhere(
    zone: str, history: None, ok: Callable[..., str]
) -> None:
    period = ("--since", "0002-01-01", "--until", "9998-12-31", "--timezone", zone)

    assert "\nm1," in ok("export", *period)
    assert "$" in ok("audit", *period)


def test_the_week_before_the_first_day_is_in_the_calendar() -> None:
    with pytest.raises(UsageError, match="use 0002-01-01 to 9998-12-31"):
        parse_end("0001-12-31")
    assert str(parse_end("0002-01-01")) == "0002-01-01"
