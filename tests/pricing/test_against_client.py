"""The prices that the client itself charges, as measured (fixtures/client-price-table.json)."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import load_book
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import list_cost, rates

FIXTURE = Path(__file__).parents[2] / "fixtures" / "client-price-table.json"
TABLE = json.loads(FIXTURE.read_text(encoding="utf-8"))
BOOK, DAY = load_book(), TABLE["date"]
LISTED = [row for row in TABLE["prices"] if row["basis"] == "list"]
UNKNOWN = [row for row in TABLE["prices"] if row["basis"] == "unknown"]
LARGE = 1_000_000  # prompt tokens of the requests behind the input and cache prices

# Where ccmeter differs from the client on purpose.
NO_LONGER_FAST = {"claude-opus-4-7": "6.0"}  # removed on 2026-07-24; the client kept its factor
NO_US_SURCHARGE = {  # older than Opus 4.6; the client adds it for every model
    "claude-haiku-4-5",
    "claude-opus-4-5",
    "claude-sonnet-4",
    "claude-sonnet-4-5",
}


def asked(row):
    return row["asked"]


def small(row, **terms):
    return rates(BOOK, Terms(row["id"], **terms), DAY, 2)


def band_factor(row):
    """What the client's factors carry where a small request is in another band than a large one."""
    price = Decimal(row["small_input_mtok"]) + Decimal(row["output_mtok"])
    return price / (Decimal(row["input_mtok"]) + Decimal(row["output_mtok"]))


@pytest.mark.parametrize("row", LISTED, ids=asked)
def test_input_and_cache_prices_are_the_clients(row):
    large = rates(BOOK, Terms(row["id"]), DAY, LARGE)
    # one output token came with each large request and was taken off at the small price
    rest = (large.output - small(row).output) / LARGE
    for field in ("input", "cache_read", "cache_write_5m", "cache_write_1h"):
        assert getattr(large, field) + rest == Decimal(row[f"{field}_mtok"])


@pytest.mark.parametrize("row", LISTED, ids=asked)
def test_the_prices_of_a_small_request_are_the_clients(row):
    found = small(row)
    assert found.input == Decimal(row["small_input_mtok"])
    assert found.output == Decimal(row["output_mtok"])


@pytest.mark.parametrize("row", LISTED, ids=asked)
def test_fast_mode_is_as_much_dearer_as_for_the_client(row):
    factor = small(row, speed="fast").output / small(row).output * band_factor(row)
    expected = Decimal(row["fast_factor"])
    if canonical(row["id"]) in NO_LONGER_FAST:
        assert expected == Decimal(NO_LONGER_FAST[canonical(row["id"])])
        expected = 1
    assert factor == pytest.approx(expected, abs=Decimal("0.00001"))


@pytest.mark.parametrize("row", LISTED, ids=asked)
def test_us_only_inference_is_as_much_dearer_as_for_the_client(row):
    factor = small(row, geo="us").output / small(row).output * band_factor(row)
    expected = Decimal(row["us_factor"])
    if canonical(row["id"]) in NO_US_SURCHARGE:
        assert expected == Decimal("1.1")
        expected = 1
    assert factor == pytest.approx(expected, abs=Decimal("0.00001"))


@pytest.mark.parametrize("row", LISTED, ids=asked)
def test_the_clients_canonical_id_is_the_same_model(row):
    assert canonical(row["canonical"]) == canonical(row["id"]) in BOOK.models


@pytest.mark.parametrize("row", UNKNOWN, ids=asked)
def test_what_the_client_prices_by_a_guess_is_unpriced(row):
    assert small(row) is None


@pytest.mark.parametrize("case", TABLE["metered"], ids=lambda case: case["usd"])
def test_a_response_costs_what_the_clients_own_meter_added(case):
    usage = Usage(*case["usage"])
    terms = Terms(
        case["model"],
        case["requested_model"],
        speed=case["speed"],
        geo=case["geo"],
        service_tier=case["service_tier"],
    )
    cost = list_cost(BOOK, usage, terms, DAY, usage.prompt_tokens)
    assert cost == Decimal(case["usd"])
