"""What holds for the cost to serve any response."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Terms, Usage
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import load_book
from ccmeter.pricing.compute import Triple, compute_cost, compute_rates, coster, total
from ccmeter.pricing.rate import list_cost, rates
from ccmeter.pricing.scenario import SCENARIOS

ASSUMED, BOOK = load_assumptions(), load_book()
COST = coster(ASSUMED, BOOK)

usages = st.builds(Usage, *[st.integers(0, 10**10)] * 6)
models = st.sampled_from(sorted(BOOK.models))
terms = st.builds(
    Terms,
    model=st.one_of(models, models.map(lambda model: f"{model}-fast"), st.just("glm-5.1")),
    requested_model=st.one_of(st.none(), models),
    speed=st.sampled_from([None, "standard", "fast"]),
    geo=st.sampled_from([None, "us", "global"]),
    service_tier=st.sampled_from([None, "standard", "batch", "priority"]),
)
days = st.integers(0, 1100).map(lambda n: (date(2023, 12, 1) + timedelta(days=n)).isoformat())
prompts = st.sampled_from([0, 100_000, 100_001, 200_000, 200_001, 10**6])


def plus(a: Usage, b: Usage) -> Usage:
    return Usage(*(x + y for x, y in zip(a, b, strict=True)))


@given(terms, days, prompts)
def test_no_rate_of_a_lower_scenario_is_above_that_of_a_higher_one_or_list(found, day, prompt):
    ceiling = rates(BOOK, found, day, prompt)
    rows = [compute_rates(ASSUMED, BOOK, found, day, prompt, name) for name in SCENARIOS]
    if ceiling is None:
        assert rows == [None, None, None]
        return
    for low, mid, high, top in zip(*rows, ceiling, strict=True):
        assert 0 <= low <= mid <= high <= top


@given(usages, terms, days, prompts)
def test_no_response_costs_more_than_list_to_serve(usage, found, day, prompt):
    top, cost = list_cost(BOOK, usage, found, day, prompt), COST(usage, found, day, prompt)
    if top is None:
        assert cost is None or not any(usage)
    else:
        assert 0 <= cost.low <= cost.mid <= cost.high <= top


@given(st.lists(usages, max_size=5), terms, days, prompts)
def test_slices_can_be_summed_and_priced_once(parts, found, day, prompt):
    whole = Usage()
    for part in parts:
        whole = plus(whole, part)
    costs = [COST(part, found, day, prompt) for part in parts]
    if None in costs:
        assert COST(whole, found, day, prompt) is None
    else:
        assert COST(whole, found, day, prompt) == total(costs)


@given(usages, usages, terms, days, prompts)
def test_more_of_anything_never_costs_less_to_serve(usage, more, found, day, prompt):
    less, sum = COST(usage, found, day, prompt), COST(plus(usage, more), found, day, prompt)
    assert None in (less, sum) or all(a <= b for a, b in zip(less, sum, strict=True))


@given(usages, st.integers(0, 1000), models, days)
def test_n_times_the_usage_costs_n_times_as_much_to_serve(usage, n, model, day):
    times = Usage(*(count * n for count in usage))
    once = compute_cost(ASSUMED, BOOK, usage, Terms(model), day, 0)
    if once is not None and n:
        found = compute_cost(ASSUMED, BOOK, times, Terms(model), day, 0)
        assert found == Triple(*(n * cost for cost in once))


@given(usages, terms, days, prompts)
def test_a_coster_remembers_rates_and_changes_no_result(usage, found, day, prompt):
    assert COST(usage, found, day, prompt) == compute_cost(ASSUMED, BOOK, usage, found, day, prompt)
