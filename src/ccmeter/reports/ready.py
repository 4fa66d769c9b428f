"""The small values that the statusline shows, computed when something changed and stored.

Only what changed is computed: the local day, and the sessions that were answered. See
docs/background.md for the values.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from ccmeter.pricing.book import Book
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.period import Period, midnight_ms, stretches
from ccmeter.reports.priced import Priced, price_list
from ccmeter.store.read import load_slices
from ccmeter.store.ready import TODAY, Value, save_ready, session_name
from ccmeter.store.recent import Request, last_requests, span_of

LIFETIME_MS = {"5m": 300_000, "1h": 3_600_000}  # of a cache entry, from the start of its last use
_LOOK_BACK = 20  # requests: one that writes nothing says nothing about the lifetime
_DIGITS = 10  # of a dollar: far below what one token costs

Zone = tuple[tzinfo, str]


def refresh(
    connection: sqlite3.Connection, book: Book, zone: Zone, sessions: Iterable[str], now_ms: int
) -> int:
    """Store the values of the local day and of these sessions; return when the day ends.

    `now_ms` and what is returned are UTC epoch milliseconds. The caller holds the writer's lock.
    """
    today = today_value(connection, book, zone, now_ms)
    values: dict[str, Value] = {TODAY: today}
    for session in sessions:
        value = session_value(connection, book, session)
        if value is not None:
            values[session_name(session)] = value
    save_ready(connection, values, now_ms)
    return int(today["until_ms"])


def today_value(
    connection: sqlite3.Connection, book: Book, zone: Zone, now_ms: int
) -> dict[str, Any]:
    """Return what the local day has cost so far."""
    day = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone[0]).date()
    pieces = _priced(connection, book, stretches(Period(day, day, *zone)))
    return {
        "day": day.isoformat(),
        "zone": zone[1],
        "until_ms": midnight_ms(day + timedelta(days=1), zone[0]),
        **_cost(pieces),
    }


def session_value(
    connection: sqlite3.Connection, book: Book, session: str
) -> dict[str, Any] | None:
    """Return what a session has cost and the state of its cache; None without a response."""
    span = span_of(connection, session)
    if span is None:
        return None
    pieces = _priced(connection, book, [(span.first_ms, span.last_ms + 1, 0)], [session])
    last = last_requests(connection, span, _LOOK_BACK)
    return {**_cost(pieces), **_hits(pieces), **_warmth(last)}


def _priced(
    connection: sqlite3.Connection,
    book: Book,
    cuts: Iterable[tuple[int, int, int]],
    sessions: list[str] | None = None,
) -> list[Priced]:
    return price_list(load_slices(connection, cuts, thresholds(book), sessions), book)


def _cost(pieces: Sequence[Priced]) -> dict[str, float]:
    """What has a price, at list price; {} when nothing of what was used has one."""
    known = [piece.list_cost for piece in pieces if piece.list_cost is not None]
    if pieces and not known:
        return {}
    return {"list_usd": round(float(sum(known, Decimal())), _DIGITS)}


def _hits(pieces: Sequence[Priced]) -> dict[str, float]:
    """The share of what the main thread sent that was read from cache; {} if it sent nothing."""
    main = [piece.slice.usage for piece in pieces if not piece.slice.who.agent]
    sent = sum(usage.prompt_tokens for usage in main)
    read = sum(usage.cache_read_tokens for usage in main)
    return {"hit_ratio": round(read / sent, 4)} if sent else {}


def _warmth(last: list[Request]) -> dict[str, Any]:
    """The lifetime of the main thread's cache, and until when it lives; {} if nothing is cached."""
    tier = next((_tier(request) for request in last if _tier(request)), "")
    used = next((r.start_ms for r in last if r.read or r.written_5m or r.written_1h), None)
    if not tier or used is None:
        return {}
    return {"tier": tier, "warm_until_ms": used + LIFETIME_MS[tier]}


def _tier(request: Request) -> str:
    """The lifetime that a request wrote with, as the judge of the cache tells it."""
    if not request.written_5m and not request.written_1h:
        return ""
    return "1h" if request.written_1h >= request.written_5m else "5m"
