"""Sums of tokens to sums with money: the only place where reports meet prices."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Usage
from ccmeter.pricing.book import Book
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import billed_model, is_fast, list_cost
from ccmeter.store.read import Slice

_ZERO = Decimal()


class Priced(NamedTuple):
    """A slice and what it costs at list price."""

    slice: Slice
    model: str  # canonical id of the model that answered
    billed_model: str  # canonical id of the model whose price applies
    list_cost: Decimal | None  # None: no price is known
    extra_usage: Decimal  # fast mode, which plans bill apart; part of list_cost


class Totals(NamedTuple):
    """Sums of a report's row or of the whole report. Money in USD."""

    responses: int = 0
    unfinished: int = 0
    usage: Usage = Usage()
    list_cost: Decimal = _ZERO  # without unpriced responses
    extra_usage: Decimal = _ZERO
    unpriced_responses: int = 0
    unpriced_tokens: int = 0
    unpriced_models: tuple[str, ...] = ()  # as written, sorted


def price(slices: Iterable[Slice], book: Book) -> list[Priced]:
    """Return the slices with their list cost."""
    return [_priced(piece, book) for piece in slices]


def _priced(piece: Slice, book: Book) -> Priced:
    model, billed = canonical(piece.terms.model), billed_model(piece.terms, book)
    if not any(piece.usage):  # nothing used costs nothing, whoever the model is
        return Priced(piece, model, billed, _ZERO, _ZERO)
    cost = list_cost(book, piece.usage, piece.terms, piece.utc_day, piece.prompt_tokens)
    extra = cost if cost is not None and is_fast(piece.terms) else _ZERO
    return Priced(piece, model, billed, cost, extra)


def total(pieces: Iterable[Priced]) -> Totals:
    """Return the sums of the pieces."""
    responses = unfinished = lost = lost_tokens = 0
    usage = [0] * len(Usage._fields)
    cost = extra = _ZERO
    models: set[str] = set()
    for piece in pieces:
        source = piece.slice
        responses += source.responses
        unfinished += source.unfinished
        usage = [a + b for a, b in zip(usage, source.usage, strict=True)]
        extra += piece.extra_usage
        if piece.list_cost is None:
            lost += source.responses
            lost_tokens += source.usage.tokens
            models.add(source.terms.model)
        else:
            cost += piece.list_cost
    return Totals(
        responses, unfinished, Usage(*usage), cost, extra, lost, lost_tokens, tuple(sorted(models))
    )
