"""The plans by every name, and what is known of them on a day."""

import time
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ccmeter.config import TIERS
from ccmeter.errors import UsageError
from ccmeter.pricing import plans
from ccmeter.pricing.plans import (
    api_credit,
    canonical_tier,
    dated,
    load_plans,
    tier_name,
    tier_names,
)

FILE = Path(plans.__file__).with_name("plans.toml")
RAW = tomllib.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize(
    ("id", "names"),
    [
        ("pro", "pro Pro default_claude_pro"),
        ("max-5x", "max-5x max5 max5x max_5x max Max default_claude_max_5x"),
        ("max-20x", "max-20x max_20x max20 max20x ultra Ultra ULTRA default_claude_max_20x"),
        ("team-standard", "team-standard team_standard team"),
        ("team-premium", "team-premium team_premium"),
        ("enterprise", "enterprise Enterprise"),
        ("education", "education edu nonprofit"),
        ("api", "api API"),
    ],
)
def test_a_plan_is_found_by_old_and_new_names(id, names):
    assert {canonical_tier(name) for name in names.split()} == {id}


def test_blanks_in_a_name_do_not_matter():
    assert canonical_tier(" Max 20x ") == "max-20x"
    assert canonical_tier("Team Premium") == "team-premium"


def test_every_plan_that_the_config_accepts_exists():
    assert {canonical_tier(name) for name in TIERS} == set(load_plans().tiers)


def test_an_unknown_name_is_told_which_ones_exist():
    with pytest.raises(
        UsageError, match=r"no plan 'ulrta': did you mean ultra\?.*pro, max-5x, max,"
    ):
        canonical_tier("ulrta")
    with pytest.raises(UsageError, match="use one of pro, "):
        canonical_tier("zzz")


def test_the_names_to_offer_are_the_ids_and_todays_names():
    assert tier_names() == (
        *("pro", "max-5x", "max", "max-20x", "ultra", "team-standard", "team-premium"),
        *("enterprise", "education", "api"),
    )


@pytest.mark.parametrize(
    ("tier", "day", "name"),
    [
        ("max-20x", date(2026, 9, 30), "Max 20x"),
        ("max-20x", date(2026, 10, 1), "Ultra"),
        ("max-5x", date(2026, 9, 30), "Max 5x"),
        ("max-5x", date(2026, 10, 1), "Max"),
        ("max-5x", date(2020, 1, 1), "Max 5x"),  # before it existed
        ("pro", date(2026, 11, 24), "Pro"),
        ("team-standard", date(2026, 11, 24), "Team Standard"),
    ],
)
def test_a_plan_is_called_as_it_was_called_on_the_day(tier, day, name):
    assert tier_name(tier, day) == name


@pytest.mark.parametrize(
    ("tier", "day", "monthly", "annual"),
    [
        ("pro", "2025-06-01", "20", "17"),
        ("max-5x", "2025-06-01", "100", None),
        ("max-20x", "2026-11-24", "200", None),
        ("team-standard", "2025-12-31", "30", "25"),
        ("team-standard", "2026-01-01", "25", "20"),
        ("team-premium", "2025-12-31", "150", "150"),
        ("team-premium", "2026-01-01", "125", "100"),
        ("enterprise", "2026-04-13", None, None),
        ("enterprise", "2026-04-14", "20", None),
        ("education", "2026-04-14", None, None),
        ("api", "2026-04-14", "0", None),
    ],
)
def test_a_plan_costs_what_it_cost_on_the_day(tier, day, monthly, annual):
    price = dated(load_plans().tiers[tier].prices, date.fromisoformat(day))
    assert price.monthly == (monthly and Decimal(monthly))
    assert price.annual_month == (annual and Decimal(annual))
    assert price.billing == (
        "list" if tier == "api" or (tier, day) == ("enterprise", "2026-04-14") else "plan"
    )


def test_a_plan_has_no_price_before_its_first():
    assert dated(load_plans().tiers["max-5x"].prices, date(2025, 3, 31)) is None


def test_api_credits_came_in_october_2026():
    found = {tier: api_credit(tier, date(2026, 10, 7)) for tier in load_plans().tiers}
    assert {tier: credit.monthly for tier, credit in found.items() if credit} == {
        "max-5x": 100,
        "max-20x": 200,
        "team-standard": 20,
        "team-premium": 100,
    }
    assert api_credit("max-20x", date(2026, 10, 6)) is None


def test_everything_is_dated_sourced_and_in_order():
    for plan in load_plans().tiers.values():
        for entries in (plan.names, plan.prices, plan.credits, plan.limits):
            days = [entry.since for entry in entries]
            assert days == sorted(set(days))
        assert plan.names
        assert all(entry.sources for entry in (*plan.prices, *plan.credits, *plan.limits))
    assert all(hint.source and hint.tier in load_plans().tiers for hint in load_plans().budgets)
    assert load_plans().checked == "2026-11-24"


def test_every_source_is_used_and_every_key_is_read():
    text = FILE.read_text("utf-8").partition("[tiers.pro]")[2]
    assert [key for key in RAW["sources"] if f'"{key}"' not in text] == []
    known = {
        "prices": "from approximate monthly_usd annual_month_usd annual_usd billing note sources",
        "names": "from name",
        "credits": "from monthly_usd note sources",
        "limits": "from text sources",
        "aliases": "",
        "min_seats": "",
    }
    for tier in RAW["tiers"].values():
        assert set(tier) <= set(known)
        for kind in ("prices", "names", "credits", "limits"):
            for entry in tier.get(kind, ()):
                assert set(entry) <= set(known[kind].split())


def test_no_name_means_two_plans():
    written = [
        {name.lower().replace("_", "-").replace(" ", "-") for name in names}
        for names in (
            (plan.id, *plan.aliases, *(entry.name for entry in plan.names))
            for plan in load_plans().tiers.values()
        )
    ]
    assert sum(map(len, written)) == len(set().union(*written))


def test_the_file_is_read_once_and_quickly():
    assert load_plans() is load_plans()
    times = []
    for _ in range(5):
        load_plans.cache_clear()
        start = time.perf_counter()
        load_plans()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # 2 ms here; the limit only catches a mistake
