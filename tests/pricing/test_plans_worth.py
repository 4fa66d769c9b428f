"""Who gains: plans against usage, by hand."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.config import Tier
from ccmeter.pricing.compute import Triple
from ccmeter.pricing.prorate import prorated
from ccmeter.pricing.worth import BreakEven, Worth, break_even, by_segment, plan_result

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
DAY = date(2026, 11, 20)


def triple(*amounts) -> Triple:
    return Triple(*(Decimal(str(amount)) for amount in amounts))


def worth(list_cost, compute, extra=0, extra_compute=(0, 0, 0)) -> Worth:
    return Worth(Decimal(list_cost), triple(*compute), Decimal(extra), triple(*extra_compute))


FOUNDING = worth(5000, (117, 500, 1552))


def result(tier: str, *items, period=NOVEMBER, **more):
    found = prorated([Tier(tier, "", False), *more.get("then", ())], *period)
    return plan_result(found, by_segment(found, [i if len(i) == 2 else (DAY, i) for i in items]))


def test_the_founding_example_on_a_200_dollar_plan():
    found = result("max-20x", FOUNDING)
    assert (found.tier, found.name, found.billing) == ("max-20x", "Ultra", "plan")
    assert (found.price_usd, found.list_usd, found.total_usd) == (200, 5000, 200)
    assert (found.value_multiple, found.saving_usd) == (25, 4800)
    assert found.provider_result_usd == (83, -300, -1352)
    assert found.price_used == triple("0.585", "2.5", "7.76")
    assert found.stands == "depends"
    # 200 x 5000 / 117, / 500, / 1552
    assert [round(usd) for usd in found.break_even_list_usd] == [8547, 2000, 644]
    assert found.break_even_month_usd == found.break_even_list_usd


@pytest.mark.parametrize(
    ("tier", "list_cost", "compute", "stands", "saving"),
    [
        ("pro", 10, (1, 2, 5), "earns", -10),  # the API would have been cheaper
        ("pro", 200, (6, 20, 20), "earns", 180),  # exactly even
        ("pro", 200, (6, 21, 60), "depends", 180),
        ("pro", 2000, (60, 200, 600), "loses", 1980),
    ],
)
def test_who_gains_is_said_for_all_scenarios_together(tier, list_cost, compute, stands, saving):
    found = result(tier, worth(list_cost, compute))
    assert (found.stands, found.saving_usd) == (stands, saving)


def test_break_even_of_a_week_is_that_of_its_share_of_the_price():
    week = (date(2026, 11, 17), date(2026, 11, 23))
    found = result("max-20x", worth(1360, ("42.485", "118.4", "384")), period=week)
    cents = Decimal("0.01")
    assert [usd.quantize(cents) for usd in found.break_even_list_usd] == [
        Decimal("1493.86"),  # 46.67 / 0.031239
        Decimal("536.04"),  # 46.67 / 0.087059
        Decimal("165.28"),
    ]
    assert [round(usd) for usd in found.break_even_month_usd] == [6402, 2297, 708]


def test_without_usage_there_is_nothing_to_scale_to_break_even():
    found = result("max-20x")
    assert found.break_even_list_usd == found.break_even_month_usd == BreakEven(None, None, None)
    assert (found.value_multiple, found.saving_usd) == (0, -200)
    assert found.provider_result_usd == (200, 200, 200)
    assert break_even(Decimal(20), worth(10, (0, 1, 2))) == (None, 200, 100)
    assert break_even(None, FOUNDING) == (None, None, None)


def test_fast_mode_is_a_bill_of_its_own_beside_a_plan():
    found = result("max-20x", worth(5000, (117, 500, 1552), 1000, (20, 100, 300)))
    assert (found.price_usd, found.extra_usage_usd, found.total_usd) == (200, 1000, 1200)
    assert (found.list_usd, found.value_multiple, found.saving_usd) == (4000, 20, 3800)
    assert found.provider_result_usd == (103, -200, -1052)


def test_at_the_api_list_price_is_the_price_fast_mode_too():
    found = result("api", worth(5000, (117, 500, 1552), 1000, (20, 100, 300)))
    assert found.billing == "list"
    assert (found.price_usd, found.list_usd, found.extra_usage_usd) == (5000, 5000, 0)
    assert (found.value_multiple, found.saving_usd) == (None, 0)
    assert found.provider_result_usd == (4883, 4500, 3448)
    assert found.break_even_list_usd == found.break_even_month_usd == (None, None, None)
    assert found.stands == "earns"
    assert result("api").price_used is None


def test_enterprise_pays_a_seat_and_list_since_april_2026():
    found = result("enterprise", FOUNDING)
    assert (found.billing, found.price_usd, found.saving_usd) == ("list", 5020, -20)
    assert found.provider_result_usd == (4903, 4520, 3468)


def test_an_unknown_price_leaves_all_that_depends_on_it_unknown():
    march = (date(2026, 3, 1), date(2026, 3, 31))
    found = result("enterprise", (date(2026, 3, 9), FOUNDING), period=march)
    assert (found.billing, found.list_usd) == ("plan", 5000)
    assert found.price_usd is found.total_usd is found.value_multiple is found.saving_usd is None
    assert found.provider_result_usd is found.price_used is found.stands is None
    assert found.break_even_list_usd == (None, None, None)
    assert found.notes == ("price-unknown",)


def test_api_days_and_plan_days_of_one_period_are_priced_each_in_its_way():
    items = [
        (date(2026, 11, 3), worth(100, (3, 10, 30), 40, (1, 4, 12))),
        (date(2026, 11, 20), worth(300, (9, 30, 90), 60, (2, 6, 18))),
    ]
    found = result("api", *items, then=[Tier("max", "2026-11-16", False)])
    assert (found.billing, found.tier) == ("mixed", "max-5x")
    assert found.price_usd == 150  # 100 at list, and half a month of Max
    assert (found.list_usd, found.extra_usage_usd, found.total_usd) == (340, 60, 210)
    assert found.provider_result_usd == (140, 116, 48)  # 150 less 10, 34, 102
    assert found.value_multiple == Decimal(340) / 150
    assert found.break_even_list_usd == (None, None, None)


def test_usage_on_days_without_a_plan_is_left_out():
    found = prorated([Tier("pro", "2026-11-16", False)], *NOVEMBER)
    items = [(date(2026, 11, 15), FOUNDING), (date(2026, 11, 16), worth(30, (1, 3, 9)))]
    compared = plan_result(found, by_segment(found, items))
    assert (compared.price_usd, compared.list_usd, compared.days_without_plan) == (10, 30, 15)


def test_without_any_plan_there_is_no_result():
    found = prorated([], *NOVEMBER)
    none = plan_result(found, by_segment(found, [(DAY, FOUNDING)]))
    assert (none.tier, none.name, none.billing, none.price_usd) == (None, None, None, None)
    assert (none.provider_result_usd, none.days_without_plan) == (None, 30)


money = st.integers(0, 10**9).map(lambda n: Decimal(n) / 1000)
triples = st.builds(Triple, money, money, money)
worths = st.builds(Worth, money, triples, st.just(Decimal()), triples)
days = st.integers(1, 30).map(lambda day: date(2026, 11, day))
tiers = st.sampled_from(["pro", "max", "ultra", "team", "enterprise", "api"])


@given(tiers, st.lists(st.tuples(days, worths), max_size=6), st.integers(1, 29))
def test_the_parts_of_a_month_add_up_to_the_month(tier, items, cut):
    def of(since, until):
        period = prorated([Tier(tier, "", False)], date(2026, 11, since), date(2026, 11, until))
        return plan_result(period, by_segment(period, items))

    whole, left, right = of(1, 30), of(1, cut), of(cut + 1, 30)
    tiny = Decimal("1e-15")
    for field in ("price_usd", "list_usd", "extra_usage_usd", "total_usd", "saving_usd"):
        parts = getattr(left, field) + getattr(right, field)
        assert abs(parts - getattr(whole, field)) < tiny
    both = left.provider_result_usd.plus(right.provider_result_usd)
    assert all(abs(a - b) < tiny for a, b in zip(both, whole.provider_result_usd, strict=True))


@given(st.lists(st.tuples(days, worths), max_size=6))
def test_usage_is_spread_over_segments_without_loss(items):
    period = prorated([Tier("pro", "", False), Tier("max", "2026-11-11", False)], *NOVEMBER)
    left, right = by_segment(period, items)
    whole = Worth()
    for _, each in items:
        whole = whole.plus(each)
    assert left.plus(right) == whole
