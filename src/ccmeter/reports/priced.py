"""Sums of tokens to sums with money: the only place where reports meet prices."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Usage
from ccmeter.pricing.book import Book
from ccmeter.pricing.compute import Triple, scenario_cost
from ccmeter.pricing.money import Money
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import billed_model, class_costs, is_fast, list_cost, rates
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import Worth
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
    compute: Triple = Triple()  # cost to serve; zero where it was not asked for, or is unpriced
    chosen: Decimal = _ZERO  # the same under the scenario that was asked for
    missing: Decimal = _ZERO  # what the slice's missing_output would cost, where it is priced


class Totals(NamedTuple):
    """Sums of a report's row or of the whole report. Money in USD."""

    responses: int = 0
    unfinished: int = 0
    usage: Usage = Usage()
    list_cost: Decimal = _ZERO  # without unpriced responses
    costs: tuple[Decimal, ...] = _NO_COSTS  # list_cost by class, in the order of usage
    extra_usage: Decimal = _ZERO
    compute: Triple = Triple()  # without unpriced responses
    chosen: Decimal = _ZERO  # the same under the scenario that was asked for
    unpriced_responses: int = 0
    unpriced_tokens: int = 0
    unpriced_models: tuple[str, ...] = ()  # as written, sorted
    missing_output: int = 0  # estimated, of unfinished responses
    missing_cost: Decimal = _ZERO  # of that output


def price_list(slices: Iterable[Slice], book: Book) -> list[Priced]:
    """Return the slices with their list cost alone."""
    return [_priced(piece, book) for piece in slices]


def price(slices: Iterable[Slice], money: Money, scenario: str) -> list[Priced]:
    """Return the slices with their list cost and cost to serve, `chosen` under the scenario."""
    return [_served(_priced(piece, money.book), money, scenario) for piece in slices]


def _served(piece: Priced, money: Money, scenario: str) -> Priced:
    source = piece.slice
    terms = (source.usage, source.terms, source.utc_day, source.prompt_tokens)
    found = money.serve(*terms)
    if found is None:
        return piece
    if scenario in SCENARIOS:
        chosen = found[SCENARIOS.index(scenario)]
    else:
        chosen = scenario_cost(money.assumptions, money.book, *terms, scenario) or _ZERO
    return piece._replace(compute=found, chosen=chosen)


def worth(piece: Priced) -> Worth:
    """Return the money of the piece, as plans look at it; nothing where it is unpriced."""
    extra = piece.compute if piece.extra_usage else Triple()
    return Worth(piece.list_cost or _ZERO, piece.compute, piece.extra_usage, extra)


def _priced(piece: Slice, book: Book) -> Priced:
    model, billed = canonical(piece.terms.model), billed_model(piece.terms, book)
    if not any(piece.usage):  # nothing used costs nothing, whoever the model is
        missing = _missing(piece, book)
        return Priced(piece, model, billed, _ZERO, _NO_COSTS, _ZERO, missing=missing)
    found = rates(book, piece.terms, piece.utc_day, piece.prompt_tokens)
    if found is None:
        return Priced(piece, model, billed, None, _NO_COSTS, _ZERO)
    costs = class_costs(piece.usage, found, book.web_search.value)
    cost = sum(costs, _ZERO)
    extra = cost if is_fast(piece.terms) else _ZERO
    return Priced(piece, model, billed, cost, costs, extra, missing=_missing(piece, book))


def _missing(piece: Slice, book: Book) -> Decimal:
    if not piece.missing_output:
        return _ZERO
    usage = Usage(output_tokens=piece.missing_output)
    return list_cost(book, usage, piece.terms, piece.utc_day, piece.prompt_tokens) or _ZERO


def total(pieces: Iterable[Priced]) -> Totals:
    """Return the sums of the pieces."""
    responses = unfinished = lost = lost_tokens = missing = 0
    usage = [0] * len(Usage._fields)
    extra = chosen = missing_cost = _ZERO
    costs = list(_NO_COSTS)
    compute = Triple()
    models: set[str] = set()
    for piece in pieces:
        source = piece.slice
        if source.missing_output:
            missing += source.missing_output
            missing_cost += piece.missing
            if not any(source.usage):  # nothing else to add
                continue
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
            compute = compute.plus(piece.compute)
            chosen += piece.chosen
    return Totals(
        responses,
        unfinished,
        Usage(*usage),
        sum(costs, _ZERO),
        tuple(costs),
        extra,
        compute,
        chosen,
        lost,
        lost_tokens,
        tuple(sorted(models)),
        missing,
        missing_cost,
    )
