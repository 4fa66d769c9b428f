"""From a response's usage and terms to its list cost. Pure arithmetic on the price book."""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import Book, Price, Rates, load_book
from ccmeter.pricing.names import SYNTHETIC, canonical, is_claude, named_fast

EARLY_DAYS = 31  # before a model's first price: early access, a clock that is off

_MTOK = Decimal(1_000_000)
_ONE = Decimal(1)
_FREE = Rates(*(Decimal() for _ in Rates._fields))


def rates(book: Book, terms: Terms, day: str, prompt_tokens: int) -> Rates | None:
    """Return what a response cost per million tokens on a UTC day, or None when unpriced.

    `prompt_tokens` are those of this one response; a long-context price holds for the whole
    request and starts one token above its threshold. Fast, US-only and batch prices are
    included. Priority service costs the same.

    A fast response on a day without a fast price has the standard price, also where the model
    had a fast price earlier or later: a price of another day is never lent.
    """
    if terms.model == SYNTHETIC:
        return _FREE
    name = billed_model(terms, book)
    price = entry_for(book, name, day)
    if price is None:
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
    tokens = (count * rate / _MTOK for count, rate in zip(usage, rates, strict=False))
    return (*tokens, usage.web_searches * web_search_usd)


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
    return (date.fromisoformat(start) - timedelta(days=EARLY_DAYS)).isoformat()


def _multiplier(book: Book, name: str, terms: Terms) -> Decimal:
    factor = book.batch.value if terms.service_tier == "batch" else _ONE
    if terms.geo == "us" and book.models[name].us_geo:
        factor *= book.us_geo.value
    return factor
