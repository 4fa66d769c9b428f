"""The collected price facts, field by field, where the folder with them is at hand."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.model import SYNTHETIC
from ccmeter.pricing.book import Rates, load_book
from ccmeter.pricing.names import canonical

FACTS = Path(__file__).parents[3] / "shared" / "data" / "prices.json"
if not FACTS.is_file():
    pytest.skip("the shared facts are not here", allow_module_level=True)

DATA = json.loads(FACTS.read_text(encoding="utf-8"), parse_float=Decimal)
BOOK = load_book()
MODELS = [pytest.param(model, id=model["id"]) for model in DATA["models"]]


def five(raw):
    return Rates(*(Decimal(raw[field]) for field in Rates._fields))


def tier(raw):
    return raw and (raw["threshold_tokens"], five(raw))


def multiplied(raw, input):
    """The facts give input and output of fast long context, and the multipliers of the rest."""
    factors = DATA["surcharges"]["cache_multipliers"]
    cache = {
        "cache_read": factors["read_default"] * input,
        "cache_write_5m": factors["write_5m"] * input,
        "cache_write_1h": factors["write_1h"] * input,
    }
    return raw and {**cache, **raw}


def test_the_models_are_the_same():
    assert [model["id"] for model in DATA["models"]] == list(BOOK.models)


@pytest.mark.parametrize("raw", MODELS)
def test_a_model_is_described_the_same(raw):
    model = BOOK.models[raw["id"]]
    assert model.family == raw["class"]
    assert model.compute_class == raw.get("compute_class", raw["class"])
    assert model.retires == raw.get("retired", raw.get("retires"))
    assert model.confidence == raw.get("confidence")
    assert len(model.prices[0].sources) == len(raw["sources"])
    assert {canonical(alias) for alias in raw["aliases"]} <= {raw["id"]}


@pytest.mark.parametrize("raw", MODELS)
def test_a_model_has_the_same_prices_on_the_same_days(raw):
    prices = BOOK.models[raw["id"]].prices
    assert [price.start for price in prices] == [block["from"] for block in raw["rates"]]
    for price, block in zip(prices, raw["rates"], strict=True):
        assert price.standard.rates == five(block)
        assert price.standard.long_context == tier(block["long_context"])
        assert (price.fast is None) is (block["fast"] is None)
        if price.fast:
            fast = block["fast"]
            assert price.fast.rates == five(fast)
            assert price.fast.removed == fast.get("removed")
            long = multiplied(fast.get("long_context"), fast.get("long_context", fast)["input"])
            assert price.fast.long_context == tier(long)


def test_the_surcharges_are_the_same():
    rules = DATA["surcharges"]
    assert BOOK.batch.value == rules["batch_multiplier"]
    assert BOOK.us_geo.value == rules["inference_geo"]["us"]["multiplier"]
    assert BOOK.web_search.value * 1000 == rules["web_search_per_1000"]
    assert DATA["normalise"]["zero_cost_ids"] == [SYNTHETIC]
    assert BOOK.checked == DATA["as_of"]
