"""What a plan is used for between any two moments, at list price."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Usage
from ccmeter.pricing.book import Book
from ccmeter.pricing.names import is_claude
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.priced import Priced, price_list
from ccmeter.store.spans import Span, load_spans

_ZERO = Decimal()
_READS = Usage._fields.index("cache_read_tokens")


class PlanCost(NamedTuple):
    """List cost in USD of what counts towards a plan: Claude models, without fast mode."""

    usd: Decimal = _ZERO
    reads_usd: Decimal = _ZERO  # part of usd: cache reads
    unpriced: bool = False  # there are responses whose price is not known


def plan_costs(
    connection: sqlite3.Connection,
    book: Book,
    spans: Sequence[Span],
    is_user: Callable[[str], bool],
) -> list[PlanCost]:
    """Return the cost of each span (milliseconds: after the first, up to and with the second).

    `is_user` tells of a Claude folder whether it is one of the user's.
    """
    found = load_spans(connection, spans, thresholds(book))
    own = ((piece for piece in slices if is_user(piece.who.root)) for slices in found)
    return [_summed(price_list(slices, book)) for slices in own]


def _summed(pieces: Iterable[Priced]) -> PlanCost:
    usd = reads = _ZERO
    unpriced = False
    for piece in pieces:
        if not is_claude(piece.billed_model):
            continue
        if piece.list_cost is None:
            unpriced = True
        elif not piece.extra_usage:
            usd += piece.list_cost
            reads += piece.costs[_READS]
    return PlanCost(usd, reads, unpriced)
