"""What is said of the lifetimes of cache writes, from the lines of a transcript to the alerts."""

from typing import Any

import pytest
from histories import Line, Place, answer, healthy

from ccmeter.audit.every import every_request
from ccmeter.pricing.book import load_book

NO_SPLIT: tuple[dict[str, Any], ...] = (
    {},
    {"cache_creation": None},
    {"cache_creation": {}},
    {"cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}},
    {"cache_creation": {"ephemeral_5m_input_tokens": 1_000}},
)


def short(count: int, start: float = 0, **more: Any) -> list[Line]:
    """Requests of a client that asks for an hour, each of which writes 3,000 tokens for 5 minutes.

    Their ids are those of a gateway.
    """
    return [
        answer(f"chatcmpl-{start + n}", start + 20 * n, read=60_000 + 3_000 * n, write_5m=3_000,
               promptCacheRequested="1h", **more)
        for n in range(count)
    ]  # fmt: skip


def untold(lines: list[Line], split: dict[str, Any]) -> list[Line]:
    """The lines with this in the place of what tells the lifetime of writes."""
    for line in lines:
        usage = line["message"]["usage"]
        del usage["cache_creation"]
        usage |= split
    return lines


def rules(place: Place) -> set[str]:
    return {rule for rule, level, _ in place.alerts() if level not in ("advice", "info")}


@pytest.mark.parametrize("split", NO_SPLIT)
def test_a_write_without_a_lifetime_breaks_no_promise_and_is_no_fall(
    split: dict[str, Any], place: Place
) -> None:
    place.take_in([*healthy(4), *untold(short(9, start=100), split)])

    assert rules(place) == set()


def test_a_write_that_is_told_to_be_shorter_than_asked_for_is_an_alarm(place: Place) -> None:
    place.take_in(short(1))

    assert [alert[:2] for alert in place.alerts()] == [("R4S", "alarm")]


def test_a_write_without_a_lifetime_hides_no_other_one(place: Place) -> None:
    place.take_in([*untold(short(3), {}), *short(1, start=100)])

    assert [alert[:2] for alert in place.alerts()] == [("R4S", "alarm")]


def test_whether_a_response_was_aborted_is_kept_apart_from_lifetimes(place: Place) -> None:
    cut, whole = {"isAbortedMidStream": True}, {"isAbortedMidStream": False}
    place.take_in([
        *short(1, **cut), *short(1, start=20, **whole),
        *untold(short(1, start=40, **cut), {}), *untold(short(1, start=60, **whole), {}),
    ])  # fmt: skip
    (thread,) = every_request(place.connection, load_book(), None)

    found = [(one.step.aborted, one.step.untyped_write) for one in thread]
    assert found == [(True, False), (False, False), (True, True), (False, True)]
