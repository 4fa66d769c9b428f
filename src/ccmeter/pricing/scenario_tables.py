"""From a scenario's table to a scenario: the bundled ones and the user's, by one reader."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ccmeter.errors import CcmeterError
from ccmeter.pricing.fields import number, only, suggestion, table
from ccmeter.pricing.scenario import Basis, Factors, Proxy, Scenario, Work

CLASSES = ("opus", "sonnet", "haiku")
KEYS = ("ratio", *CLASSES, "fallback", "sizes", "factors")
SCALED = ("fable", "opus-legacy")
_ZERO = Decimal()
BLANK = Scenario("", {}, {}, Work(_ZERO, _ZERO, _ZERO), Factors(*[_ZERO] * len(Factors._fields)))

_RATES = tuple(f"{field}_mtok" for field in Work._fields)
_HIGHEST_RATE = 1_000_000
_HIGHEST_FACTOR = 1_000
_SIZES = (SCALED, "a multiple of its base class")
_SHARES = (Work._fields, "a share of the base input price")
_UNITS = {
    "cache_storage_usd_per_mtok_hour": "USD per million tokens and hour",
    "web_search_usd_per_1000": "USD per 1,000 searches",
}


def changed(
    old: Scenario, raw: Mapping[str, Any], place: str, proxies: Mapping[str, Proxy]
) -> Scenario:
    """Return the scenario with everything that the table says in place of the old."""
    if "ratio" in raw:
        if len(raw) > 1:
            raise CcmeterError(
                f"{place}.ratio replaces all other assumptions: remove it, or the rest of {place}"
            )
        share = "the share of list price that serving costs"
        return old._replace(ratio=number(raw["ratio"], f"{place}.ratio", share, 1))
    if not raw:
        return old
    own_bases = {
        name: _basis(old.classes, name, raw[name], f"{place}.{name}", proxies)
        for name in CLASSES
        if name in raw
    }
    return old._replace(
        classes={**old.classes, **own_bases},
        sizes={**old.sizes, **_multiples(raw.get("sizes", {}), f"{place}.sizes", *_SIZES)},
        fallback=old.fallback._replace(
            **_multiples(raw.get("fallback", {}), f"{place}.fallback", *_SHARES)
        ),
        factors=_factors(old.factors, raw.get("factors", {}), f"{place}.factors"),
        ratio=None,
    )


def _basis(
    known: Mapping[str, Basis], name: str, raw: object, place: str, proxies: Mapping[str, Proxy]
) -> Basis:
    if isinstance(raw, str):
        if raw not in proxies:
            raise CcmeterError(f"{place}: there is no proxy {raw!r}: {suggestion(raw, proxies)}")
        return _of_proxy(proxies[raw])
    rates = table(raw, place)
    only(rates, place, _RATES)
    own = {
        key.removesuffix("_mtok"): number(
            value, f"{place}.{key}", "USD per million tokens", _HIGHEST_RATE
        )
        for key, value in rates.items()
    }
    old = known[name]
    return old._replace(work=old.work._replace(**own), own=tuple(sorted({*old.own, *own})))


def _of_proxy(proxy: Proxy) -> Basis:
    """A host that has no price for cache reads bills them as input."""
    prices = (proxy.cache_read, proxy.assumed_cache_read, proxy.input)
    read = next(price for price in prices if price is not None)
    return Basis(Work(proxy.input, proxy.output, read), proxy)


def _multiples(raw: object, place: str, keys: tuple[str, ...], what: str) -> dict[str, Decimal]:
    multiples = table(raw, place)
    only(multiples, place, keys)
    return {
        key: number(value, f"{place}.{key}", what, _HIGHEST_FACTOR)
        for key, value in multiples.items()
    }


def _factors(old: Factors, raw: object, place: str) -> Factors:
    factors = table(raw, place)
    only(factors, place, Factors._fields)
    own: dict[str, Any] = {
        key: _factor(key, value, f"{place}.{key}") for key, value in factors.items()
    }
    return old._replace(**own)


def _factor(key: str, value: object, place: str) -> Decimal | None:
    if key == "fast" and value == "list":
        return None
    unit = _UNITS.get(key, 'a factor or "list"' if key == "fast" else "a factor")
    return number(value, place, unit, _HIGHEST_FACTOR)
