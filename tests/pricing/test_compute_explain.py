"""Why a model costs what it costs to serve: shares of list, by hand, and where they come from."""

from decimal import Decimal

import pytest

from ccmeter.model import Terms
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import load_book
from ccmeter.pricing.explain import explain

ASSUMED, BOOK = load_assumptions(), load_book()
NOW = "2026-11-24"


def explained(model: str, assumed=ASSUMED, day: str = NOW, **terms):
    return explain(assumed, BOOK, Terms(model, **terms), day)


def serving(model: str, scenario: str, assumed=ASSUMED, **terms):
    found = explained(model, assumed, **terms)
    return next(each for each in found.servings if each.scenario == scenario)


@pytest.mark.parametrize(
    ("model", "scenario", "percents"),  # input, output, read, write 5m, write 1h
    [
        ("claude-opus-5", "low", "8.7 3.5 0.7 7.0 4.4"),
        ("claude-opus-5", "mid", "9.0 9.0 14.0 7.2 4.5"),
        ("claude-opus-5", "high", "40.0 24.0 40.0 32.0 20.0"),
        ("claude-sonnet-4-6", "mid", "10.0 8.0 20.0 8.0 5.0"),
        ("claude-haiku-4-5", "mid", "15.0 12.0 15.0 12.0 7.5"),
        ("claude-opus-5-5", "mid", "11.2 11.2 35.0 9.0 5.6"),
        ("claude-sonnet-5-5", "mid", "15.0 12.0 60.0 12.0 7.5"),
        ("claude-fable-5-2", "mid", "11.2 11.2 70.0 9.0 5.6"),
    ],
)
def test_the_cost_to_serve_as_a_share_of_list(model, scenario, percents):
    found = [
        str((100 * ratio).quantize(Decimal("0.1"))) for ratio in serving(model, scenario).ratios
    ]
    assert found == percents.split()


def test_a_class_with_a_proxy_names_it_and_its_source():
    found = serving("claude-opus-4-6", "mid")
    assert (found.method, found.size, found.own) == ("proxy", 1, ())
    assert (found.proxy.model, found.proxy.provider) == ("Kimi K2.5", "DeepInfra")
    assert any("LiteLLM" in source for source in found.proxy.sources)
    assert found.proxy.as_of == "2026-03..2026-11"


def test_a_scaled_class_names_its_base_and_its_size():
    assert explained("claude-fable-5-2").base_class == "opus"
    assert explained("claude-opus-5").base_class is None
    found = serving("claude-opus-4-1", "high")
    assert (found.method, found.size) == ("scaled", 3)
    assert found.proxy.model == "Qwen3.8-2.4T-A95B"


def test_a_class_without_a_proxy_says_so():
    found = serving("claude-haiku-5-5", "mid")
    assert (found.method, found.proxy, found.size) == ("fallback", None, 1)


def test_a_rate_that_list_price_caps_is_marked():
    assert serving("claude-fable-5-2", "high").at_ceiling == ("cache_read",)
    assert serving("claude-fable-5-2", "mid").at_ceiling == ()


def test_the_users_own_assumptions_are_marked_and_their_scenarios_follow():
    own = load_assumptions({"mid": {"opus": {"output_mtok": 3}}, "x": {"ratio": 0.2}})
    assert serving("claude-opus-5", "mid", own).own == ("output",)
    assert serving("claude-fable-5", "mid", own).own == ("output",)
    assert [each.scenario for each in explained("claude-opus-5", own).servings] == [
        "low",
        "mid",
        "high",
        "x",
    ]
    assert (
        serving("claude-opus-5", "x", own).method,
        serving("claude-opus-5", "x", own).proxy,
    ) == (
        "ratio",
        None,
    )


def test_the_explanation_is_of_the_model_that_is_billed_on_that_day():
    found = explained("claude-sonnet-5-5", requested_model="claude-opus-5-5")
    assert (found.model, found.compute_class, found.list.input) == ("claude-opus-5-5", "opus", 4)
    assert explained("claude-opus-5-5", day="2026-10-01").list.cache_read == Decimal("0.2")


def test_a_model_without_a_price_has_nothing_to_explain():
    assert explained("glm-5.1") is None
    assert explained("<synthetic>") is None


def test_a_free_class_has_no_share_of_list():
    book = load_book({"free": {"input_mtok": 0, "output_mtok": 0}})
    found = explain(ASSUMED, book, Terms("free"), NOW)
    assert found.servings[0].ratios == (None,) * 5
