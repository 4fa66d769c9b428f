"""Every single response with its price: the sums of a report, taken apart again."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from ccmeter.pricing.book import Book
from ccmeter.reports.asked import Filters
from ccmeter.reports.models import understood
from ccmeter.reports.period import Period
from ccmeter.reports.priced import Priced, price_list
from ccmeter.store.read import Slice
from ccmeter.store.responses import Stored, stream

_EPOCH = date(1970, 1, 1)
_DAY_MS = 86_400_000


class PricedResponse(NamedTuple):
    """A response, what it costs at list price, and whose it is."""

    stored: Stored
    priced: Priced
    user: str


def priced_responses(
    connection: sqlite3.Connection,
    book: Book,
    period: Period,
    filters: Filters,
    user_of: Callable[[str], str],
) -> Iterator[PricedResponse]:
    """Yield the responses that a report of the period, filtered alike, would sum up."""
    filters = understood(filters, connection, book)
    for chunk in stream(connection, period.since_ms, period.until_ms):
        pieces = price_list(map(_slice, chunk), book)
        for stored, piece in zip(chunk, pieces, strict=True):
            if filters.keep(piece, user_of):
                yield PricedResponse(stored, piece, user_of(stored.who.root))


def _slice(stored: Stored) -> Slice:
    """A sum over one response, so that prices and filters are those of reports."""
    day, text = _day(stored.time_ms // _DAY_MS)
    return Slice(
        stored.who,
        stored.terms,
        day,
        text,
        stored.usage.prompt_tokens,
        1,
        1 - stored.finished,
        stored.usage,
    )


@lru_cache(maxsize=4096)
def _day(number: int) -> tuple[date, str]:
    day = _EPOCH + timedelta(days=number)
    return day, day.isoformat()
