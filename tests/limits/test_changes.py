"""The bundled days on which limits changed."""

from datetime import UTC, date, datetime

from ccmeter.limits.changes import changes_of, load_changes
from ccmeter.pricing.plans import load_plans

FIRST = date(2026, 3, 1)  # the client shows percentages since then


def test_every_change_says_where_it_is_from_and_what_it_concerns() -> None:
    for change in load_changes():
        assert change.windows
        assert change.windows <= {"five_hour", "seven_day"}
        assert change.text.endswith(".")
        assert change.source
        assert change.since >= FIRST


def test_changes_are_in_order_and_none_is_there_twice() -> None:
    days = [change.since for change in load_changes()]

    assert days == sorted(set(days))


def test_the_weekly_limit_of_september_2026_is_known() -> None:
    assert date(2026, 9, 14) in [change.since for change in changes_of("seven_day")]
    assert date(2026, 9, 14) not in [change.since for change in changes_of("five_hour")]


def test_a_change_holds_from_midnight_utc() -> None:
    (change,) = [each for each in load_changes() if each.since == date(2026, 9, 14)]

    assert change.since_ms == datetime(2026, 9, 14, tzinfo=UTC).timestamp() * 1000


def test_what_the_plans_say_of_limits_is_a_change() -> None:
    known = {change.since for change in load_changes()}
    told = {hint.since for plan in load_plans().tiers.values() for hint in plan.limits}

    assert {day for day in told if day >= FIRST} <= known
