"""The small values that the statusline shows, computed when something changed and stored.

Only what changed is computed: the local day, and the sessions that were answered. See
docs/background.md for the values.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from ccmeter.audit.notices import CacheState, cache_states
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.pricing.book import Book
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.period import Period, midnight_ms, stretches
from ccmeter.reports.priced import Priced, price_list
from ccmeter.store.coverage import fork_points
from ccmeter.store.read import load_slices
from ccmeter.store.ready import TODAY, Value, save_ready, session_name
from ccmeter.store.recent import span_of

_DIGITS = 10  # of a dollar: far below what one token costs

Zone = tuple[tzinfo, str]


def refresh(
    connection: sqlite3.Connection,
    book: Book,
    zone: Zone,
    sessions: Collection[str],
    now_ms: int,
    limits: Limits = LIMITS,
) -> frozenset[str]:
    """Store the values of the local day and of these sessions, as far as they have been judged.

    Returns the models of the day that have no price, as written. `now_ms` is UTC epoch
    milliseconds. The caller holds the writer's lock.
    """
    day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone[0]).date()
    pieces = _priced(connection, book, stretches(Period(day, day, *zone)))
    values: dict[str, Value] = {TODAY: _today(pieces, day, zone)}
    states = cache_states(connection, sessions, limits)
    for session in sessions:
        value = _session(connection, book, session, states.get(session))
        if value:
            values[session_name(session)] = value
    save_ready(connection, values, now_ms)
    return frozenset(piece.slice.terms.model for piece in pieces if piece.list_cost is None)


def _today(pieces: Sequence[Priced], day: date, zone: Zone) -> dict[str, Any]:
    """What the local day has cost so far."""
    return {
        "day": day.isoformat(),
        "zone": zone[1],
        "until_ms": midnight_ms(day + timedelta(days=1), zone[0]),
        **_cost(pieces),
    }


def _session(
    connection: sqlite3.Connection, book: Book, session: str, state: CacheState | None
) -> dict[str, Any]:
    """What a session has cost, and the state of its cache; of a fork without an answer, that."""
    span = span_of(connection, session)
    if span is None:
        return {}
    pieces = _priced(connection, book, [(span.first_ms, span.last_ms + 1, 0)], [session])
    if not pieces:
        return {"forked": True} if fork_points(connection, [session]) else {}
    return {**_cost(pieces), **(_cache(state) if state else {})}


def _cache(state: CacheState) -> dict[str, Any]:
    """The state without what is not known."""
    known = {name: value for name, value in state._asdict().items() if value not in (None, "")}
    if state.hit_ratio is not None:
        known["hit_ratio"] = round(state.hit_ratio, 4)
    return known


def _priced(
    connection: sqlite3.Connection,
    book: Book,
    cuts: Iterable[tuple[int, int, int]],
    sessions: list[str] | None = None,
) -> list[Priced]:
    return price_list(load_slices(connection, cuts, thresholds(book), sessions), book)


def _cost(pieces: Sequence[Priced]) -> dict[str, Any]:
    """What has a price, at list price, and whether a part has none; {} when nothing has one.

    Nothing at all is unknown, too: answers may be given that are not read yet.
    """
    known = [piece.list_cost for piece in pieces if piece.list_cost is not None]
    if not known:
        return {}
    cost = {"list_usd": round(float(sum(known, Decimal())), _DIGITS)}
    return {**cost, "unpriced": True} if len(known) < len(pieces) else cost
