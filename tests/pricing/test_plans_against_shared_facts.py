"""The collected facts about plans, field by field, where the folder with them is at hand."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.pricing.plans import api_credit, canonical_tier, load_plans

FACTS = Path(__file__).parents[3] / "shared" / "data" / "prices.json"
if not FACTS.is_file():
    pytest.skip("the shared facts are not here", allow_module_level=True)

DATA = json.loads(FACTS.read_text(encoding="utf-8"), parse_float=Decimal)
PLANS = load_plans()
GIVEN = [pytest.param(tier, id=tier["id"]) for tier in DATA["tiers"]]


def test_the_plans_are_the_same_in_the_same_order():
    assert [canonical_tier(tier["id"]) for tier in DATA["tiers"]] == list(PLANS.tiers)


@pytest.mark.parametrize("given", GIVEN)
def test_a_plan_has_the_same_prices_on_the_same_days(given):
    plan = PLANS.tiers[canonical_tier(given["id"])]
    assert len(plan.prices) == len(given["price_history"])
    for price, block in zip(plan.prices, given["price_history"], strict=True):
        assert price.since.isoformat().startswith(block["from"])
        assert price.approximate is (len(block["from"]) == len("2026-01"))
        assert price.monthly == block["monthly"]
        assert price.annual_month == block.get("annual_per_month")
        assert price.annual == block.get("annual_total")
        assert bool(price.note) is bool(block.get("note"))


@pytest.mark.parametrize("given", GIVEN)
def test_a_plan_has_the_same_names_seats_and_credit(given):
    id = canonical_tier(given["id"])
    assert {canonical_tier(name) for name in given.get("aliases", [])} <= {id}
    assert PLANS.tiers[id].min_seats == given.get("min_seats", PLANS.tiers[id].min_seats)
    credit = api_credit(id, date(2026, 10, 7))
    assert (credit.monthly if credit else 0) == given.get("api_credit_from_2026_10_07", 0)


def test_the_measured_budgets_are_the_same():
    assert len(PLANS.budgets) == len(DATA["usage_budgets_measured"])
    for hint, given in zip(PLANS.budgets, DATA["usage_budgets_measured"], strict=True):
        assert (hint.measured, hint.window) == (given["date"], given["window"])
        assert hint.tier == canonical_tier(given["plan"])
        assert hint.usd == given.get("usd_list")
        assert hint.usd_no_cache == given.get("usd_list_no_cache")
        assert hint.credits == given.get("credits")
        assert hint.floor is (given.get("note") == "lower bound")
        assert given["source"].split()[0] in hint.source
        assert given["date"].startswith("2026 before") or hint.day.isoformat().startswith(
            given["date"]
        )
