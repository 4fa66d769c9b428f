"""The [compute] table of config.toml."""

import tomllib
from decimal import Decimal

import pytest

from ccmeter.errors import CcmeterError
from ccmeter.model import Terms, Usage
from ccmeter.pricing.assumptions import load_assumptions, scenario_named
from ccmeter.pricing.book import load_book
from ccmeter.pricing.compute import compute_cost, compute_rates, scenario_cost, search_usd

BOOK = load_book()
OPUS, DAY = Terms("claude-opus-4-6"), "2026-11-24"
NAMES = ("low", "mid", "high")


def assumed(config: str):
    return load_assumptions(tomllib.loads(config).get("compute"))


def five(config: str, scenario: str, model: str = "claude-opus-4-6", **terms):
    found = compute_rates(assumed(config), BOOK, Terms(model, **terms), DAY, 0, scenario)
    return [float(rate) for rate in found]


def test_without_a_table_nothing_is_changed():
    assert load_assumptions(None) is load_assumptions()
    assert load_assumptions({})._replace(own=()) == load_assumptions()


def test_one_ratio_for_all_scenarios_is_a_share_of_list():
    for name in NAMES:
        assert five("[compute]\nratio = 0.1", name) == [0.5, 2.5, 0.05, 0.625, 1.0]
        assert five("[compute]\nratio = 0.1", name, "claude-haiku-5-5")[:2] == [0.01, 0.05]
    usage = Usage(web_searches=1000)
    flat = assumed("[compute]\nratio = 0.1")
    assert compute_cost(flat, BOOK, usage, OPUS, DAY, 0) == (1, 1, 1)


def test_a_ratio_of_one_scenario_leaves_the_others():
    config = "[compute.high]\nratio = 0.3"
    assert five(config, "high") == [1.5, 7.5, 0.15, 1.875, 3.0]
    assert five(config, "mid") == five("", "mid")


def test_what_is_said_of_one_scenario_goes_before_what_is_said_of_all():
    config = "[compute]\nratio = 0.1\n[compute.mid.opus]\noutput_mtok = 3"
    assert five(config, "low")[1] == 2.5
    assert five(config, "mid") == [0.45, 3, 0.07, 0.45, 0.45]


def test_one_rate_of_one_class_in_one_scenario():
    config = "[compute.mid.opus]\ncache_read_mtok = 0.05"
    assert five(config, "mid") == [0.45, 2.25, 0.05, 0.45, 0.45]
    assert five(config, "mid", "claude-fable-5")[2] == 0.1  # twice Opus
    assert five(config, "mid", "claude-sonnet-4-6") == five("", "mid", "claude-sonnet-4-6")
    assert five(config, "high") == five("", "high")


def test_a_class_may_be_changed_for_all_scenarios_at_once():
    config = "[compute.opus]\ninput_mtok = 0.9"
    for name in NAMES:
        assert five(config, name)[0] == five(config, name)[3] == five(config, name)[4] == 0.9


def test_a_cache_write_follows_the_input_unless_it_has_a_rate_of_its_own():
    config = "[compute.mid.opus]\ninput_mtok = 0.9\ncache_write_mtok = 0.5"
    assert five(config, "mid") == [0.9, 2.25, 0.07, 0.5, 0.5]
    assert five(config, "mid", "claude-fable-5")[3:] == [1, 1]


def test_list_price_stays_the_ceiling():
    config = "[compute.mid.opus]\noutput_mtok = 99\ncache_read_mtok = 99"
    assert five(config, "mid")[1:3] == [25, 0.5]
    assert search_usd(
        assumed("[compute.mid.factors]\nweb_search_usd_per_1000 = 99"), BOOK, "mid"
    ) == Decimal("0.01")


def test_another_proxy_may_stand_for_a_class():
    config = '[compute]\nopus = "glm-5-2-deepinfra"\n[compute.mid]\nsonnet = "kimi-k3"'
    assert five(config, "high") == [0.75, 2.4, 0.14, 0.75, 0.75]
    assert five(config, "mid", "claude-sonnet-4-6") == [3, 15, 0.3, 3, 3]
    basis = scenario_named(assumed(config), "low").classes["opus"]
    assert (basis.proxy.model, basis.own) == ("GLM-5.2", ())


def test_a_proxy_without_a_price_for_reads_bills_them_as_input():
    config = '[compute.mid]\nopus = "qwen3-5-397b-a17b-openrouter"'
    assert five(config, "mid", "claude-opus-4-1") == [0.78, 4.68, 0.78, 0.78, 0.78]
    assert five(config, "mid")[2] == 0.39  # and list is 0.50


def test_factors_sizes_and_fallback_can_be_set():
    assert five("[compute.sizes]\nfable = 3", "mid", "claude-fable-5")[0] == 1.35
    assert five("[compute.mid.fallback]\ninput = 0.2", "mid", "claude-haiku-5-5")[0] == 0.02
    assert five("[compute.mid.factors]\nbatch = 1", "mid", service_tier="batch")[0] == 0.45
    assert (
        five('[compute.mid.factors]\nfast = "list"', "mid", "claude-opus-5", speed="fast")[0] == 0.9
    )
    assert (
        five("[compute.mid.factors]\nfast = 1.5", "mid", "claude-opus-5", speed="fast")[0] == 0.675
    )
    assert five("[compute.mid.factors]\nfast = 9", "mid", "claude-opus-5", speed="fast")[0] == 0.9
    stored = "[compute.mid.factors]\ncache_storage_usd_per_mtok_hour = 0.24"
    assert five(stored, "mid") == [0.45, 2.25, 0.07, 0.47, 0.69]  # a twelfth of an hour, an hour


