"""The same tokens elsewhere, by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Usage
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.elsewhere import elsewhere

ASSUMED = load_assumptions()
# 1 M in, 2 M out, 100 M read, 3 M written for 5 minutes, 4 M for an hour
USAGE = Usage(1_000_000, 2_000_000, 100_000_000, 3_000_000, 4_000_000, 500)


def hosts(usage: Usage = USAGE):
    found = elsewhere(ASSUMED, usage, Decimal(300), None).hosts
    return {(host.model, host.provider): host for host in found}


@pytest.mark.parametrize(
    ("model", "provider", "usd", "reads_as_input"),
    [
        ("Kimi K2.5", "DeepInfra", "15.10", False),  # 8 x 0.45 + 2 x 2.25 + 100 x 0.07
        ("MiniMax M2.7", "MiniMax, Together, Fireworks, Novita", "10.80", False),
        ("GLM-5.2", "DeepInfra", "24.80", False),  # 8 x 0.75 + 2 x 2.40 + 100 x 0.14
        ("DeepSeek V4-Pro-0813", "DeepSeek, off-peak", "11.44", False),
        ("Qwen3.5-397B-A17B", "OpenRouter", "46.80", True),  # 108 x 0.39 + 2 x 2.34
        ("Qwen3.5-397B-A17B", "DeepInfra", "31.60", False),  # 8 x 0.45 + 2 x 3 + 100 x 0.22
    ],
)
def test_the_tokens_at_an_open_weight_host(model, provider, usd, reads_as_input):
    found = hosts()[model, provider]
    assert (found.usd, found.reads_as_input) == (Decimal(usd), reads_as_input)
    assert found.proxy.sources


def test_hosts_are_in_order_of_cost_and_sell_at_this_price_today():
    found = elsewhere(ASSUMED, USAGE, Decimal(300), None).hosts
    assert [host.usd for host in found] == sorted(host.usd for host in found)
    assert all("2026-04-24.." not in host.proxy.as_of for host in found)
    families = {host.model.split()[0].split("-")[0].rstrip("0123456789.") for host in found}
    assert families == {"Qwen", "Kimi", "MiniMax", "GLM", "DeepSeek"}


def test_a_reseller_that_pays_list_loses_what_the_plan_does_not_bring():
    found = elsewhere(ASSUMED, USAGE, Decimal(5000), Decimal(200))
    assert (found.api_usd, found.reseller_usd, found.reseller_result_usd) == (5000, 5000, -4800)
    assert elsewhere(ASSUMED, USAGE, Decimal(5000), None).reseller_result_usd is None


def test_nothing_used_costs_nothing_anywhere():
    assert {host.usd for host in hosts(Usage()).values()} == {0}
    assert {host.usd for host in hosts(Usage(web_searches=7)).values()} == {0}


usages = st.builds(Usage, *[st.integers(0, 10**10)] * 6)


@given(usages, usages)
def test_the_tokens_of_two_periods_cost_the_sum_elsewhere(a, b):
    both = Usage(*(x + y for x, y in zip(a, b, strict=True)))
    for key, host in hosts(both).items():
        assert host.usd == hosts(a)[key].usd + hosts(b)[key].usd
