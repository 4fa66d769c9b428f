"""The argument that ccmeter was founded on, and the published tables that follow from it.

Published mixes are rounded, so that 0.36 / 3.3 / 96.3 % alone gives $116 / $501 / $1,554. The mix
itself is recovered from its two published list prices: with 5-minute and with 1-hour writes a
million tokens cost a and b dollars, so the written share is (b - a) / (10 - 6.25), and what is
left of a is output at 25 and reads at 0.50.
"""

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from ccmeter.model import Terms, Usage
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import load_book
from ccmeter.pricing.compute import Triple, compute_cost
from ccmeter.pricing.rate import list_cost

ASSUMED, BOOK = load_assumptions(), load_book()
OPUS, DAY = Terms("claude-opus-4-6"), "2026-04-01"
TOKENS = 10**12
README = Path(__file__).resolve().parents[2] / "README.md"


class Mix(NamedTuple):
    input: Decimal
    output: Decimal
    write: Decimal
    read: Decimal

    def usage(self, hour: bool, tokens: Decimal | int = TOKENS) -> Usage:
        input, output, write, read = (round(share * tokens) for share in self)
        return Usage(input, output, read, 0 if hour else write, write if hour else 0)


def percent(*shares: str) -> Mix:
    return Mix(*(Decimal(share) / 100 for share in shares))


def recovered(five_minutes: str, hour: str, input: str = "0") -> Mix:
    a, b, share = Decimal(five_minutes), Decimal(hour), Decimal(input) / 100
    write = (b - a) / (10 - Decimal("6.25"))
    output = (a - 5 * share - Decimal("6.25") * write - Decimal("0.5") * (1 - share - write)) / (
        25 - Decimal("0.5")
    )
    return Mix(share, output, write, 1 - share - output - write)


TRACELAB = recovered("0.780", "0.905")
MIXES = {
    "round": percent("1", "1", "6", "92"),
    "light": percent("1", "1", "5", "93"),
    "heavy": percent("2", "2", "8", "88"),
    "tracelab": TRACELAB,
    "bluewave": recovered("0.758", "0.876"),
    "38335": recovered("0.819", "0.927", "0.03"),
    "1m-context": recovered("0.618", "0.677"),
    "ultrathink": recovered("1.969", "2.215"),
    "chat": percent("80", "20", "0", "0"),
}
PUBLISHED = {  # list 5m and 1h; % of list: low 1h and 5m, mid 5m and 1h, high 5m and 1h; $5,000 mid
    "round": ("1.135", "1.360", "3.1", "3.7", "10.4", "8.7", "33.8", "28.2", "435"),
    "light": ("1.0775", "1.265", "3.0", "3.5", "10.6", "9.1", "34.0", "28.9", "453"),
    "heavy": ("1.540", "1.840", "3.5", "4.2", "9.8", "8.2", "32.2", "27.0", "412"),
    "tracelab": ("0.780", "0.905", "2.3", "2.7", "11.6", "10.0", "36.0", "31.0", "500"),
    "bluewave": ("0.758", "0.876", "2.3", "2.6", "11.7", "10.1", "36.3", "31.4", "507"),
    "38335": ("0.819", "0.927", "2.3", "2.6", "11.5", "10.2", "35.2", "31.1", "510"),
    "1m-context": ("0.618", "0.677", "1.7", "1.8", "12.7", "11.6", "38.0", "34.7", "579"),
    "ultrathink": ("1.969", "2.215", "3.2", "3.6", "9.8", "8.7", "29.3", "26.0", "434"),
    "chat": ("9.00", "9.00", "5.8", "5.8", "9.0", "9.0", "31.1", "31.1", "450"),
}


def list_usd(usage: Usage) -> Decimal:
    return list_cost(BOOK, usage, OPUS, DAY, 0)


def served(usage: Usage) -> Triple:
    return compute_cost(ASSUMED, BOOK, usage, OPUS, DAY, 0)


def whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1)))


def test_five_thousand_dollars_of_list_cost_117_500_or_1552_to_serve():
    usage = TRACELAB.usage(hour=True, tokens=5000 / Decimal("0.905") * 10**6)
    assert list_usd(usage).quantize(Decimal("0.01")) == 5000
    assert [whole(cost) for cost in served(usage)] == [117, 500, 1552]
    assert [whole(200 - cost) for cost in served(usage)] == [83, -300, -1352]


