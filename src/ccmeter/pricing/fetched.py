"""A fetched model: what makes its prices believable enough to be counted with. Pure."""

import re
from collections.abc import Iterator
from decimal import Decimal

from ccmeter.errors import CcmeterError
from ccmeter.pricing.names import canonical
from ccmeter.pricing.price import Model, Price, Rates
from ccmeter.pricing.tables import RATE_KEYS, Origin, read_prices

SOURCE = "genai-prices (github.com/pydantic/genai-prices)"

_ORIGIN = Origin((SOURCE,), None, RATE_KEYS)
_NAME = re.compile(r"claude-[a-z0-9-]{1,80}")
_FAMILIES = ("opus", "sonnet", "haiku")
_LOWEST, _HIGHEST = Decimal("0.0001"), Decimal(1000)  # USD per million tokens: no other unit
_DIGITS = 20


def fetched_model(name: str, prices: object, place: str, day: str) -> Model:
    """Return a model from price tables as in prices.toml that were fetched on the UTC day.

    The source tells neither the family, which is read off the name, nor what inference in the US
    only costs: that has been dearer by the same factor for every model since Opus 4.6. Serving it
    costs a share of list price, as with every model of unknown size.

    Raises:
        CcmeterError: It is no Claude model, a price lacks, cannot be, or holds from a later day.
    """
    if not _NAME.fullmatch(name) or canonical(name) != name:
        raise CcmeterError(f"{place} is no name of a Claude model")
    found = tuple(p._replace(fetched=True) for p in read_prices(prices, place, _ORIGIN))
    for price in found:
        if price.start > day:
            raise CcmeterError(f"{place} holds from {price.start}, which is only announced")
        for which, rates in tariffs(price):
            _check(rates, f"{place} ({which})")
    family = next((each for each in _FAMILIES if each in name.split("-")), "other")
    return Model(name, family, "ratio", us_geo=True, prices=found)


def tariffs(price: Price) -> Iterator[tuple[str, Rates]]:
    """Return all rates of a price by what they are for: standard, fast, over 200k."""
    for prefix, tariff in (("standard", price.standard), ("fast", price.fast)):
        if tariff:
            yield prefix, tariff.rates
            long = tariff.long_context
            if long:
                over = f"over {long.threshold_tokens / 1000:g}k"
                yield over if prefix == "standard" else f"{prefix}, {over}", long.rates


def _check(rates: Rates, place: str) -> None:
    for key, rate in zip(RATE_KEYS, rates, strict=True):
        digits = len(rate.as_tuple().digits)
        if not _LOWEST <= rate <= _HIGHEST or digits > _DIGITS:
            raise CcmeterError(
                f"{place}: {key} is {str(rate)[:_DIGITS]}, which no Claude model costs"
            )
    read, base = rates.cache_read, rates.input
    if not read <= base <= rates.cache_write_5m <= rates.cache_write_1h:
        raise CcmeterError(
            f"{place}: no Claude model's prices of cache reads, input, 5-minute and 1-hour writes"
            f" fall like {', '.join(map(str, (read, base, *rates[3:])))}"
        )
    if base > rates.output:
        raise CcmeterError(f"{place}: input for {base} is dearer than output for {rates.output}")
