"""Timestamps of transcript lines to UTC epoch milliseconds and back."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4096)
def _day_ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def parse_ms(text: object) -> int | None:
    """Return epoch milliseconds of an ISO 8601 time, or None when it is not one.

    The client always writes YYYY-MM-DDTHH:MM:SS.mmmZ; that form is read without datetime,
    because it is read once for every line.
    """
    if not isinstance(text, str):
        return None
    try:
        if len(text) == 24 and text[23] == "Z" and text[19] == ".":
            seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
            return _day_ms(text[:10]) + seconds * 1000 + int(text[20:23])
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def iso(ms: int) -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
