"""The published list as genai-prices itself reads it: every model, any day and usage, fast or not.

Its package holds the same list as Python objects. They are written as the list is, read by
ccmeter, and random calls are priced by both.
"""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import load_book
from ccmeter.pricing.published import read_published
from ccmeter.pricing.rate import list_cost
from ccmeter.pricing.refreshed import renewed
from ccmeter.reports.price_refresh import differences

DAY = date(2026, 11, 24)
NO_CACHE_PRICES = {"claude-2", "claude-v1"}


def plain(value):
    """The object as the list has it."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return plain(vars(value)) if hasattr(value, "__dict__") else value


@pytest.fixture(scope="module")
def published():
    from genai_prices.data import providers

    (anthropic,) = (each for each in providers if each.id == "anthropic")
    listed = [{"id": "anthropic", "models": plain(anthropic.models)}]
    return read_published(json.dumps(listed).encode(), DAY.isoformat())


@pytest.fixture(scope="module")
def names(published):
    return sorted(published.models)


def test_every_model_with_cache_prices_is_read(published):
    assert {left.model for left in published.left} == NO_CACHE_PRICES
    assert len(published.models) >= 25


def test_only_the_one_known_mistake_differs_from_the_bundled_prices(published):
    kept = renewed(None, published.models, DAY.isoformat())
    found = differences(kept, DAY.isoformat())

    # its long prompts fail since 2026-04-30, so the bundled table has no price of them any more
    assert [(each.model, each.which) for each in found] == [("claude-sonnet-4-5", "over 200k")]
    assert found[0].bundled is None


@settings(max_examples=500)
@given(st.data())
def test_a_random_call_costs_what_genai_prices_says(published, names, data):
    from genai_prices import Usage as Their
    from genai_prices import calc_price

    name = data.draw(st.sampled_from(names))
    starts = [each.start for each in published.models[name].prices if each.start > "2000"]
    near = [date.fromisoformat(s) + timedelta(days=n) for s in starts for n in (-1, 0)]
    days = st.dates(date(2025, 1, 1), DAY) | (st.sampled_from(near) if near else st.just(DAY))
    day = data.draw(days)
    counts = st.integers(0, 150_000) | st.sampled_from([100_000, 100_001, 200_000, 200_001])
    usage = Usage(*(data.draw(counts) for _ in range(5)))
    fast = data.draw(st.booleans())
    book = load_book()._replace(models=published.models)
    terms = Terms(name, speed="fast" if fast else "standard")
    mine = list_cost(book, usage, terms, day.isoformat(), usage.prompt_tokens)
    assume(not fast or mine is not None)  # unpriced here where they take the standard price
    theirs = calc_price(
        Their(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
            cache_write_5m_tokens=usage.cache_write_5m_tokens,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
        ),
        name,
        provider_id="anthropic",
        genai_request_timestamp=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        price_context={"speed": "fast"} if fast else None,
    )
    assert mine == theirs.total_price
