"""What status lines showed of the client's meter, where its readings do not tell of a session.

The cost is that of the process, and what the process counts depends on the client: since 2.1.283 it
goes on from the last reading when a session is resumed or forked, before it starts at nothing;
since 2.1.211 it starts anew at a /clear, before it goes on. What may hold less or more than the
session is not believed.
"""

import sqlite3
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cache

from ccmeter.cache.releases import order
from ccmeter.store.coverage import Meter, Reading, fork_points
from ccmeter.store.shown_costs import Sight, sights

_CLEAR_STARTS_ANEW = (2, 1, 211)
_order = cache(order)


def shown_meters(
    connection: sqlite3.Connection, sessions: Collection[str], found: Mapping[str, Meter]
) -> dict[str, Meter]:
    """Return meters that end with what was shown last, for those of the sessions that have one."""
    seen = sights(connection, sessions)
    forks = fork_points(connection, seen)
    meters = {
        name: _resumed(sight, found.get(name)) or (None if name in forks else _alone(sight))
        for name, sight in seen.items()
    }
    return {name: meter for name, meter in meters.items() if meter}


def _resumed(sight: Sight, meter: Meter | None) -> Meter | None:
    """The process went on from the last reading, with nothing in between that nobody counted."""
    last = meter.last if meter else None
    if meter is None or last is None or not last.start_ms or last.after_ms is None or sight.gap:
        return None
    if last.unknown_model or not 0 < last.cost <= sight.cost or sight.time_ms <= last.after_ms:
        return None
    return meter._replace(readings=(*meter.readings, _reading(sight, last.start_ms)))


def _alone(sight: Sight) -> Meter | None:
    """One process has seen the whole session, and no other session is in its cost."""
    others = sight.cleared and _order(sight.version) < _CLEAR_STARTS_ANEW
    if others or sight.began_ms > sight.first_ms or sight.cost <= Decimal():
        return None
    return Meter(sight.first_ms, sight.last_ms, (_reading(sight, sight.began_ms),))


def _reading(sight: Sight, start_ms: int) -> Reading:
    return Reading(
        start_ms,
        sight.time_ms - sight.began_ms,
        sight.time_ms,
        sight.cost,
        None,
        False,
        sight.went_on,
        False,
    )
