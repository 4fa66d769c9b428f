"""What the watcher tells of a whole session, of which every request makes another sum."""

from datetime import UTC
from typing import Any

from metered import MINUTE, START_MS, Place, answer

from ccmeter.audit.keep_up import keep_up
from ccmeter.pricing.book import load_book
from ccmeter.watch.telling import Told, find_news, remember

NOW_MS = START_MS + 30 * MINUTE


def lost(number: int, tokens: int = 60_000) -> dict[str, Any]:
    """A request, a minute after the one before, that reads nothing and writes all."""
    split = {"ephemeral_1h_input_tokens": tokens}
    usage = {"cache_creation": split, "cache_creation_input_tokens": tokens}
    return answer("s", f"m{number}", number / 3, usage=usage)


def news(place: Place) -> list[str]:
    """The rules that the next look of the watcher tells of."""
    keep_up(place.sync().connection, load_book())
    found, told = find_news(place.connection, ["s"], [], [], (UTC, "UTC"), NOW_MS)
    remember(place.connection, told, NOW_MS)
    return [each.notice.rule for each in found]


def test_a_session_hears_once_of_what_it_has_lost_so_far(place: Place) -> None:
    remember(place.connection, _nothing(), NOW_MS)
    place.write("s", *(lost(number) for number in range(20)))
    assert "R1A" in news(place)

    for number in range(20, 26):
        place.add("s", answer("s", f"m{number}", number / 3, read=60_000))
        assert news(place) == []
    place.add("s", *(lost(number) for number in range(26, 46)))
    assert news(place).count("R1A") == 1  # it has doubled
    place.add("s", lost(46))
    assert news(place) == []


def _nothing() -> Told:
    return {"": 0}
