"""Why a model costs what it costs to serve: the rates of each scenario with their origin."""

from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Terms
from ccmeter.pricing.assumptions import scenario_named
from ccmeter.pricing.book import Book, Price, Rates
from ccmeter.pricing.compute import compute_rates
from ccmeter.pricing.rate import billed_model, entry_for, rates
from ccmeter.pricing.scenario import Assumptions, Basis, Proxy


class Serving(NamedTuple):
    """The cost to serve a million tokens under one scenario, and what it rests on."""

    scenario: str
    rates: Rates
    ratios: tuple[Decimal | None, ...]  # rates / list, in order; None where the list rate is 0
    at_ceiling: tuple[str, ...]  # fields of the rates that list price caps
    method: str  # proxy, scaled, fallback, ratio
    proxy: Proxy | None  # of the methods proxy and scaled
    size: Decimal  # times the proxy; 1 unless scaled
    own: tuple[str, ...]  # rates that the user set instead of the proxy's


class Explanation(NamedTuple):
    """One model on one day: list rates, and the rates of every scenario."""

    model: str  # canonical id of the model whose price applies
    compute_class: str
    base_class: str | None  # of a scaled class
    list: Rates
    price: Price  # the entry that the list rates are of
    servings: tuple[Serving, ...]  # low, mid, high, then the user's own


def explain(
    assumptions: Assumptions, book: Book, terms: Terms, day: str, prompt_tokens: int = 0
) -> Explanation | None:
    """Return where the compute cost of such a response comes from, or None when unpriced."""
    ceiling = rates(book, terms, day, prompt_tokens)
    name = billed_model(terms, book)
    price = entry_for(book, name, day)
    if ceiling is None or price is None:
        return None
    kind = book.models[name].compute_class
    scaled = assumptions.scaled.get(kind)
    found = (
        (each, compute_rates(assumptions, book, terms, day, prompt_tokens, each))
        for each in assumptions.scenarios
    )
    return Explanation(
        name,
        kind,
        scaled.base if scaled else None,
        ceiling,
        price,
        tuple(_serving(assumptions, kind, each, own, ceiling) for each, own in found if own),
    )


def _serving(
    assumptions: Assumptions, kind: str, name: str, found: Rates, ceiling: Rates
) -> Serving:
    method, basis, size = _origin(assumptions, kind, name)
    pairs = list(zip(Rates._fields, found, ceiling, strict=True))
    return Serving(
        scenario=name,
        rates=found,
        ratios=tuple(rate / top if top else None for _, rate, top in pairs),
        at_ceiling=tuple(field for field, rate, top in pairs if rate == top),
        method=method,
        proxy=basis.proxy if basis else None,
        size=size,
        own=basis.own if basis else (),
    )


def _origin(assumptions: Assumptions, kind: str, name: str) -> tuple[str, Basis | None, Decimal]:
    scenario = scenario_named(assumptions, name)
    if scenario.ratio is not None:
        return "ratio", None, Decimal(1)
    if kind in scenario.classes:
        return "proxy", scenario.classes[kind], Decimal(1)
    if kind in assumptions.scaled:
        return "scaled", scenario.classes[assumptions.scaled[kind].base], scenario.sizes[kind]
    return "fallback", None, Decimal(1)