def test_the_readme_has_it_class_by_class():
    """The table of the README was worked out by hand, from the mix and the rates above."""
    usage = TRACELAB.usage(hour=True, tokens=5000 / Decimal("0.905") * 10**6)
    none = Usage()
    parts = {
        "cache reads": none._replace(cache_read_tokens=usage.cache_read_tokens),
        "cache writes": none._replace(cache_write_1h_tokens=usage.cache_write_1h_tokens),
        "output": none._replace(output_tokens=usage.output_tokens),
    }
    readme = README.read_text("utf-8")
    for name, part in parts.items():
        tokens = f"{whole(Decimal(part.tokens) / 10**6):,}M"
        amounts = [f"${whole(usd):,}" for usd in (list_usd(part), *served(part))]
        assert f"| {' | '.join([name, tokens, *amounts])} |" in readme
    assert "| **$5,000** | **$117** | **$500** | **$1,552** |" in readme
    assert "| **+$83** | **-$300** | **-$1,352** |" in readme


def test_the_recovered_mix_rounds_to_the_published_one():
    places = ("0.01", "0.01", "0.1", "0.1")
    found = [
        (100 * share).quantize(Decimal(place))
        for share, place in zip(TRACELAB, places, strict=True)
    ]
    assert found == [Decimal(text) for text in ("0.00", "0.36", "3.3", "96.3")]


def test_the_rounded_mix_is_within_half_a_percent():
    usage = percent("0", "0.36", "3.3", "96.3").usage(hour=True)
    share = 5000 / list_usd(usage)
    assert [whole(cost * share) for cost in served(usage)] == [116, 501, 1554]


def test_cache_storage_is_not_part_of_the_published_results():
    assert {name: str(usd) for name, usd in ASSUMED.storage_estimate.items()} == {
        "low": "0",
        "mid": "0",
        "high": "0.25",
    }
    usage = TRACELAB.usage(hour=True, tokens=5000 / Decimal("0.905") * 10**6)
    stored = load_assumptions(
        {"high": {"factors": {"cache_storage_usd_per_mtok_hour": 0.25}}}  # with it: $1,598
    )
    assert whole(compute_cost(stored, BOOK, usage, OPUS, DAY, 0).high) == 1598


@pytest.mark.parametrize("name", MIXES)
def test_the_mix_of_token_classes_decides_the_share_of_list(name):
    five, hour, *shares, at_5000 = map(Decimal, PUBLISHED[name])
    usage5, usage1 = MIXES[name].usage(hour=False), MIXES[name].usage(hour=True)
    list5, list1 = list_usd(usage5), list_usd(usage1)
    assert [round(list5 / 10**6, 4), round(list1 / 10**6, 4)] == [five, hour]
    of5, of1 = (
        [100 * cost / usd for cost in served(u)] for u, usd in ((usage5, list5), (usage1, list1))
    )
    found = [of1[0], of5[0], of5[1], of1[1], of5[2], of1[2]]
    assert all(abs(a - b) <= Decimal("0.051") for a, b in zip(found, shares, strict=True))
    assert whole(50 * of1[1]) == at_5000


@pytest.mark.parametrize("plan", [(20, 230, 71), (100, 1149, 354), (200, 2297, 708)])
def test_where_the_cost_to_serve_reaches_the_price_of_a_plan(plan):
    price, mid, high = plan
    usage = MIXES["round"].usage(hour=True)
    shares = [cost / list_usd(usage) for cost in served(usage)]
    assert [whole(price / share) for share in shares[1:]] == [mid, high]


@pytest.mark.parametrize(("price", "usd"), [(20, 200), (100, 1000), (200, 2000)])
def test_a_flat_tenth_breaks_even_at_ten_times_the_price(price, usd):
    flat = load_assumptions({"ratio": 0.1})
    usage = MIXES["round"].usage(hour=True)
    for cost in compute_cost(flat, BOOK, usage, OPUS, DAY, 0):
        assert price * list_usd(usage) / cost == usd
    assert ASSUMED.flat.low == ASSUMED.flat.high == Decimal("0.1")


def test_the_reported_margins_lie_above_the_mid_scenario():
    assert (ASSUMED.margin.low, ASSUMED.margin.high) == (Decimal("0.25"), Decimal("0.3"))
    assert [whole(5000 * share) for share in ASSUMED.margin[:2]] == [1250, 1500]
