"""Sums of tokens to sums with money: the only place where reports meet prices."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Usage
from ccmeter.pricing.book import Book
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import billed_model, class_costs, is_fast, rates
from ccmeter.store.read import Slice

_ZERO = Decimal()
_NO_COSTS = (_ZERO,) * len(Usage._fields)


class Priced(NamedTuple):
    """A slice and what it costs at list price."""

    slice: Slice
    model: str  # canonical id of the model that answered
    billed_model: str  # canonical id of the model whose price applies
    list_cost: Decimal | None  # None: no price is known
    costs: tuple[Decimal, ...]  # list_cost by class, in the order of Usage
    extra_usage: Decimal  # fast mode, which plans bill apart; part of list_cost


class Totals(NamedTuple):
    """Sums of a report's row or of the whole report. Money in USD."""

    responses: int = 0
    unfinished: int = 0
    usage: Usage = Usage()
    list_cost: Decimal = _ZERO  # without unpriced responses
    costs: tuple[Decimal, ...] = _NO_COSTS  # list_cost by class, in the order of usage
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
        return Priced(piece, model, billed, _ZERO, _NO_COSTS, _ZERO)
    found = rates(book, piece.terms, piece.utc_day, piece.prompt_tokens)
    if found is None:
        return Priced(piece, model, billed, None, _NO_COSTS, _ZERO)
    costs = class_costs(piece.usage, found, book.web_search.value)
    cost = sum(costs, _ZERO)
    return Priced(piece, model, billed, cost, costs, cost if is_fast(piece.terms) else _ZERO)


def total(pieces: Iterable[Priced]) -> Totals:
    """Return the sums of the pieces."""
    responses = unfinished = lost = lost_tokens = 0
    usage = [0] * len(Usage._fields)
    extra = _ZERO
    costs = list(_NO_COSTS)
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
            costs = [a + b for a, b in zip(costs, piece.costs, strict=True)]
    return Totals(
        responses,
        unfinished,
        Usage(*usage),
        sum(costs, _ZERO),
        tuple(costs),
        extra,
        lost,
        lost_tokens,
        tuple(sorted(models)),
    )
