"""Timestamps of transcript lines to UTC epoch milliseconds and back."""

from datetime import UTC, datetime

_END_MS = 253_370_764_800_000  # the year 9999


def parse_ms(text: object) -> int | None:
    """Return epoch milliseconds of an ISO 8601 time, or None when it is not one.

    A time without a zone is UTC. Times that no calendar of any zone holds are none.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    ms = round(moment.timestamp() * 1000)
    return ms if 0 < ms < _END_MS else None


def iso(ms: int) -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
