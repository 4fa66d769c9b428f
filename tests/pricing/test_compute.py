"""Rates to serve, by hand: class x scenario x model, in USD per million tokens."""

from decimal import Decimal

import pytest

from ccmeter.errors import UsageError
from ccmeter.model import Terms, Usage
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import Rates, load_book
from ccmeter.pricing.compute import (
    Triple,
    compute_cost,
    compute_rates,
    coster,
    scenario_cost,
    search_usd,
    total,
)

ASSUMED, BOOK = load_assumptions(), load_book()
NOW = "2026-11-24"


def served(model: str, scenario: str, day: str = NOW, prompt: int = 0, **terms) -> Rates | None:
    return compute_rates(ASSUMED, BOOK, Terms(model, **terms), day, prompt, scenario)


def rates(*texts: str) -> Rates:
    """Input, output, read; both writes as input unless given."""
    found = [Decimal(text) for text in texts]
    return Rates(*found, *[found[0]] * (5 - len(found)))


BY_HAND = [
    ("claude-opus-4-6", "low", "0.435 0.87 0.003625"),
    ("claude-opus-4-6", "mid", "0.45 2.25 0.07"),
    ("claude-opus-4-6", "high", "2 6 0.2"),
    ("claude-opus-5-5", "low", "0.435 0.87 0.003625"),
    ("claude-opus-5-5", "mid", "0.45 2.25 0.07"),
    ("claude-opus-5-5", "high", "2 6 0.2"),
    ("claude-opus-4-1", "low", "0.435 0.87 0.003625"),  # the size of Opus
    ("claude-opus-4-1", "mid", "0.9 4.5 0.14"),  # twice
    ("claude-opus-4-1", "high", "6 18 0.6"),  # three times
    ("claude-3-opus", "mid", "0.9 4.5 0.14"),
    ("claude-fable-5", "low", "0.87 1.74 0.00725"),  # twice Opus
    ("claude-fable-5", "mid", "0.9 4.5 0.14"),
    ("claude-fable-5", "high", "4 12 0.4"),
    ("claude-fable-5-2", "mid", "0.9 4.5 0.14"),
    ("claude-fable-5-2", "high", "4 12 0.2"),  # read: list is 0.20
    ("claude-mythos-5-2", "high", "4 12 0.2"),
    ("claude-mythos-preview", "mid", "0.9 4.5 0.14"),
    ("claude-sonnet-4-5", "low", "0.14 0.28 0.0028"),
    ("claude-sonnet-4-5", "mid", "0.3 1.2 0.06"),
    ("claude-sonnet-4-5", "high", "0.75 3.5 0.15"),
    ("claude-sonnet-5-5", "mid", "0.3 1.2 0.06"),
    ("claude-sonnet-5-5", "high", "0.75 3.5 0.1"),  # read: list is 0.10
    ("claude-haiku-4-5", "low", "0.037 0.17 0.0037"),
    ("claude-haiku-4-5", "mid", "0.15 0.6 0.015"),
    ("claude-haiku-4-5", "high", "0.3 1.2 0.06"),
    ("claude-3-haiku", "mid", "0.15 0.6 0.015"),
    ("claude-3-haiku", "high", "0.25 1.2 0.03 0.3 0.3"),  # list input 0.25, read 0.03
    ("claude-haiku-5-5", "low", "0.0087 0.0174 0.00007"),  # shares of 0.10
    ("claude-haiku-5-5", "mid", "0.009 0.045 0.0014"),
    ("claude-haiku-5-5", "high", "0.04 0.12 0.004"),
]


@pytest.mark.parametrize(("model", "scenario", "expected"), BY_HAND)
def test_a_class_of_models_costs_what_its_proxy_costs(model, scenario, expected):
    assert served(model, scenario) == rates(*expected.split())


