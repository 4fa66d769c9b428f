"""The collected facts about serving, field by field, where the folder with them is at hand."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.scenario import SCENARIOS

FACTS = Path(__file__).parents[3] / "shared" / "data" / "prices.json"
if not FACTS.is_file():
    pytest.skip("the shared facts are not here", allow_module_level=True)

DATA = json.loads(FACTS.read_text(encoding="utf-8"), parse_float=Decimal)
GIVEN = DATA["compute_scenarios"]
ASSUMED = load_assumptions()


def same_name(given: str, found: str) -> bool:
    """Hosts are listed with commas here; a day in the host's name stands in as_of."""
    plain = given.replace(" / ", ", ").removesuffix(" (Apr-Aug 2026 price)")
    return found in (plain, plain.replace("DeepSeek off-peak, peak", "DeepSeek, off-peak"))


def test_the_proxies_are_the_same_in_the_same_order():
    found = [proxy for proxy in ASSUMED.proxies.values() if not proxy.id.endswith("-peak") or
             proxy.id.endswith("off-peak")]  # fmt: skip
    assert len(found) == len(DATA["proxies"])
    for proxy, given in zip(found, DATA["proxies"], strict=True):
        assert proxy.model == given["model"]
        assert same_name(given["provider"], proxy.provider)
        assert (proxy.input, proxy.output) == (given["input"], given["output"])
        assert proxy.cache_read == given["cache_read"]
        assert proxy.as_of == given["as_of"]
        assert len(proxy.sources) == given["source"].count(";") + 1


def test_parameters_are_the_same():
    for given in DATA["proxies"]:
        found = next(p for p in ASSUMED.proxies.values() if p.model == given["model"])
        plain = given["params"].replace(" total", "").replace(" active", "").replace(" ", "")
        assert (found.params or "?").replace(" ", "") == plain


def test_the_peak_price_is_a_proxy_of_its_own():
    (given,) = [each for each in DATA["proxies"] if "peak" in each]
    found = ASSUMED.proxies["deepseek-v4-pro-0813-deepseek-peak"]
    assert [found.input, found.output, found.cache_read] == list(given["peak"].values())


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_classes_have_the_same_rates_and_proxies(name):
    for kind, given in GIVEN["classes"].items():
        basis, raw = ASSUMED.scenarios[name].classes[kind], given[name]
        assert (basis.work.input, basis.work.output, basis.work.cache_read) == (
            raw["input"],
            raw["output"],
            raw["cache_read"],
        )
        assert basis.work.cache_write is None
        assert raw["cache_write"] == raw["input"]
        assert raw["proxy"].startswith(basis.proxy.model)
        use = next(
            p["use"] for p in DATA["proxies"] if p["model"] == basis.proxy.model and p["use"]
        )
        assert f"{kind} {name}" in use


@pytest.mark.parametrize("name", SCENARIOS)
def test_sizes_fallback_and_factors_are_the_same(name):
    scenario, modifiers = ASSUMED.scenarios[name], GIVEN["modifiers"]
    for kind, given in GIVEN["scaled_classes"].items():
        assert scenario.sizes[kind] == given["size_factor"][name]
        assert ASSUMED.scaled[kind].base == given["base"]
    shares = GIVEN["ratio_fallback"]["of_base_input_price"][name]
    assert scenario.fallback[:3] == (shares["input"], shares["output"], shares["cache_read"])
    assert shares["cache_write"] == shares["input"]
    fast = modifiers["fast_compute_multiplier"][name]
    assert scenario.factors.fast == (None if fast == "list multiplier" else fast)
    assert scenario.factors.us_geo == modifiers["us_geo_compute_multiplier"][name]
    assert scenario.factors.batch == modifiers["batch_compute_multiplier"][name]
    assert scenario.factors.web_search_usd_per_1000 == modifiers["web_search_usd_per_1000"][name]
    assert ASSUMED.storage_estimate[name] == modifiers["cache_storage_usd_per_mtok_hour"][name]
    assert scenario.factors.cache_storage_usd_per_mtok_hour == 0  # not in the published results


def test_the_references_are_the_same():
    assert ASSUMED.flat.low == ASSUMED.flat.high == GIVEN["flat_reference"]["ratio"]
    margin = GIVEN["margin_crosscheck"]
    assert (ASSUMED.margin.low, ASSUMED.margin.high) == (margin["ratio_low"], margin["ratio_high"])
    assert ASSUMED.checked == DATA["as_of"]
