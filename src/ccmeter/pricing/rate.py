"""From a response's usage and terms to its list cost. Pure arithmetic on the price book."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import mul

from ccmeter.model import SYNTHETIC, Terms, Usage
from ccmeter.pricing.book import Book, Price, Rates, load_book
from ccmeter.pricing.names import canonical, is_claude, named_fast

EARLY_DAYS = 31  # before a model's first price: early access, a clock that is off

_PER_TOKEN = Decimal("0.000001")  # of a price per million
_ONE = Decimal(1)
_FREE = Rates(*(Decimal() for _ in Rates._fields))


def rates(book: Book, terms: Terms, day: str, prompt_tokens: int) -> Rates | None:
    """Return what a response cost per million tokens on a UTC day, or None when unpriced.

    `prompt_tokens` are those of this one response; a long-context price holds for the whole
    request and starts one token above its threshold. Fast, US-only and batch prices are
    included. Priority service costs the same.

    A fast response on a day without a fast price has the standard price, also where the model
    had a fast price earlier or later: a price of another day is never lent. Of a fetched model
    it is unpriced: their source may leave out fast prices.
    """
    if terms.model == SYNTHETIC:
        return _FREE
    name = billed_model(terms, book)
    price = entry_for(book, name, day)
    if price is None or (price.fetched and not price.fast and is_fast(terms)):
        return None
    tariff = price.fast if price.fast and is_fast(terms) else price.standard
    long = tariff.long_context
    over = long is not None and prompt_tokens > long.threshold_tokens
    chosen = long.rates if long and over else tariff.rates
    factor = _multiplier(book, name, terms)
    return chosen if factor == _ONE else Rates(*(rate * factor for rate in chosen))


def cost_usd(usage: Usage, rates: Rates, web_search_usd: Decimal) -> Decimal:
    """Return the exact cost of the usage in USD.

    Linear, so a sum of usages may be priced once, if all of them have these rates. Searches
    have one price (`book.web_search.value`), which no multiplier touches.
    """
    return sum(class_costs(usage, rates, web_search_usd), Decimal())


def class_costs(usage: Usage, rates: Rates, web_search_usd: Decimal) -> tuple[Decimal, ...]:
    """Return the exact cost in USD of each field of the usage, in its order."""
    return tuple(map(mul, usage, unit_prices(rates, web_search_usd)))


def unit_prices(rates: Rates, web_search_usd: Decimal) -> tuple[Decimal, ...]:
    """Return the price in USD of one of each field of a usage, in its order."""
    return (*(rate * _PER_TOKEN for rate in rates), web_search_usd)


Units = tuple[Decimal, ...]
UnitsOf = Callable[[Terms, str, int], Units | None]


def units_of(book: Book) -> UnitsOf:
    """Return a function of terms, UTC day and prompt tokens to unit prices, None when unpriced.

    It is `rates` for many sums of usage: what has one price is looked up once.
    """
    known: dict[tuple[object, ...], Units | None] = {}
    search, epoch_of = book.web_search.value, epochs(book)

    def units(terms: Terms, day: str, prompt_tokens: int) -> Units | None:
        key = (*price_terms(terms), epoch_of(day), prompt_tokens)
        if key not in known:
            found = rates(book, terms, day, prompt_tokens)
            known[key] = None if found is None else unit_prices(found, search)
        return known[key]

    return units


def price_terms(terms: Terms) -> tuple[object, ...]:
    """Return the part of the terms that a price can depend on."""
    return (terms.model, terms.requested_model, terms.speed, terms.geo, terms.service_tier)


def epochs(book: Book) -> Callable[[str], int]:
    """Return a function that numbers UTC days: days of one number have the same prices."""
    prices = [price for model in book.models.values() for price in model.prices]
    starts = {price.start for price in prices}
    changes = sorted(starts | {_early(start) for start in starts})
    return lambda day: bisect_right(changes, day)


def list_cost(
    book: Book, usage: Usage, terms: Terms, day: str, prompt_tokens: int
) -> Decimal | None:
    """Return the list cost in USD of usage under the same terms, or None when unpriced."""
    found = rates(book, terms, day, prompt_tokens)
    return None if found is None else cost_usd(usage, found, book.web_search.value)


def billed_model(terms: Terms, book: Book | None = None) -> str:
    """Return the canonical id of the model whose price applies.

    The answering model, except when the request named another one and both are Claude models
    with a price: then the requested one, as in the client's own meter. A gateway that answers
    with a model of its own is thus never priced as the Claude model it stands in for.
    """
    answered = canonical(terms.model)
    if terms.requested_model is None:
        return answered
    asked = canonical(terms.requested_model)
    if asked == answered or not (is_claude(asked) and is_claude(answered)):
        return answered
    models = (book or load_book()).models
    return asked if asked in models and answered in models else answered


def is_fast(terms: Terms) -> bool:
    """Whether the response was served in fast mode; a name such as opus-4-6-fast tells it too.

    The speed of the usage decides wherever the line has one.
    """
    return terms.speed == "fast" or (terms.speed is None and named_fast(terms.model))


def thresholds(book: Book) -> tuple[int, ...]:
    """Return the long-context thresholds of all prices in ascending order.

    Responses between two neighbours (lower < prompt_tokens <= upper) have the same rates if
    their terms and day are equal.
    """
    prices = [price for model in book.models.values() for price in model.prices]
    tariffs = [tariff for price in prices for tariff in (price.standard, price.fast) if tariff]
    found = {tariff.long_context.threshold_tokens for tariff in tariffs if tariff.long_context}
    return tuple(sorted(found))


def entry_for(book: Book, model: str, day: str) -> Price | None:
    """Return the price of a model, in any written form, that holds on a UTC day, or None.

    A model is seen before its first price only in early access or by a clock that is off, so the
    first price is lent to the 31 days before it; earlier than that the price is unknown.
    """
    found = book.models.get(canonical(model))
    if found is None:
        return None
    for price in reversed(found.prices):
        if price.start <= day:
            return price
    first = found.prices[0]
    return first if day >= _early(first.start) else None


@lru_cache(maxsize=256)
def _early(start: str) -> str:
    first = date.fromisoformat(start)
    return (first - min(timedelta(days=EARLY_DAYS), first - date.min)).isoformat()


def _multiplier(book: Book, name: str, terms: Terms) -> Decimal:
    factor = book.batch.value if terms.service_tier == "batch" else _ONE
    if terms.geo == "us" and book.models[name].us_geo:
        factor *= book.us_geo.value
    return factor