@pytest.mark.parametrize(
    ("model", "day", "scenario", "terms", "expected"),
    [
        ("claude-opus-4-6", "2026-06-01", "low", {"speed": "fast"}, "0.435 0.87 0.003625"),
        ("claude-opus-4-6", "2026-06-01", "mid", {"speed": "fast"}, "0.9 4.5 0.14"),
        ("claude-opus-4-6", "2026-06-01", "high", {"speed": "fast"}, "12 36 1.2"),  # 30 / 5
        ("claude-opus-4-6", "2026-02-10", "high", {"speed": "fast"}, "6 18 0.6"),  # 15 / 5
        ("claude-opus-5", NOW, "high", {"speed": "fast"}, "4 12 0.4"),  # 10 / 5
        ("claude-opus-5-5", NOW, "high", {"speed": "fast"}, "4 12 0.4"),  # 8 / 4
        ("claude-fable-5-2", NOW, "mid", {"speed": "fast"}, "1.8 9 0.28"),
        ("claude-opus-4-7", "2026-08-01", "mid", {"speed": "fast"}, "0.45 2.25 0.07"),  # ended
        ("claude-sonnet-5-5", NOW, "mid", {"speed": "fast"}, "0.3 1.2 0.06"),  # never had it
        ("claude-opus-5-5", NOW, "mid", {"geo": "us"}, "0.45 2.25 0.07"),
        ("claude-opus-5-5", NOW, "high", {"geo": "us"}, "2.2 6.6 0.22"),
        ("claude-opus-4-5", NOW, "high", {"geo": "us"}, "2 6 0.2"),  # no surcharge, no cost
        ("claude-opus-5-5", NOW, "low", {"service_tier": "batch"}, "0.2175 0.435 0.0018125"),
        ("claude-opus-5-5", NOW, "mid", {"service_tier": "batch"}, "0.225 1.125 0.035"),
        ("claude-opus-5-5", NOW, "high", {"service_tier": "batch"}, "2 6 0.1"),  # read: list
        ("claude-opus-5-5", NOW, "high", {"speed": "fast", "geo": "us"}, "4.4 13.2 0.44"),
    ],
)
def test_speed_place_and_batch_change_the_work(model, day, scenario, terms, expected):
    assert served(model, scenario, day, **terms) == rates(*expected.split())


def test_the_ceiling_is_the_list_rate_of_the_day():
    assert served("claude-sonnet-5-5", "high", "2026-10-06").cache_read == Decimal("0.15")
    assert served("claude-sonnet-5-5", "high", "2026-10-07").cache_read == Decimal("0.1")


def test_a_long_prompt_is_dearer_at_list_and_no_more_work():
    short = served("claude-opus-4-6", "high", "2026-03-01", 200_000)
    assert served("claude-opus-4-6", "high", "2026-03-01", 200_001) == short
    assert served("claude-haiku-5-5", "mid", NOW, 100_001) == served("claude-haiku-5-5", "mid")


def test_the_model_that_is_billed_is_the_model_that_is_served():
    asked = Terms("claude-sonnet-5-5", "claude-opus-5-5")
    assert compute_rates(ASSUMED, BOOK, asked, NOW, 0, "mid") == served("claude-opus-5-5", "mid")


def test_a_model_without_a_list_price_has_no_compute_cost_either():
    assert served("glm-5.1", "mid") is None
    assert served("claude-zeta-9", "mid") is None
    assert served("claude-opus-5-5", "mid", "2024-01-01") is None
    assert compute_cost(ASSUMED, BOOK, Usage(1), Terms("glm-5.1"), NOW, 0) is None
    assert scenario_cost(ASSUMED, BOOK, Usage(1), Terms("glm-5.1"), NOW, 0, "mid") is None
    assert compute_cost(ASSUMED, BOOK, Usage(), Terms("glm-5.1"), NOW, 0) == Triple()
    assert scenario_cost(ASSUMED, BOOK, Usage(), Terms("glm-5.1"), NOW, 0, "mid") == 0


