"""Requests that other models answered: in the sums, and no ground for an alert on a session."""

from typing import Any

import pytest
from histories import Line, Place, answer, healthy, rows

from ccmeter.audit.keep_up import keep_up
from ccmeter.audit.notices import cache_states
from ccmeter.cache import formats
from ccmeter.cache.thresholds import LIMITS
from ccmeter.pricing.book import load_book

PATH = "-w-garden/s1.jsonl"
GLM = "glm-5.1"


def unread(count: int, start: float = 0, **more: Any) -> list[Line]:
    """Requests of 50,000 tokens that read nothing and write nothing."""
    return [answer(f"msg_0u{n}", start + 5 * n, input=50_000, **more) for n in range(count)]


def names(place: Place) -> list[str]:
    return [rule for rule, *_ in place.alerts()]


def test_a_low_ratio_of_another_model_is_none_of_claudes(place: Place) -> None:
    place.take_in([*unread(20, model=GLM), *healthy(20, start=200)])

    assert names(place) == []
    (state,) = cache_states(place.connection, ["s1"]).values()
    # the sums hold all: 20 x 50,000 of the other model, and read 60,000 + 3,000 n, n < 19
    assert (state.hit_ratio or 0) < 0.7


@pytest.mark.parametrize(("claudes", "found"), [(19, []), (20, ["R6"])])
def test_as_many_requests_of_claude_are_needed_as_the_rule_says(
    claudes: int, found: list[str], place: Place
) -> None:
    """Claude's read three quarters of what they send; no two in a row leave enough out for R7."""
    low = [
        answer(f"msg_0c{n}", 100 + 20 * n, read=45_000 * (n > 0), write=45_000 * (n == 0),
               input=14_000 if n % 2 else 9_000)
        for n in range(claudes)
    ]  # fmt: skip
    place.take_in([*unread(20, model=GLM), *low])

    assert names(place) == found


def test_a_high_ratio_of_another_model_hides_no_low_one_of_claudes(place: Place) -> None:
    theirs = [answer(f"msg_0g{n}", 5 * n, read=900_000, model=GLM) for n in range(20)]
    place.take_in([*theirs, *unread(20, start=200)])

    assert "R6" in names(place)


def test_sums_of_other_models_are_remembered_apart(place: Place) -> None:
    """One after the other, each judged behind what is remembered."""
    lines = [*unread(12, model=GLM), *healthy(12, start=200)]
    place.write(PATH, [])
    for line in lines:
        place.append(PATH, [line])
        place.sync()
        place.judge()
    found = place.found()
    place.judge_anew()

    assert place.found() == found
    assert rows(place.connection, "audit_threads") == 1


def test_what_an_older_release_remembered_is_judged_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccmeter.audit.pending.KEPT", formats.KEPT - 1)
    place.take_in([*unread(20, model=GLM), *healthy(20, start=200)])
    monkeypatch.undo()

    assert keep_up(place.connection, load_book(), LIMITS).requests == 40
