"""List prices and what they lack, for programs. Rates are USD per million tokens."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from ccmeter.pricing.book import Book, Price, Rates, Tariff
from ccmeter.pricing.tables import ALWAYS, RATE_KEYS
from ccmeter.render.numbers import SCHEMA, dump
from ccmeter.reports.price_list import Listed, PriceCheck, Unpriced, is_own
from ccmeter.reports.price_refresh import Difference


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
            **_refreshed(check),
        }
    )


def _refreshed(check: PriceCheck) -> dict[str, Any]:
    """What a refresh left, if there was one."""
    if check.refreshed is None:
        return {}
    if check.ignored:
        return {"refreshed": {"problem": check.ignored}}
    return {
        "refreshed": {
            "fetched": check.refreshed.day,
            "age_days": check.refreshed_age_days,
            "models": [_model(listed) for listed in check.fetched],
            "differing": [difference_json(each) for each in check.differing],
        }
    }


def difference_json(found: Difference) -> dict[str, Any]:
    """Return the two prices of a model that are not the same."""
    return {
        "model": found.model,
        "which": found.which,
        "bundled": None if found.bundled is None else rates_json(found.bundled),
        "source": None if found.source is None else rates_json(found.source),
    }


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
        **({"fetched": listed.fetched} if listed.fetched else {}),
        "prices": [price_json(price) for price in listed.prices],
    }


def price_json(price: Price) -> dict[str, Any]:
    """Return a price with its day and where it comes from."""
    return {
        "from": None if price.start == ALWAYS else price.start,  # null: from the beginning
        **_tariff(price.standard),
        **({"fast": _tariff(price.fast)} if price.fast else {}),
        "own": is_own(price),
        "fetched": price.fetched,
        "sources": list(price.sources),
        **({"checked": price.checked} if price.checked else {}),
        **({"note": price.note} if price.note else {}),
    }


def _tariff(tariff: Tariff) -> dict[str, Any]:
    long = tariff.long_context
    over = {"threshold_tokens": long.threshold_tokens, **rates_json(long.rates)} if long else {}
    return {
        **rates_json(tariff.rates),
        **({"long_context": over} if over else {}),
        **({"removed": tariff.removed} if tariff.removed else {}),
    }


def rates_json(rates: Rates) -> dict[str, float]:
    """Return the five prices."""
    return dict(zip(RATE_KEYS, map(float, rates), strict=True))