def test_a_users_own_price_gives_an_unknown_model_a_fallback():
    book = load_book({"glm-5.1": {"input_mtok": 2, "output_mtok": 3, "cache_read_mtok": 0.02}})
    found = compute_rates(ASSUMED, book, Terms("glm-5.1"), NOW, 0, "high")
    assert found == rates("0.8", "2.4", "0.02")  # 0.4, 1.2 and 0.04 of 2; the read is at list


def test_the_clients_own_messages_cost_nothing():
    usage = Usage(10, 10, 10, 10, 10)
    assert compute_cost(ASSUMED, BOOK, usage, Terms("<synthetic>"), NOW, 0) == Triple()


def test_a_search_costs_a_quarter_half_and_all_of_its_list_price():
    assert [search_usd(ASSUMED, BOOK, name) for name in ("low", "mid", "high")] == [
        Decimal("0.0025"),
        Decimal("0.005"),
        Decimal("0.01"),
    ]
    searched = compute_cost(
        ASSUMED, BOOK, Usage(0, 0, 0, 0, 0, 1000), Terms("claude-opus-5"), NOW, 0
    )
    assert searched == Triple(*map(Decimal, ("2.5", "5", "10")))


def test_one_response_by_hand():
    # Sonnet 5.5: 2 k in, 3 k out, 100 k read, 5 k written for 5 minutes, 7 k for an hour
    usage = Usage(2_000, 3_000, 100_000, 5_000, 7_000)
    found = compute_cost(ASSUMED, BOOK, usage, Terms("claude-sonnet-5-5"), NOW, 114_000)
    # low 14 k x 0.14 + 3 k x 0.28 + 100 k x 0.0028; mid 14 k x 0.3 + 3 k x 1.2 + 100 k x 0.06;
    # high 14 k x 0.75 + 3 k x 3.5 + 100 k x 0.1
    assert found == Triple(*map(Decimal, ("0.00308", "0.0138", "0.031")))
    assert found == Triple(
        *(
            scenario_cost(ASSUMED, BOOK, usage, Terms("claude-sonnet-5-5"), NOW, 0, name)
            for name in Triple._fields
        )
    )


def test_triples_are_added_and_subtracted_by_scenario():
    a, b = Triple(*map(Decimal, (1, 2, 3))), Triple(*map(Decimal, (10, 20, 30)))
    assert a.plus(b) == total([a, b]) == (11, 22, 33)
    assert b.minus(a) == (9, 18, 27)
    assert total([]) == (0, 0, 0)


def test_an_unknown_scenario_is_named_with_what_may_be_meant():
    with pytest.raises(
        UsageError, match=r"no scenario 'hihg': did you mean high\?.*low, mid, high"
    ):
        served("claude-opus-5-5", "hihg")


def test_a_coster_tells_apart_all_that_changes_a_price():
    long = {"threshold_tokens": 10, "input_mtok": 9, "output_mtok": 9}
    own = {"input_mtok": 2, "output_mtok": 0.1, "long_context": long}
    book = load_book({"glm-5.1": own})
    cost, usage = coster(ASSUMED, book), Usage(0, 10**6)
    asked = Terms("claude-opus-5")
    for terms, day, prompt in [
        (asked, NOW, 0),
        (asked._replace(speed="fast"), NOW, 0),
        (asked._replace(geo="us"), NOW, 0),
        (asked._replace(service_tier="batch"), NOW, 0),
        (asked._replace(requested_model="claude-sonnet-5-5"), NOW, 0),
        (asked, "2024-01-01", 0),
        (Terms("glm-5.1"), NOW, 10),
        (Terms("glm-5.1"), NOW, 11),
    ]:
        assert cost(usage, terms, day, prompt) == compute_cost(
            ASSUMED, book, usage, terms, day, prompt
        )


def test_fast_mode_of_a_free_model_stays_free():
    fast = {"input_mtok": 1, "output_mtok": 1}
    book = load_book({"free": {"input_mtok": 0, "output_mtok": 0, "fast": fast}})
    terms = Terms("free", speed="fast")
    assert compute_rates(ASSUMED, book, terms, NOW, 0, "high") == (0, 0, 0, 0, 0)
