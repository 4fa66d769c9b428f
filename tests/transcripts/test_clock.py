"""Times of lines, and what is none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.transcripts.clock import iso, parse_ms

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
times = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moment=times)
def test_the_clients_way_to_write_is_read_to_the_millisecond(moment: datetime) -> None:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
    expected = (moment - EPOCH) // timedelta(milliseconds=1)

    assert parse_ms(text) == expected
    assert iso(expected) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-29T00:30:00Z", (2026, 3, 29, 0, 30)),
        ("2026-03-29T02:30:00+02:00", (2026, 3, 29, 0, 30)),
        ("2026-03-29T00:30:00", (2026, 3, 29, 0, 30)),
        ("2026-03-29T00:30:00.000000Z", (2026, 3, 29, 0, 30)),
        ("20260329T003000Z", (2026, 3, 29, 0, 30)),
        ("2026-03-28T19:00:00.000-05:30", (2026, 3, 29, 0, 30)),
    ],
)
def test_other_forms_of_iso_8601_are_read(text: str, meant: tuple[int, ...]) -> None:
    assert parse_ms(text) == int(datetime(*meant, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        [],
        "",
        "yesterday",
        "2026-02-30T00:00:00.000Z",
        "2026-02-03T24:00:00.001Z",
        "2026-02-03T00:60:00.000Z",
        "2026-02-03T00:00:99.000Z",
        "2026-02-03T-1:-1:-1.-99Z",
        "2026-02-03T0x:00:00.000Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59.999Z",
        "\ud83d" * 24,
    ],
)
def test_what_is_no_time_of_a_calendar_is_none(text: object) -> None:
    assert parse_ms(text) is None


@given(text=st.text(max_size=30))
def test_no_text_stops_the_clock(text: str) -> None:
    for candidate in (text, f"2026-01-0{text}"[:23] + "Z", text[:19].ljust(19) + ".000Z"):
        found = parse_ms(candidate)
        assert found is None or 0 < found < 1 << 48
