"""Sums of tokens to sums with money: the only place where reports meet prices."""

from collections.abc import Iterable
from decimal import Decimal
from operator import mul
from typing import NamedTuple, TypeVar

from ccmeter.model import Usage
from ccmeter.pricing.book import Book
from ccmeter.pricing.compute import Triple, scenario_cost
from ccmeter.pricing.money import Money
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import UnitsOf, billed_model, is_fast, units_of
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import Worth
from ccmeter.store.read import Slice

Number = TypeVar("Number", int, Decimal)

_ZERO = Decimal()
_OUTPUT = Usage._fields.index("output_tokens")
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
    units = units_of(book)
    return [_priced(piece, book, units) for piece in slices]


def price(slices: Iterable[Slice], money: Money, scenario: str) -> list[Priced]:
    """Return the slices with their list cost and cost to serve, `chosen` under the scenario."""
    return [_served(piece, money, scenario) for piece in price_list(slices, money.book)]


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


def _priced(piece: Slice, book: Book, units_of: UnitsOf) -> Priced:
    model, billed = canonical(piece.terms.model), billed_model(piece.terms, book)
    units = units_of(piece.terms, piece.utc_day, piece.prompt_tokens)
    missing = piece.missing_output * units[_OUTPUT] if units and piece.missing_output else _ZERO
    if not any(piece.usage):  # nothing used costs nothing, whoever the model is
        return Priced(piece, model, billed, _ZERO, _NO_COSTS, _ZERO, missing=missing)
    if units is None:
        return Priced(piece, model, billed, None, _NO_COSTS, _ZERO)
    costs = tuple(map(mul, piece.usage, units))
    cost = sum(costs, _ZERO)
    extra = cost if is_fast(piece.terms) else _ZERO
    return Priced(piece, model, billed, cost, costs, extra, missing=missing)


def total(pieces: Iterable[Priced]) -> Totals:
    """Return the sums of the pieces."""
    found = list(pieces)
    estimated = [piece for piece in found if piece.slice.missing_output]
    used = [p for p in found if not p.slice.missing_output or any(p.slice.usage)]
    priced = [piece for piece in used if piece.list_cost is not None]
    unpriced = [piece.slice for piece in used if piece.list_cost is None]
    costs = _columns((piece.costs for piece in priced), _NO_COSTS)
    return Totals(
        sum([piece.slice.responses for piece in used]),
        sum([piece.slice.unfinished for piece in used]),
        Usage(*_columns((piece.slice.usage for piece in used), Usage())),
        sum(costs, _ZERO),
        costs,
        sum([piece.extra_usage for piece in used], _ZERO),
        Triple(*_columns((piece.compute for piece in priced), Triple())),
        sum([piece.chosen for piece in priced], _ZERO),
        sum(piece.responses for piece in unpriced),
        sum(piece.usage.tokens for piece in unpriced),
        tuple(sorted({piece.terms.model for piece in unpriced})),
        sum(piece.slice.missing_output for piece in estimated),
        sum((piece.missing for piece in estimated), _ZERO),
    )


def known_cost(totals: Totals) -> Decimal | None:
    """Return the list cost to show: None when there was use and none of it has a price."""
    return None if _is_unpriced(totals) else totals.list_cost


def known_served(totals: Totals) -> Decimal | None:
    """Return the cost to serve under the scenario that was asked for; None as for the list cost."""
    return None if _is_unpriced(totals) else totals.chosen


def _is_unpriced(totals: Totals) -> bool:
    return 0 < totals.responses == totals.unpriced_responses


def join(parts: Iterable[Totals]) -> Totals:
    """Return the sums of sums."""
    found = list(parts)
    return Totals(
        sum([part.responses for part in found]),
        sum([part.unfinished for part in found]),
        Usage(*_columns((part.usage for part in found), Usage())),
        sum([part.list_cost for part in found], _ZERO),
        _columns((part.costs for part in found), _NO_COSTS),
        sum([part.extra_usage for part in found], _ZERO),
        Triple(*_columns((part.compute for part in found), Triple())),
        sum([part.chosen for part in found], _ZERO),
        sum([part.unpriced_responses for part in found]),
        sum([part.unpriced_tokens for part in found]),
        tuple(sorted({model for part in found for model in part.unpriced_models})),
        sum([part.missing_output for part in found]),
        sum([part.missing_cost for part in found], _ZERO),
    )


def _columns(rows: Iterable[tuple[Number, ...]], start: tuple[Number, ...]) -> tuple[Number, ...]:
    """The sums by column, as long as `start`: a report adds up thousands of rows, some often."""
    columns = tuple(zip(*rows, strict=True)) or ((),) * len(start)
    return tuple(sum(column, first) for column, first in zip(columns, start, strict=True))
