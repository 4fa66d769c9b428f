"""Timestamps of transcript lines to UTC epoch milliseconds and back."""

from datetime import UTC, datetime
from functools import lru_cache

_END_MS = 253_370_764_800_000  # the year 9999


@lru_cache(maxsize=4096)
def _day_ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def parse_ms(text: object) -> int | None:
    """Return epoch milliseconds of an ISO 8601 time, or None when it is not one.

    The client always writes YYYY-MM-DDTHH:MM:SS.mmmZ; that form is read without datetime,
    because it is read once for every line. Times that no calendar of any zone holds are none.
    """
    if not isinstance(text, str):
        return None
    try:
        if len(text) == 24 and text[23] == "Z" and text[19] == ".":
            hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
            if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
                return None
            seconds = hour * 3600 + minute * 60 + second
            moment = _day_ms(text[:10]) + seconds * 1000 + int(text[20:23])
        else:
            moment = _any_form_ms(text)
    except ValueError:
        return None
    return moment if 0 < moment < _END_MS else None


def _any_form_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def iso(ms: int) -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
