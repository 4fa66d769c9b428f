"""The bundled price file keeps its own rules."""

import tomllib
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

import ccmeter.pricing
from ccmeter.pricing.book import age_days, load_book

RAW = tomllib.loads(
    (Path(ccmeter.pricing.__file__).parent / "prices.toml").read_text(encoding="utf-8")
)
BOOK = load_book()
ENTRIES = [
    pytest.param(model, price, id=f"{model.id} {price.start}")
    for model in BOOK.models.values()
    for price in model.prices
]

READ_FACTOR = {  # of input, where it is not a tenth
    ("claude-3-haiku", "2024-03-13"): Decimal("0.12"),  # rounded up in the price list
    ("claude-fable-5-1", "2026-09-01"): Decimal("0.025"),
    ("claude-mythos-5-1", "2026-09-01"): Decimal("0.025"),
    ("claude-fable-5-2", "2026-11-09"): Decimal("0.025"),
    ("claude-mythos-5-2", "2026-11-09"): Decimal("0.025"),
    ("claude-opus-5-5", "2026-09-22"): Decimal("0.05"),
    ("claude-sonnet-5-5", "2026-10-07"): Decimal("0.05"),
}
WRITE_FACTORS = {"claude-3-haiku": (Decimal("1.2"), 2)}  # 5m rounded down


def all_rates(price):
    for tariff in (price.standard, price.fast):
        if tariff:
            yield tariff.rates
            if tariff.long_context:
                yield tariff.long_context.rates


@pytest.mark.parametrize("model", BOOK.models)
def test_the_prices_of_a_model_stand_in_the_order_of_their_days(model):
    days = [block["from"] for block in RAW["prices"][model]]
    assert all(older < newer for older, newer in pairwise(days))


@pytest.mark.parametrize(("model", "price"), ENTRIES)
def test_no_price_starts_after_the_day_on_which_it_was_checked(model, price):
    assert price.start <= price.checked <= BOOK.checked


@pytest.mark.parametrize(("model", "price"), ENTRIES)
def test_cache_prices_are_the_documented_multiples_of_input(model, price):
    read = READ_FACTOR.get((model.id, price.start), Decimal("0.1"))
    writes = WRITE_FACTORS.get(model.id, (Decimal("1.25"), 2))
    for found in all_rates(price):
        assert found.cache_read == read * found.input
        assert (found.cache_write_5m, found.cache_write_1h) == tuple(
            factor * found.input for factor in writes
        )


@pytest.mark.parametrize(("model", "price"), ENTRIES)
def test_every_price_has_a_source(model, price):
    assert price.sources
    assert all(isinstance(source, str) and source for source in price.sources)


@pytest.mark.parametrize(("model", "price"), ENTRIES)
def test_fast_and_long_context_cost_more_than_the_standard_price(model, price):
    for tariff in filter(None, (price.standard, price.fast)):
        pairs = zip(tariff.rates, price.standard.rates, strict=True)
        assert all(rate >= base for rate, base in pairs)
        if tariff.long_context:
            pairs = zip(tariff.long_context.rates, tariff.rates, strict=True)
            assert all(long > short for long, short in pairs)


def test_every_source_is_used_and_every_model_has_prices():
    used = {key for about in RAW["models"].values() for key in about["sources"]}
    used |= {key for rule in RAW["rules"].values() for key in rule["sources"]}
    assert used == set(RAW["sources"])
    assert list(RAW["models"]) == list(RAW["prices"])


def test_two_neighbouring_prices_of_a_model_differ():
    for model in BOOK.models.values():
        for older, newer in pairwise(model.prices):
            assert (older.standard, older.fast) != (newer.standard, newer.fast)


def test_us_only_inference_costs_more_from_opus_4_6_on():
    first = date(2026, 2, 5)
    for id, model in BOOK.models.items():
        assert model.us_geo is (date.fromisoformat(model.prices[0].start) >= first), id


def test_the_general_rules():
    assert (BOOK.batch.value, BOOK.us_geo.value) == (Decimal("0.5"), Decimal("1.1"))
    assert BOOK.web_search.value == Decimal("0.01")


def test_families_are_those_that_reports_know():
    assert {model.family for model in BOOK.models.values()} == {
        "opus",
        "sonnet",
        "haiku",
        "other",
    }


@pytest.mark.parametrize("today", [date(2027, 1, 8), "2027-01-08"])
def test_the_age_of_the_book_counts_from_its_newest_check(today):
    assert BOOK.checked == "2026-11-24"
    assert age_days(BOOK, today) == 45


def test_a_users_own_price_does_not_make_the_book_younger():
    own = load_book({"glm-5.1": {"from": date(2027, 1, 1), "input_mtok": 1, "output_mtok": 2}})
    assert age_days(own, "2027-01-08") == 45


def test_the_bundled_book_is_read_once():
    assert load_book() is load_book()
