"""What a status line showed of the client's own meter for a session, on its line of the spool."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ccmeter.limits.samples import number, text

_DEAREST = 1e9  # USD; more is no cost
_LONGEST_MS = 10 * 365 * 86_400_000


class ShownCost(NamedTuple):
    """The cost of a session as it was shown at a moment."""

    session: str
    time_ms: int
    began_ms: int  # of the client's process, which may have had other sessions before
    cost_usd: str
    version: str  # of the client


def shown_cost(record: Mapping[str, Any], time_ms: int) -> ShownCost | None:
    """Return the cost on a line of the spool; None where there is none that makes sense."""
    session, told = text(record.get("session")), record.get("cost")
    if not session or not isinstance(told, dict):
        return None
    usd, ran = number(told.get("usd")), number(told.get("ran_ms"))
    if usd is None or ran is None or not 0 < usd < _DEAREST or not 0 <= ran < _LONGEST_MS:
        return None
    version = text(record.get("version"))
    return ShownCost(session, time_ms, time_ms - round(ran), repr(usd), version)
