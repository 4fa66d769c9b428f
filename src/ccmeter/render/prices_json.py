"""List prices and what they lack, for programs. Rates are USD per million tokens."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from ccmeter.pricing.book import Book, Price, Rates, Tariff
from ccmeter.pricing.tables import ALWAYS, RATE_KEYS
from ccmeter.render.numbers import SCHEMA, dump
from ccmeter.reports.price_list import Listed, PriceCheck, Unpriced, is_own


def list_json(book: Book, found: Sequence[Listed], day: date) -> str:
    """Return the models and their prices as one JSON document."""
    return dump(
        {
            "schema": SCHEMA,
            "date": day.isoformat(),
            "checked": book.checked,
            "models": [_model(listed) for listed in found],
            "rules": {
                "batch_multiplier": float(book.batch.value),
                "us_geo_multiplier": float(book.us_geo.value),
                "web_search_usd": float(book.web_search.value),
            },
        }
    )


def check_json(check: PriceCheck) -> str:
    """Return what a check found as one JSON document."""
    return dump(
        {
            "schema": SCHEMA,
            "checked": check.checked,
            "age_days": check.age_days,
            "old": check.old,
            "unpriced": [unpriced(model) for model in check.unpriced],
            "overrides": [_model(listed) for listed in check.own],
        }
    )


def unpriced(found: Unpriced) -> dict[str, Any]:
    """Return a model without a price."""
    return {
        "model": found.model,
        "responses": found.responses,
        "tokens": found.tokens,
        "last_seen": found.last_day,
    }


def _model(listed: Listed) -> dict[str, Any]:
    model = listed.model
    told = {"retires": model.retires, "confidence": model.confidence}
    return {
        "model": model.id,
        "family": model.family,
        "us_geo": model.us_geo,
        **{key: value for key, value in told.items() if value is not None},
        "prices": [_price(price) for price in listed.prices],
    }


def _price(price: Price) -> dict[str, Any]:
    return {
        "from": None if price.start == ALWAYS else price.start,  # null: from the beginning
        **_tariff(price.standard),
        **({"fast": _tariff(price.fast)} if price.fast else {}),
        "own": is_own(price),
        "sources": list(price.sources),
        **({"checked": price.checked} if price.checked else {}),
        **({"note": price.note} if price.note else {}),
    }


def _tariff(tariff: Tariff) -> dict[str, Any]:
    long = tariff.long_context
    over = {"threshold_tokens": long.threshold_tokens, **_rates(long.rates)} if long else {}
    return {
        **_rates(tariff.rates),
        **({"long_context": over} if over else {}),
        **({"removed": tariff.removed} if tariff.removed else {}),
    }


def _rates(rates: Rates) -> dict[str, float]:
    return dict(zip(RATE_KEYS, map(float, rates), strict=True))
