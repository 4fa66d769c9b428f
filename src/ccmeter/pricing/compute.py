"""From a response's usage and terms to what it plausibly cost to serve: low, mid and high.

The method counts work, not dollars: tokens x the rate of a proxy x size x factors, never more
than list. A model without a list price has no compute cost either: its size is as unknown as its
price, and a fallback needs a price to take a share of.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from operator import mul
from typing import NamedTuple

from ccmeter.model import SYNTHETIC, Terms, Usage
from ccmeter.pricing.assumptions import scenario_named
from ccmeter.pricing.book import Book, Rates
from ccmeter.pricing.rate import (
    Units,
    billed_model,
    cost_usd,
    entry_for,
    epochs,
    is_fast,
    price_terms,
    rates,
    unit_prices,
)
from ccmeter.pricing.scenario import SCENARIOS, Assumptions, Scenario, Work

_ZERO = Decimal()
_ONE = Decimal(1)
_THOUSAND = Decimal(1000)
_WRITES_AN_HOUR = (Decimal(12), _ONE)  # how often 5 minutes and 1 hour fit into an hour


class Triple(NamedTuple):
    """One amount in USD for each bundled scenario."""

    low: Decimal = _ZERO
    mid: Decimal = _ZERO
    high: Decimal = _ZERO

    def plus(self, other: "Triple") -> "Triple":
        """Return the sums by scenario."""
        return Triple(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: "Triple") -> "Triple":
        """Return the differences by scenario."""
        return Triple(*(a - b for a, b in zip(self, other, strict=True)))


Coster = Callable[[Usage, Terms, str, int], Triple | None]


def total(triples: Iterable[Triple]) -> Triple:
    """Return the sums by scenario."""
    found = Triple()
    for triple in triples:
        found = found.plus(triple)
    return found


def compute_rates(
    assumptions: Assumptions, book: Book, terms: Terms, day: str, prompt_tokens: int, scenario: str
) -> Rates | None:
    """Return the cost to serve a million tokens under the scenario, or None when unpriced.

    Each rate is at most the list rate of this very response: of its day, its speed, its place and
    the length of its prompt. `day` is a UTC day, `prompt_tokens` as in `rate.rates`.

    Raises:
        UsageError: There is no such scenario.
    """
    chosen = scenario_named(assumptions, scenario)
    ceiling = rates(book, terms, day, prompt_tokens)
    if ceiling is None or terms.model == SYNTHETIC:
        return ceiling
    if chosen.ratio is not None:
        return Rates(*(rate * chosen.ratio for rate in ceiling))
    factor = _factor(chosen, book, terms, day, prompt_tokens)
    work = _rates(work_on(assumptions, book, terms, day, chosen), factor, chosen)
    return Rates(*map(min, work, ceiling))


def work_on(
    assumptions: Assumptions, book: Book, terms: Terms, day: str, scenario: Scenario
) -> Work:
    """Return the cost of the work on a million tokens of a priced model, before all factors."""
    name = billed_model(terms, book)
    kind = book.models[name].compute_class
    if kind in scenario.classes:
        return scenario.classes[kind].work
    if kind in assumptions.scaled:
        return _times(scenario.classes[assumptions.scaled[kind].base].work, scenario.sizes[kind])
    price = entry_for(book, name, day)
    return _times(scenario.fallback, price.standard.rates.input if price else _ZERO)


def _times(work: Work, factor: Decimal) -> Work:
    write = work.cache_write
    return Work(
        work.input * factor,
        work.output * factor,
        work.cache_read * factor,
        None if write is None else write * factor,
    )


def _rates(work: Work, factor: Decimal, scenario: Scenario) -> Rates:
    write = (work.input if work.cache_write is None else work.cache_write) * factor
    storage = scenario.factors.cache_storage_usd_per_mtok_hour
    writes = (write + storage / count for count in _WRITES_AN_HOUR)
    return Rates(work.input * factor, work.output * factor, work.cache_read * factor, *writes)


def _factor(scenario: Scenario, book: Book, terms: Terms, day: str, prompt_tokens: int) -> Decimal:
    factors, found = scenario.factors, _ONE
    if is_fast(terms):
        found = _fast_factor(factors.fast, book, terms, day, prompt_tokens)
    if terms.service_tier == "batch":
        found *= factors.batch
    if terms.geo == "us" and book.models[billed_model(terms, book)].us_geo:
        found *= factors.us_geo
    return found


def _fast_factor(
    work: Decimal | None, book: Book, terms: Terms, day: str, prompt_tokens: int
) -> Decimal:
    """Fast mode takes no more work than it is dearer at list, which is not at all on some days."""
    fast = rates(book, terms, day, prompt_tokens)
    standard = rates(book, terms._replace(speed="standard"), day, prompt_tokens)
    dearer = fast.input / standard.input if fast and standard and standard.input else _ONE
    return dearer if work is None else min(work, dearer)


def search_usd(assumptions: Assumptions, book: Book, scenario: str) -> Decimal:
    """Return the cost of one web search under the scenario, at most its list price."""
    chosen, ceiling = scenario_named(assumptions, scenario), book.web_search.value
    if chosen.ratio is not None:
        return ceiling * chosen.ratio
    return min(chosen.factors.web_search_usd_per_1000 / _THOUSAND, ceiling)


def scenario_cost(
    assumptions: Assumptions,
    book: Book,
    usage: Usage,
    terms: Terms,
    day: str,
    prompt_tokens: int,
    scenario: str,
) -> Decimal | None:
    """Return the cost to serve the usage under any scenario, or None when unpriced.

    Linear, as `rate.cost_usd` is: a sum of usages under equal terms may be priced once. Nothing
    used costs nothing, whoever the model is.
    """
    if not any(usage):
        return _ZERO
    found = compute_rates(assumptions, book, terms, day, prompt_tokens, scenario)
    if found is None:
        return None
    return cost_usd(usage, found, search_usd(assumptions, book, scenario))


def compute_cost(
    assumptions: Assumptions, book: Book, usage: Usage, terms: Terms, day: str, prompt_tokens: int
) -> Triple | None:
    """Return the cost to serve the usage in the bundled scenarios, or None when unpriced."""
    return coster(assumptions, book)(usage, terms, day, prompt_tokens)


def coster(assumptions: Assumptions, book: Book) -> Coster:
    """Return `compute_cost` for many slices: rates are looked up once for equal terms."""
    epoch_of = epochs(book)
    known: dict[tuple[object, ...], list[Units] | None] = {}

    def cost(usage: Usage, terms: Terms, day: str, prompt_tokens: int) -> Triple | None:
        if not any(usage):
            return Triple()
        key = (*price_terms(terms), epoch_of(day), prompt_tokens)
        if key not in known:
            known[key] = _all_units(assumptions, book, terms, day, prompt_tokens)
        found = known[key]
        if found is None:
            return None
        low, mid, high = found
        return Triple(
            sum(map(mul, usage, low), _ZERO),
            sum(map(mul, usage, mid), _ZERO),
            sum(map(mul, usage, high), _ZERO),
        )

    return cost


def _all_units(
    assumptions: Assumptions, book: Book, terms: Terms, day: str, prompt_tokens: int
) -> list[Units] | None:
    """Unit prices in the bundled scenarios."""
    found = []
    for name in SCENARIOS:
        each = compute_rates(assumptions, book, terms, day, prompt_tokens, name)
        if each is None:
            return None
        found.append(unit_prices(each, search_usd(assumptions, book, name)))
    return found
