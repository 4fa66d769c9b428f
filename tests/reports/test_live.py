"""What the live view looks at: verdicts of the newest requests, and rates that fall with time."""

from datetime import UTC
from decimal import Decimal

import pytest
from metered import MINUTE, START_MS, Place, answer

from ccmeter.audit.keep_up import keep_up
from ccmeter.audit.latest import Latest
from ccmeter.pricing.book import load_book
from ccmeter.reports.live import Live, Viewer, later, look
from ccmeter.reports.overview import People

BOOK = load_book()


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> Viewer:
    """One who looks again at once, however long the machine took to judge."""
    monkeypatch.setattr("ccmeter.audit.latest._REST", 0)
    people = People(lambda _root: "", lambda _user: ())
    return Viewer(BOOK, people, "", (UTC, "UTC"), Latest(BOOK))


def seen(place: Place, viewer: Viewer, minute: float, count: int = 9) -> Live:
    return look(place.connection, viewer, START_MS + round(minute * MINUTE), {}, count)


def verdicts(live: Live) -> list[tuple[str, int] | None]:
    return [request.verdict and tuple(request.verdict) for request in live.requests]


def test_requests_are_judged_as_soon_as_the_watcher_has_judged_them(
    place: Place, viewer: Viewer
) -> None:
    place.write(
        "s",
        answer("s", "m1", 0, write=50_000),
        answer("s", "m2", 1, read=50_000),
        answer("s", "m3", 2, write=50_000),
    )
    place.sync()
    assert verdicts(seen(place, viewer, 3)) == [None, None, None]
    keep_up(place.connection, BOOK)
    assert verdicts(seen(place, viewer, 3)) == [("suspect_rebuild", 50_000), ("ok", 0), ("cold", 0)]
    place.write("t", answer("t", "t1", 3))
    place.sync()
    keep_up(place.connection, BOOK)
    assert verdicts(seen(place, viewer, 4, count=2)) == [("cold", 0), ("suspect_rebuild", 50_000)]


def test_what_is_never_judged_does_not_cost_a_judgement_at_every_look(
    place: Place, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("s", answer("s", "m1", 0))
    place.sync()
    for _ in range(20):
        seen(place, viewer, 1)

    def fail(*_: object) -> None:
        raise AssertionError("judged again")

    monkeypatch.setattr("ccmeter.audit.latest.every_request", fail)
    assert verdicts(seen(place, viewer, 1)) == [None]


def test_the_burn_rate_is_that_of_the_last_minutes(place: Place, viewer: Viewer) -> None:
    """$0.014 twice within 10 minutes and once before: 6 x $0.028 and 2 x $0.042 an hour."""
    place.write("s", answer("s", "m1", 0), answer("s", "m2", 15), answer("s", "m3", 19))
    place.sync()
    now = seen(place, viewer, 20)

    assert now.burn == (Decimal("0.168"), Decimal("0.084"))
    assert (now.today.responses, now.today.list_cost) == (3, Decimal("0.042"))
    assert now.lately.usage.output_tokens == 1500
    assert seen(place, viewer, 26).burn == (Decimal("0.084"), Decimal("0.084"))
    assert seen(place, viewer, 61).burn == (0, 0)
    assert later(now, START_MS + 61 * MINUTE).now.minute == 1


def test_what_has_no_price_burns_an_unknown_amount(place: Place, viewer: Viewer) -> None:
    place.write("s", answer("s", "m1", 0, model="gateway-9"))
    place.sync()

    assert seen(place, viewer, 5).burn == (None, None)
    assert seen(place, viewer, 25).burn == (0, None)
    assert seen(place, viewer, 61).burn == (0, 0)
