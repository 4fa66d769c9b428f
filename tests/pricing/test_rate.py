from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import Rates, load_book
from ccmeter.pricing.rate import (
    billed_model,
    cost_usd,
    entry_for,
    is_fast,
    list_cost,
    rates,
    thresholds,
)

CENT = Decimal("0.01")
usages = st.builds(Usage, *[st.integers(0, 10**10)] * 6)
prices = st.builds(Rates, *[st.decimals(0, 1000, places=5)] * 5)


def plus(a: Usage, b: Usage) -> Usage:
    return Usage(*(x + y for x, y in zip(a, b, strict=True)))


@given(usages, usages, prices)
def test_two_halves_cost_what_the_whole_costs(a, b, found):
    halves = cost_usd(a, found, CENT) + cost_usd(b, found, CENT)
    assert halves == cost_usd(plus(a, b), found, CENT)


@given(usages, st.integers(0, 1000), prices)
def test_n_times_the_usage_costs_n_times_as_much(usage, n, found):
    times = Usage(*(count * n for count in usage))
    assert cost_usd(times, found, CENT) == n * cost_usd(usage, found, CENT)


@given(usages, usages, prices)
def test_more_of_anything_never_costs_less(usage, more, found):
    assert cost_usd(plus(usage, more), found, CENT) >= cost_usd(usage, found, CENT)


@given(st.sampled_from(sorted(load_book().models)), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_longer_prompt_never_has_lower_rates(model, a, b):
    shorter, longer = sorted((a, b))
    book, terms = load_book(), Terms(model, speed="fast")
    for day in ("2025-12-01", "2026-02-10", "2026-03-01", "2026-11-24"):
        low, high = (rates(book, terms, day, prompt) for prompt in (shorter, longer))
        assert low is high is None or all(x <= y for x, y in zip(low, high, strict=True))


def test_rates_are_in_the_order_of_the_tokens_of_a_usage():
    assert [f"{field}_tokens" for field in Rates._fields] == list(Usage._fields[:5])
    for place in range(5):
        usage = Usage(*(10**6 if i == place else 0 for i in range(6)))
        found = Rates(*map(Decimal, (2, 3, 5, 7, 11)))
        assert cost_usd(usage, found, CENT) == found[place]


def test_thresholds_are_those_of_all_prices_in_ascending_order():
    assert thresholds(load_book()) == (100_000, 200_000)
    own = {"glm-5.1": {"input_mtok": 1, "output_mtok": 2}}
    own["glm-5.1"]["long_context"] = {"threshold_tokens": 32_000, **own["glm-5.1"]}
    own["qwen"] = {"input_mtok": 1, "output_mtok": 2, "fast": own["glm-5.1"] | {}}
    own["qwen"]["fast"]["long_context"] = {"threshold_tokens": 7, "input_mtok": 1, "output_mtok": 2}
    assert thresholds(load_book(own)) == (7, 32_000, 100_000, 200_000)


@given(st.integers(0, 1_200_000), st.sampled_from(sorted(load_book().models)), st.booleans())
def test_responses_between_two_thresholds_have_the_same_rates(prompt, model, fast):
    book, terms = load_book(), Terms(model, speed="fast" if fast else None)
    lower = max((edge + 1 for edge in thresholds(book) if edge < prompt), default=0)
    for day in ("2025-12-01", "2026-03-01", "2026-11-24"):
        assert rates(book, terms, day, prompt) == rates(book, terms, day, lower)


@pytest.mark.parametrize(
    ("day", "known"),
    [
        ("2026-09-21", True),  # the day before the first price
        ("2026-08-22", True),  # 31 days before
        ("2026-08-21", False),
        ("2024-01-01", False),
    ],
)
def test_the_first_price_is_lent_to_the_month_before_it(day, known):
    found = entry_for(load_book(), "claude-opus-5-5", day)
    assert (found is not None) is known
    assert found is None or found.start == "2026-09-22"


def test_a_price_is_found_under_any_written_form_with_its_source():
    found = entry_for(load_book(), "us.anthropic.claude-sonnet-5-5[1m]", "2026-10-06")
    assert (found.start, found.checked) == ("2026-09-28", "2026-11-24")
    assert any("genai-prices" in source for source in found.sources)
    assert entry_for(load_book(), "glm-5.1", "2026-10-06") is None


@pytest.mark.parametrize(
    ("answered", "requested", "billed"),
    [
        ("claude-opus-5-5", None, "claude-opus-5-5"),
        ("claude-opus-5-5-20260922", "claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("claude-sonnet-5-5", "claude-opus-5-5", "claude-opus-5-5"),
        ("claude-sonnet-5-5", "us.anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6"),
        ("glm-5.1", "claude-opus-5-5", "glm-5.1"),
        ("", "claude-opus-5-5", ""),
        ("claude-zeta-9", "claude-opus-5-5", "claude-zeta-9"),
        ("claude-opus-5-5", "claude-zeta-9", "claude-opus-5-5"),
        ("claude-opus-5-5", "opusplan", "claude-opus-5-5"),
    ],
)
def test_the_requested_claude_model_is_billed_when_another_one_answers(answered, requested, billed):
    terms = Terms(answered, requested)
    assert billed_model(terms) == billed_model(terms, load_book()) == billed


def test_a_users_own_price_makes_a_requested_model_known():
    own = dict.fromkeys((f"{field}_mtok" for field in Rates._fields), 1)
    terms = Terms("claude-opus-5-5", "claude-zeta-9")
    assert billed_model(terms, load_book({"claude-zeta-9": own})) == "claude-zeta-9"


def test_a_priced_gateway_model_is_not_billed_as_the_claude_model_it_stands_in_for():
    book = load_book({"glm-5.1": {"input_mtok": 1, "output_mtok": 2}})
    terms = Terms("glm-5.1", "claude-opus-5-5")
    assert billed_model(terms, book) == "glm-5.1"
    assert rates(book, terms, "2026-11-24", 0).output == 2


def test_a_response_is_fast_when_its_usage_says_so_or_else_its_name():
    assert is_fast(Terms("claude-opus-5-5", speed="fast"))
    assert not is_fast(Terms("claude-opus-5-5", speed="standard"))
    assert not is_fast(Terms("claude-opus-5-5"))
    assert is_fast(Terms("claude-opus-4-6-fast"))
    assert not is_fast(Terms("claude-opus-4-6-fast", speed="standard"))


def test_unpriced_usage_has_no_cost_and_not_a_cost_of_zero():
    assert list_cost(load_book(), Usage(), Terms("glm-5.1"), "2026-11-24", 0) is None
    assert list_cost(load_book(), Usage(), Terms("claude-opus-5-5"), "2026-11-24", 0) == 0
