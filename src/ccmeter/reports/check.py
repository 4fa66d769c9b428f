"""What a check of `ccmeter doctor` is."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

OK, NOTE, PROBLEM = "ok", "note", "problem"


class Check(NamedTuple):
    """One thing that was looked at: ok, note or problem, and what to do."""

    name: str
    status: str
    message: str
    advice: str = ""


def worst(checks: Iterable[Check]) -> str:
    """Return the gravest status of all checks."""
    order = (OK, NOTE, PROBLEM)
    return max((check.status for check in checks), key=order.index, default=OK)


def when(ms: int) -> str:
    """Return UTC epoch milliseconds to the minute."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def size(count: int) -> str:
    """Return a number of bytes in three digits."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: 1 line, 2 lines."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
