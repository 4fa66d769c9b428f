"""The same usage on every plan."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.config import Tier
from ccmeter.pricing.compute import Triple
from ccmeter.pricing.plans import load_plans
from ccmeter.pricing.prorate import prorated
from ccmeter.pricing.replay import allowed, nearest_hint, replay
from ccmeter.pricing.worth import Worth, by_segment, plan_result

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
DAY = date(2026, 11, 20)


def used(list_cost, extra=0):
    cost = Decimal(list_cost)
    return [(DAY, Worth(cost, Triple(cost / 40, cost / 10, cost / 3), Decimal(extra)))]


def played(list_cost, since=NOVEMBER[0], until=NOVEMBER[1], extra=0, **more):
    return {each.tier: each for each in replay(used(list_cost, extra), since, until, **more)}


def test_a_month_is_replayed_on_every_plan():
    found = played(1000)
    assert list(found) == list(load_plans().tiers)
    assert {tier: each.result.price_usd for tier, each in found.items()} == {
        "pro": 20,
        "max-5x": 100,
        "max-20x": 200,
        "team-standard": 25,
        "team-premium": 125,
        "enterprise": 1020,
        "education": None,
        "api": 1000,
    }
    assert [
        each.provider_result_usd.mid for each in (found["pro"].result, found["api"].result)
    ] == [
        -80,
        900,
    ]


def test_measured_budgets_say_which_plans_may_hold_the_usage():
    # nearest are those of June 2026: 400, 2,000 and 8,000 dollars a month
    verdicts = {tier: each.verdict for tier, each in played(1000).items()}
    assert verdicts == {
        "pro": "over",
        "max-5x": "fits",
        "max-20x": "fits",
        "team-standard": "unknown",
        "team-premium": "unknown",
        "enterprise": "fits",
        "education": "unknown",
        "api": "fits",
    }
    hint = played(1000)["pro"].hint
    assert (hint.measured, hint.window, hint.usd) == ("2026-06", "month", 400)
    assert "SemiAnalysis" in hint.source
    assert "+50%" in hint.note
    assert played(1000)["api"].hint is played(1000)["team-standard"].hint is None


@pytest.mark.parametrize(
    ("list_cost", "verdict"), [("400", "fits"), ("400.01", "over"), ("0", "fits")]
)
def test_a_budget_holds_up_to_its_last_dollar(list_cost, verdict):
    assert played(list_cost)["pro"].verdict == verdict


def test_fast_mode_uses_no_budget():
    assert played(1000, extra=700)["pro"].verdict == "fits"
    assert played(1000, extra=700)["pro"].result.total_usd == 720


@pytest.mark.parametrize(
    ("tier", "since", "until", "measured", "usd"),
    [
        ("max-20x", "2026-01-05", "2026-01-11", "2026-01-12", "492"),
        ("max-20x", "2026-03-02", "2026-03-08", "2026-03-01", "1100"),
        ("max-20x", "2026-03-10", "2026-04-20", "2026-03-31", "1900"),
        ("max-20x", "2026-01-01", "2026-12-31", "2026-06", "8000"),  # the newest of those inside
        ("max-5x", "2026-02-01", "2026-02-28", "2026-02-28", "523"),
        ("max-5x", "2026-05-01", "2026-05-07", "2026 before May", "400"),
        ("pro", "2025-06-01", "2025-06-07", "2026-06", "400"),
    ],
)
def test_the_budget_measured_nearest_to_the_period_is_taken(tier, since, until, measured, usd):
    hint = nearest_hint(tier, date.fromisoformat(since), date.fromisoformat(until))
    assert (hint.measured, hint.usd) == (measured, Decimal(usd))


def test_a_limit_known_only_as_at_least_never_makes_a_plan_too_small():
    week = (date(2026, 3, 2), date(2026, 3, 8))
    assert [played_in_march(usd, week) for usd in (1100, 1101)] == ["fits", "unknown"]


def played_in_march(usd, week):
    (found,) = [
        each for each in replay([(week[0], Worth(Decimal(usd)))], *week) if each.tier == "max-20x"
    ]
    assert found.hint.floor
    return found.verdict


@pytest.mark.parametrize(
    ("day", "days", "usd"),
    [
        ("2026-03-31", 7, "1900"),
        ("2026-03-31", 30, "8142.86"),  # 1,900 x 30 / 7
        ("2026-03-31", 1, "1900"),  # a day may use up the week
        ("2026-06-15", 30, "8000"),
        ("2026-06-15", 7, "1866.67"),  # 8,000 x 7 / 30
        ("2026-06-15", 2, "1866.67"),
    ],
)
def test_a_budget_is_scaled_to_the_days_of_the_period(day, days, usd):
    (hint,) = [
        hint
        for hint in load_plans().budgets
        if hint.tier == "max-20x" and str(hint.day) == day and hint.window != "5h"
    ]
    assert allowed(hint, days).quantize(Decimal("0.01")) == Decimal(usd)


def test_a_budget_of_five_hours_or_of_uncached_tokens_is_never_compared():
    for hint in load_plans().budgets:
        if hint.window == "5h" or hint.usd is None:
            assert allowed(hint, 30) is None
    assert {hint.measured for hint in load_plans().budgets if hint.usd is None} == {"2026-01"}


def test_an_annual_plan_is_replayed_at_annual_prices_where_they_are_known():
    found = played(1000, annual=True)
    assert found["pro"].result.price_usd == 17
    assert found["max-5x"].result.price_usd == 100
    assert found["max-5x"].result.notes == ("annual-price-unknown",)


def test_enterprise_in_april_2026_changes_its_billing():
    items = [(date(2026, 4, 10), Worth(Decimal(50))), (date(2026, 4, 20), Worth(Decimal(70)))]
    (found,) = [
        each
        for each in replay(items, date(2026, 4, 1), date(2026, 4, 30))
        if each.tier == "enterprise"
    ]
    assert (found.result.billing, found.result.price_usd, found.verdict) == (
        "mixed",
        None,
        "unknown",
    )


money = st.integers(0, 10**9).map(lambda n: Decimal(n) / 1000)
triples = st.builds(Triple, money, money, money)
worths = st.builds(Worth, money, triples, money, triples)
days = st.integers(1, 30).map(lambda day: date(2026, 11, day))


@given(
    st.sampled_from(list(load_plans().tiers)),
    st.booleans(),
    st.lists(st.tuples(days, worths), max_size=5),
)
def test_the_replay_of_ones_own_plan_is_ones_own_result(tier, annual, items):
    own = prorated([Tier(tier, "", annual)], *NOVEMBER)
    (again,) = [each for each in replay(items, *NOVEMBER, annual=annual) if each.tier == tier]
    assert again.result == plan_result(own, by_segment(own, items))
