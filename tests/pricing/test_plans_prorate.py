"""What a period of plans cost, by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.config import TIERS, Tier
from ccmeter.errors import UsageError
from ccmeter.pricing.prorate import (
    ANNUAL_UNKNOWN,
    PER_SEAT,
    PRICE_APPROXIMATE,
    PRICE_UNKNOWN,
    prorated,
    segment_on,
)

TINY = Decimal("1e-20")


def paid(tiers, since: str, until: str):
    found = [Tier(*tier) for tier in tiers]
    return prorated(found, date.fromisoformat(since), date.fromisoformat(until))


def cents(amount: Decimal | None) -> str:
    return "None" if amount is None else f"{amount:.2f}"


@pytest.mark.parametrize(
    ("tier", "annual", "since", "until", "usd"),
    [
        ("max-20x", False, "2026-11-17", "2026-11-23", "46.67"),  # 200 x 7 / 30
        ("ultra", False, "2026-11-17", "2026-11-23", "46.67"),
        ("max-5x", False, "2026-10-01", "2026-10-07", "22.58"),  # 100 x 7 / 31
        ("pro", False, "2026-02-01", "2026-02-28", "20.00"),
        ("pro", True, "2026-02-01", "2026-02-28", "17.00"),
        ("pro", False, "2028-02-01", "2028-02-28", "19.31"),  # 20 x 28 / 29
        ("pro", False, "2026-01-25", "2026-02-07", "9.52"),  # 20 x (7 / 31 + 7 / 28)
        ("pro", False, "2026-12-31", "2027-01-01", "1.29"),  # 20 x (1 / 31 + 1 / 31)
        ("max-20x", False, "2026-01-01", "2026-12-31", "2400.00"),
        ("team-standard", False, "2025-12-01", "2026-01-31", "55.00"),  # 30, then 25
        ("team-premium", True, "2025-12-01", "2026-01-31", "250.00"),  # 150, then 100
        ("team-standard", False, "2025-12-31", "2026-01-01", "1.77"),  # 30 / 31 + 25 / 31
        ("enterprise", False, "2026-05-01", "2026-05-31", "20.00"),
        ("api", False, "2026-05-01", "2026-05-31", "0.00"),
    ],
)
def test_a_day_costs_a_month_divided_by_the_days_of_its_month(tier, annual, since, until, usd):
    assert cents(paid([(tier, "", annual)], since, until).price_usd) == usd


def test_a_change_of_plan_in_mid_month_splits_the_period():
    found = paid([("pro", "", False), ("max", "2026-11-15", False)], "2026-11-01", "2026-11-30")
    assert [(s.tier, s.since.day, s.until.day, cents(s.price_usd)) for s in found.segments] == [
        ("pro", 1, 14, "9.33"),  # 20 x 14 / 30
        ("max-5x", 15, 30, "53.33"),  # 100 x 16 / 30
    ]
    assert cents(found.price_usd) == "62.67"
    assert (found.days_without_plan, found.notes) == (0, ())


def test_the_order_of_the_changes_in_the_config_does_not_matter():
    tiers = [("ultra", "2026-11-20", False), ("pro", "", False), ("max", "2026-11-10", False)]
    found = paid(tiers, "2026-11-01", "2026-11-30")
    assert [segment.tier for segment in found.segments] == ["pro", "max-5x", "max-20x"]


def test_a_plan_is_called_as_on_the_last_day_of_its_segment():
    assert paid([("ultra", "", False)], "2026-09-01", "2026-09-30").segments[0].name == "Max 20x"
    assert paid([("ultra", "", False)], "2026-09-01", "2026-10-01").segments[0].name == "Ultra"


def test_days_before_the_first_plan_have_none():
    found = paid([("pro", "2026-11-21", False)], "2026-11-01", "2026-11-30")
    assert found.days_without_plan == 20
    assert cents(found.price_usd) == "6.67"
    assert segment_on(found, date(2026, 11, 20)) is None
    assert segment_on(found, date(2026, 11, 21)) == 0
    nothing = paid([], "2026-11-01", "2026-11-30")
    assert (nothing.segments, nothing.price_usd, nothing.days_without_plan) == ((), None, 30)


def test_the_monthly_price_stands_in_for_an_annual_one_that_is_not_known():
    found = paid([("max", "", True)], "2026-11-01", "2026-11-30")
    assert (found.price_usd, found.notes) == (100, (ANNUAL_UNKNOWN,))
    assert paid([("pro", "", True)], "2026-11-01", "2026-11-30").notes == ()
    assert paid([("api", "", True)], "2026-11-01", "2026-11-30").notes == ()


def test_an_unknown_price_makes_the_whole_unknown():
    found = paid([("enterprise", "", False)], "2026-04-01", "2026-04-30")
    assert (found.segments[0].price_usd, found.segments[0].billing) == (None, "plan")
    assert cents(found.segments[1].price_usd) == "11.33"  # 20 x 17 / 30
    assert found.segments[1].billing == "list"
    assert found.price_usd is None
    assert found.notes == (PRICE_UNKNOWN,)
    before = paid([("max", "", False)], "2025-03-01", "2025-03-31")
    assert (before.price_usd, before.notes, before.segments[0].billing) == (
        None,
        (PRICE_UNKNOWN,),
        "plan",
    )


def test_seats_and_uncertain_days_of_a_price_are_noted():
    assert paid([("team", "", False)], "2025-12-01", "2025-12-31").notes == (PER_SEAT,)
    assert paid([("team", "", False)], "2025-12-01", "2026-01-31").notes == (
        PER_SEAT,
        PRICE_APPROXIMATE,
    )


def test_a_period_may_be_one_day_or_none():
    assert cents(paid([("ultra", "", False)], "2026-11-24", "2026-11-24").price_usd) == "6.67"
    assert paid([("ultra", "", False)], "2026-11-24", "2026-11-23").segments == ()


def test_an_unknown_plan_is_refused():
    with pytest.raises(UsageError, match="no plan 'gold'"):
        paid([("gold", "", False)], "2026-11-24", "2026-11-24")


days = st.integers(0, 900).map(lambda n: date(2024, 6, 1) + timedelta(days=n))
changes = st.lists(
    st.builds(
        Tier,
        st.sampled_from([tier for tier in TIERS if tier != "education"]),
        st.one_of(st.just(""), days.map(date.isoformat)),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda tier: tier.since,
)


@given(changes, st.lists(days, min_size=3, max_size=3))
def test_splitting_a_period_never_changes_the_sum(tiers, cuts):
    first, middle, last = sorted(cuts)
    whole = prorated(tiers, first, last)
    left = prorated(tiers, first, middle)
    right = prorated(tiers, middle + timedelta(days=1), last)
    assert left.days_without_plan + right.days_without_plan == whole.days_without_plan
    parts = [part.price_usd for part in (left, right) if part.segments]
    if None in parts or not parts:
        assert whole.price_usd is None
    else:
        assert abs(sum(parts) - whole.price_usd) < TINY


@given(changes, days, st.integers(0, 400))
def test_every_day_is_in_one_segment_or_has_no_plan(tiers, first, length):
    period = prorated(tiers, first, first + timedelta(days=length))
    every = [first + timedelta(days=n) for n in range(length + 1)]
    places = [segment_on(period, day) for day in every]
    assert places.count(None) == period.days_without_plan
    for place, segment in enumerate(period.segments):
        assert places.count(place) == segment.days