def test_a_scenario_of_ones_own_starts_as_another_one():
    config = '[compute.mine]\nbase = "high"\n[compute.mine.opus]\noutput_mtok = 9'
    assert list(assumed(config).scenarios) == [*NAMES, "mine"]
    assert scenario_named(assumed(config), "mine").name == "mine"
    assert five(config, "mine") == [2, 9, 0.2, 2, 2]
    assert five(config, "high") == five("", "high")
    usage = Usage(10**6, 10**6)
    assert scenario_cost(assumed(config), BOOK, usage, OPUS, DAY, 0, "mine") == 11


def test_a_scenario_of_ones_own_may_be_no_more_than_a_ratio():
    assert five("[compute.margins]\nratio = 0.25", "margins")[:2] == [1.25, 6.25]


def test_a_scenario_of_ones_own_builds_on_the_changed_one_wherever_it_stands_in_the_file():
    config = (
        '[compute.a]\nbase = "mid"\n[compute.mid.opus]\noutput_mtok = 3\n[compute.sizes]\nfable = 4'
    )
    assert five(config, "a")[1] == 3
    assert five(config, "a", "claude-fable-5")[0] == 1.8


def test_the_keys_that_the_user_set_are_known():
    config = """
        compute.opus = 'kimi-k3'
        compute.mid.opus.output_mtok = 3
        compute.mid.factors.fast = 1
    """
    found = assumed(config)
    assert sorted(found.own) == [
        "compute.mid.factors.fast",
        "compute.mid.opus.output_mtok",
        "compute.opus",
    ]
    assert scenario_named(found, "mid").classes["opus"].own == ("output",)
    more = "compute.sonnet.input_mtok = 1\ncompute.mid.sonnet.output_mtok = 3"
    assert scenario_named(assumed(more), "mid").classes["sonnet"].own == ("input", "output")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("compute = 3", r"compute is 3: write a table, \[compute\]"),
        ("[compute]\nratoi = 0.1", r"compute\.ratoi means nothing: did you mean ratio\?"),
        ("[compute]\nratio = 10", r"compute\.ratio is 10: write the share of list price"),
        ("[compute]\nratio = true", r"compute\.ratio is True"),
        ("[compute]\nratio = nan", r"compute\.ratio is nan"),
        ("[compute]\nratio = -0.1", r"compute\.ratio is -0\.1"),
        ("[compute]\nratio = 'a tenth'", r"compute\.ratio is 'a tenth'"),
        ("[compute]\nratio = 0.1\nopus = 'kimi-k3'", r"compute\.ratio replaces all other"),
        ("[compute.mid]\nratio = 0.1\nopus = 'kimi-k3'", r"compute\.mid\.ratio replaces all other"),
        (
            "[compute.hihg.opus]\noutput_mtok = 3",
            r"compute\.hihg\.base is None: write base = \"low\"",
        ),
        ("[compute.mine]\nbase = 'yours'", r"compute\.mine\.base is 'yours'"),
        ("[compute.mine]\nbase = ['mid']", r"compute\.mine\.base is \['mid'\]"),
        ("[compute.mid]\nbase = 'high'", r"compute\.mid\.base means nothing"),
        ("[compute.mid]\nopsu = 'kimi-k3'", r"compute\.mid\.opsu means nothing: did you mean opus"),
        (
            "[compute.mid]\nopus = 'kimi-k4'",
            r"compute\.mid\.opus: there is no proxy 'kimi-k4': did",
        ),
        (
            "[compute.mid]\nopus = 4",
            r"compute\.mid\.opus is 4: write a table, \[compute\.mid\.opus\]",
        ),
        ("[compute.mid.opus]\nread_mtok = 1", r"compute\.mid\.opus\.read_mtok means nothing: did"),
        ("[compute.mid.opus]\ninput_mtok = -1", r"opus\.input_mtok is -1: write USD per million"),
        (
            "[compute.mid.sizes]\nopus = 2",
            r"compute\.mid\.sizes\.opus means nothing: use one of fable",
        ),
        (
            "[compute.mid.factors]\nfast = 'lits'",
            r"factors\.fast is 'lits': write a factor or \"list\"",
        ),
        ("[compute.mid.factors]\nbatch = 'list'", r"factors\.batch is 'list': write a factor, a"),
        ("[compute.mid.factors]\nweb = 1", r"compute\.mid\.factors\.web means nothing"),
        ("[compute.mid.fallback]\nout = 1", r"compute\.mid\.fallback\.out means nothing"),
        ("[compute.mid]\nfactors = 1", r"compute\.mid\.factors is 1: write a table"),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_to_write(config, message):
    with pytest.raises(CcmeterError, match=message):
        assumed(config)
