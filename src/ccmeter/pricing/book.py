"""The price book: bundled list prices, with the user's own laid over them."""

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from ccmeter.errors import CcmeterError
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.pricing.price import (
    Book,
    LongContext,
    Model,
    Price,
    Rates,
    Refreshed,
    Rule,
    Tariff,
)
from ccmeter.pricing.tables import RATE_KEYS, Origin, read_day, read_prices

__all__ = [
    "Book",
    "LongContext",
    "Model",
    "Price",
    "Rates",
    "Refreshed",
    "Rule",
    "Tariff",
    "age_days",
    "load_book",
    "without_own",
]

_BUNDLED = os.path.join(os.path.dirname(__file__), "prices.toml")
_OWN = ("your config.toml",)
_THOUSAND = Decimal(1000)


def load_book(
    overrides: Mapping[str, Any] | None = None, refreshed: Refreshed | None = None
) -> Book:
    """Return the bundled prices with `overrides`, the [prices] table of config.toml, over them.

    `refreshed` adds models that are not bundled and changes nothing of those that are: these
    prices were compared with several sources, the fetched ones with none. Commands use `book_of`.

    An override is a block of prices.toml, `[prices."glm-5.1"]`, or a list of such blocks. It
    holds from its day (`from`; all days without it) and hides every bundled price of its model
    from that day on. The five prices are required for Claude models. For others only input and
    output are, and cache tokens without a price of their own cost what input costs, as with
    hosts that do not discount them. Family and US surcharge stay those of the bundled model;
    fast and long-context prices are only those that the override itself holds.

    Raises:
        CcmeterError: An override is wrong; the message names the key and what to write.
    """
    book = _bundled() if refreshed is None else _with_fetched(_bundled(), refreshed)
    if overrides is None:
        return book
    if not isinstance(overrides, Mapping):
        raise CcmeterError(f"config.toml: prices is {overrides!r}: write [prices.MODEL] tables")
    return book._replace(models={**book.models, **_own_models(book, overrides)})


def without_own(book: Book) -> Book:
    """Return the book as it is without the user's own prices."""
    return load_book(None, book.refreshed)


def _with_fetched(book: Book, refreshed: Refreshed) -> Book:
    new = {name: model for name, model in refreshed.models.items() if name not in book.models}
    return book._replace(models={**book.models, **new}, refreshed=refreshed)


def age_days(book: Book, today: date | str) -> int:
    """Return the days since a bundled price was last compared with its sources."""
    return (date.fromisoformat(str(today)) - date.fromisoformat(book.checked)).days


@cache
def _bundled() -> Book:
    with open(_BUNDLED, encoding="utf-8") as file:
        raw = tomllib.loads(file.read(), parse_float=Decimal)
    texts = raw["sources"]
    blocks = raw["prices"]
    models = {id: _model(id, about, blocks[id], texts) for id, about in raw["models"].items()}
    rules = {name: _rule(rule, texts) for name, rule in raw["rules"].items()}
    checked = {str(about["checked"]) for about in raw["models"].values()}
    return Book(models, checked=max(checked), refreshed=None, **rules)


def _model(id: str, about: Mapping[str, Any], blocks: object, texts: Mapping[str, str]) -> Model:
    checked = about["checked"].isoformat()
    origin = Origin(tuple(texts[key] for key in about["sources"]), checked, RATE_KEYS)
    retires = about.get("retires")
    return Model(
        id=id,
        family=about["class"],
        compute_class=about.get("compute_class", about["class"]),
        us_geo=about.get("us_geo", False),
        prices=read_prices(blocks, f"prices.toml: {id}", origin),
        retires=None if retires is None else read_day(retires, f"prices.toml: {id}.retires"),
        confidence=about.get("confidence"),
    )


def _rule(raw: Mapping[str, Any], texts: Mapping[str, str]) -> Rule:
    value = raw["usd_per_1000"] / _THOUSAND if "usd_per_1000" in raw else raw["multiplier"]
    return Rule(value, tuple(texts[key] for key in raw["sources"]), raw["checked"].isoformat())


def _own_models(book: Book, overrides: Mapping[str, Any]) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for written, raw in overrides.items():
        name, place = canonical(written), f'config.toml: prices."{written}"'
        if name in found:
            raise CcmeterError(f"{place} is a second price of {name}: put both into one list")
        required = RATE_KEYS if is_claude(name) else RATE_KEYS[:2]
        own = read_prices(raw, place, Origin(_OWN, None, required))
        found[name] = _overlaid(book.models.get(name), name, own)
    return found


def _overlaid(bundled: Model | None, name: str, own: tuple[Price, ...]) -> Model:
    if bundled is None:
        return Model(name, "other", "ratio", us_geo=False, prices=own)
    kept = tuple(price for price in bundled.prices if price.start < own[0].start)
    return bundled._replace(prices=kept + own)
