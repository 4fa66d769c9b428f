"""Timestamps of transcript lines to UTC epoch milliseconds and back."""

from datetime import UTC, datetime
from functools import lru_cache

_END_MS = 253_370_764_800_000  # the year 9999


@lru_cache(maxsize=4096)
def _minute_ms(text: str) -> int:
    """Epoch milliseconds of YYYY-MM-DDTHH:MM: in UTC; ValueError when it is no minute."""
    moment = datetime.fromisoformat(text[:16]).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


def parse_ms(text: object) -> int | None:
    """Return epoch milliseconds of an ISO 8601 time, or None when it is not one.

    The client always writes YYYY-MM-DDTHH:MM:SS.mmmZ; that form is read without datetime,
    because it is read once for every line. Times that no calendar of any zone holds are none.
    """
    if not isinstance(text, str):
        return None
    try:
        if len(text) == 24 and text[23] == "Z" and text[19] == ".":
            digits = text[17:19] + text[20:23]
            if not digits.isdigit() or digits >= "60":
                return None
            moment = _minute_ms(text[:17]) + int(digits)
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
