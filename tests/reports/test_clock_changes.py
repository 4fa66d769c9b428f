"""Where the clocks change: days are told apart to the millisecond, as the zone data say."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ccmeter.reports.period import Period, stretches

ZONES = (
    "America/Scoresbysund",  # changes whole weeks apart, and in spring where a day begins
    "America/Havana",  # skips midnight
    "Africa/Casablanca",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # has no 30 December 2011
    "Europe/Berlin",
    "Asia/Kathmandu",
)


def shift_ms(moment_ms: int, zone: ZoneInfo) -> float:
    offset = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset.total_seconds() * 1000


@pytest.mark.parametrize("name", ZONES)
def test_no_millisecond_is_counted_by_the_clock_of_another_season(name: str) -> None:
    zone = ZoneInfo(name)
    for first in (date(2011, 9, 1), date(2025, 9, 1), date(2025, 10, 26), date(2026, 3, 29)):
        period = Period(first, date(first.year + 1, 5, 31), zone, name)
        found = stretches(period)

        assert [found[0].since_ms, *(piece.until_ms for piece in found)] == [
            *(piece.since_ms for piece in found),
            period.until_ms,
        ]
        for piece in found:
            ends = (piece.since_ms, piece.until_ms - 1)
            assert [shift_ms(end, zone) for end in ends] == [piece.shift_ms] * 2
