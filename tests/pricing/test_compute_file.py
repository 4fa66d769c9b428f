"""compute.toml: every assumption is named, dated and sourced, and used."""

import time
import tomllib
from pathlib import Path

from ccmeter.pricing import assumptions
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import load_book
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.scenario_tables import CLASSES, SCALED

FILE = Path(assumptions.__file__).with_name("compute.toml")
RAW = tomllib.loads(FILE.read_text("utf-8"))
ASSUMED = load_assumptions()


def test_every_model_of_the_price_book_has_a_way_to_its_cost():
    known = {*CLASSES, *ASSUMED.scaled, "ratio"}
    assert {model.compute_class for model in load_book().models.values()} <= known
    assert set(ASSUMED.scaled) == set(SCALED)
    for scenario in ASSUMED.scenarios.values():
        assert set(scenario.classes) == set(CLASSES)
        assert set(scenario.sizes) == set(SCALED)
        assert all(scaled.base in CLASSES for scaled in ASSUMED.scaled.values())


def test_every_assumption_has_a_name_a_text_and_a_source():
    assert [*ASSUMED.named] == [f"A{n}" for n in range(1, 12)]
    for found in (*ASSUMED.named.values(), ASSUMED.flat, ASSUMED.margin):
        assert found.what
        assert found.sources
    assert len({found.name for found in ASSUMED.named.values()}) == len(ASSUMED.named)


def test_every_proxy_has_a_date_and_a_source_and_one_id():
    for proxy in ASSUMED.proxies.values():
        assert proxy.as_of
        assert proxy.sources
        assert proxy.id == proxy.id.lower().replace(".", "-")
    hosts = [(proxy.model, proxy.provider) for proxy in ASSUMED.proxies.values()]
    assert len(set(hosts)) == len(hosts)


def test_every_source_is_used():
    text = FILE.read_text("utf-8").partition("[assumptions.A1]")[2]
    assert [key for key in RAW["sources"] if f'"{key}"' not in text] == []


def test_the_scenarios_are_low_mid_and_high():
    assert (*ASSUMED.scenarios,) == SCENARIOS
    assert [scenario.name for scenario in ASSUMED.scenarios.values()] == list(SCENARIOS)
    assert ASSUMED.checked == "2026-11-24"
    assert ASSUMED.own == ()


def test_the_file_is_read_once_and_quickly():
    assert load_assumptions() is load_assumptions()
    times = []
    for _ in range(5):
        assumptions._bundled.cache_clear()
        start = time.perf_counter()
        load_assumptions()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # 3 ms here; the limit only catches a mistake
