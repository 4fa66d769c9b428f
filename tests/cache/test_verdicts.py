"""What a request should have read, and what it is called when it did or did not."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from ccmeter.cache.judge import Judged, judge
from ccmeter.cache.steps import Step, StepPrices

MakeStep = Callable[..., Step]


def verdicts(*steps: Step) -> list[str]:
    return [judged.verdict for judged in judge(steps)]


def last(*steps: Step) -> Judged:
    return judge(steps)[-1]


def test_the_first_request_of_a_thread_is_cold_whatever_it_reads(step: MakeStep) -> None:
    assert verdicts(step(0, read=500_000)) == ["cold"]
    assert verdicts(step(0, write_1h=500_000)) == ["cold"]
    assert verdicts(step(0, input_tokens=111_064)) == ["cold"]


def test_what_was_read_and_written_is_expected_again(step: MakeStep) -> None:
    judged = last(step(0, read=30_000, write_1h=3_000), step(20, read=33_000, write_1h=500))

    assert (judged.verdict, judged.expected_read, judged.lost_tokens) == ("ok", 33_000, 0)
    assert (judged.gap_s, judged.excess_usd, judged.cause) == (20.0, 0, None)


def test_output_and_the_uncached_tail_are_not_expected(step: MakeStep) -> None:
    before = step(0, read=30_000, input_tokens=9_000, output_tokens=20_000)

    assert last(before, step(20, read=30_000, write_1h=29_000)).verdict == "ok"


def test_a_shorter_prompt_is_not_expected_to_read_more_than_it_holds(step: MakeStep) -> None:
    judged = last(step(0, write_1h=90_000), step(20, read=60_000, write_1h=1_000))

    assert (judged.verdict, judged.expected_read) == ("ok", 61_002)


@pytest.mark.parametrize(
    ("read", "verdict"),
    [
        (95_000, "ok"),  # 95 % of 100,000
        (94_999, "partial_rebuild"),
        (50_000, "partial_rebuild"),  # half is kept
        (49_999, "suspect_rebuild"),
        (0, "suspect_rebuild"),
    ],
)
def test_the_limits_of_a_rebuild(step: MakeStep, read: int, verdict: str) -> None:
    assert last(step(0, write_1h=100_000), step(9, read, 120_000 - read)).verdict == verdict


@pytest.mark.parametrize(
    ("expected", "read", "verdict"),
    [
        (12_000, 2_001, "partial_rebuild"),  # 9,999 lost
        (12_000, 2_000, "suspect_rebuild"),  # 10,000 lost
        (8_000, 6_001, "ok"),  # 1,999 lost
        (8_000, 6_000, "partial_rebuild"),
    ],
)
def test_small_losses_are_not_material(
    step: MakeStep, expected: int, read: int, verdict: str
) -> None:
    assert last(step(0, write_1h=expected), step(9, read, 20_000)).verdict == verdict


def test_reading_more_than_expected_is_fine(step: MakeStep) -> None:
    assert last(step(0, read=29_874, write_1h=2_496), step(9, read=32_646)).verdict == "ok"


def test_a_tail_that_is_cached_only_in_part_is_partly_ok(step: MakeStep) -> None:
    before = step(0, read=49_029, write_1h=11_910, input_tokens=14_368)

    assert last(before, step(9, read=66_870, write_1h=3_350)).verdict == "partial_ok"
    assert last(before, step(9, read=66_870, write_1h=1_998)).verdict == "partial_ok"  # 2,000 short
    assert last(before, step(9, read=66_870, write_1h=1_997)).verdict == "ok"
    assert last(before, step(9, read=60_939, write_1h=17_731)).verdict == "ok"


def test_a_large_uncached_tail_is_named(step: MakeStep) -> None:
    before = step(0, read=8_192, input_tokens=60_000)

    assert last(before, step(9, read=8_192, input_tokens=62_000)).verdict == "uncached_tail"
    assert last(before, step(9, read=8_192, input_tokens=10_000)).verdict == "uncached_tail"
    assert last(before, step(9, read=8_192, input_tokens=9_999)).verdict == "ok"
    assert last(before, step(9, read=80_000, input_tokens=20_000)).verdict == "uncached_tail"
    assert last(before, step(9, read=80_000, input_tokens=19_999)).verdict == "ok"  # under 20 %


def test_a_thread_without_any_cache_is_uncached_and_its_first_cached_request_cold(
    step: MakeStep,
) -> None:
    plain = [step(n, input_tokens=5_000 + n) for n in range(3)]

    assert verdicts(*plain, step(9, read=5_000), step(20, read=5_000)) == [
        "cold", "uncached", "uncached", "cold", "ok",
    ]  # fmt: skip


def test_a_cache_that_is_no_longer_used_is_a_rebuild_at_the_input_price(step: MakeStep) -> None:
    judged = last(step(0, write_1h=100_000), step(9, input_tokens=101_000))

    assert judged.verdict == "suspect_rebuild"
    assert judged.excess_usd == Decimal("0.45")  # 100,000 x ($5 - $0.50)


def test_caching_that_was_switched_off_is_no_rebuild(step: MakeStep) -> None:
    off = step(9, input_tokens=101_000, cache_requested="off")
    judged = last(step(0, write_1h=100_000), off)

    assert (judged.verdict, judged.lost_tokens) == ("uncached", 0)


def test_a_rebuild_costs_the_write_price_less_the_read_price(step: MakeStep) -> None:
    judged = last(step(0, write_1h=100_000), step(9, read=0, write_1h=150_000))

    assert (judged.lost_tokens, judged.is_material) == (100_000, True)
    assert judged.excess_usd == Decimal("0.95")  # 100,000 x ($10 - $0.50)


def test_a_write_of_both_lifetimes_costs_their_mean(step: MakeStep) -> None:
    judged = last(step(0, write_1h=100_000), step(9, read=0, write_1h=75_000, write_5m=25_000))

    assert judged.excess_usd == Decimal("0.85625")  # 0.75 x 10 + 0.25 x 6.25 - 0.5


def test_what_was_not_written_again_costs_the_input_price(step: MakeStep) -> None:
    judged = last(step(0, write_1h=100_000), step(9, write_1h=60_000, input_tokens=50_000))

    assert judged.excess_usd == Decimal("0.75")  # 60,000 x 9.5 + 40,000 x 4.5


def test_an_excess_is_never_negative(step: MakeStep) -> None:
    odd = StepPrices(Decimal(1), Decimal(9), Decimal(1), Decimal(1))
    judged = last(step(0, write_1h=100_000), step(9, write_1h=120_000, prices=odd))

    assert judged.excess_usd == 0


def test_an_unknown_price_is_no_zero(step: MakeStep) -> None:
    judged = last(step(0, write_1h=100_000), step(9, write_1h=120_000, prices=None))

    assert (judged.excess_usd, judged.lost_tokens) == (None, 100_000)


def test_each_model_has_a_cache_of_its_own(step: MakeStep) -> None:
    there = step(0, write_1h=100_000)
    other = step(30, write_1h=101_000, model="claude-sonnet-5")
    back = step(60, read=100_000, write_1h=2_000)
    lost = step(60, read=0, write_1h=102_000)

    assert verdicts(there, other, back) == ["cold", "expected_rebuild", "ok"]
    assert last(there, other, back).expected_read == 100_000
    assert last(there, other, lost).verdict == "expected_rebuild"


def test_models_are_remembered_while_they_take_turns(step: MakeStep) -> None:
    sizes = {"claude-opus-5": 100_000, "claude-sonnet-5": 101_000, "claude-haiku-4-5": 102_000}
    turns = [*sizes, *sizes, *sizes]
    steps = [
        step(n, sizes[model] if n > 2 else 0, 0 if n > 2 else sizes[model], model=model)
        for n, model in enumerate(turns)
    ]

    assert [one.expected_read for one in judge(steps)][3:] == [*sizes.values()] * 2


def test_many_models_are_remembered_but_not_for_ever(step: MakeStep) -> None:
    models = [f"claude-opus-{n}" for n in range(9)]
    tour = [step(n, write_1h=100_000, model=model) for n, model in enumerate(models)]

    assert last(*tour, step(20, read=100_000, model="claude-opus-7")).expected_read == 100_000
    again = last(*tour, step(20, read=0, write_1h=100_000, model="claude-opus-0"))
    assert again.verdict == "expected_rebuild"


def test_copied_requests_are_cold_and_the_next_one_is_warm_inside_the_lifetime(
    step: MakeStep,
) -> None:
    copies = [step(0, write_1h=50_000, copied=True), step(9, read=9_000, copied=True)]
    soon = step(60, read=9_000, write_1h=200)
    late = step(9_000, read=0, write_1h=9_000)

    assert verdicts(*copies, soon) == ["cold", "cold", "ok"]
    assert verdicts(*copies, late) == ["cold", "cold", "cold"]


def test_parallel_requests_are_compared_with_what_had_ended_before_them(step: MakeStep) -> None:
    first = step(0, write_1h=60_000)
    slow = step(10, read=60_000, write_1h=40_000, end_ms=step(99).start_ms)
    sibling = step(11, read=60_000, write_1h=30_000)  # while the slow one runs
    third = step(20, read=90_000, write_1h=500)
    as_it_ends = step(99, read=100_000, write_1h=700)
    after = step(100, read=100_700, write_1h=200)
    steps = [first, slow, sibling, third, as_it_ends, after]

    assert verdicts(*steps) == ["cold", "ok", "ok", "ok", "ok", "ok"]
    assert [judged.expected_read for judged in judge(steps)] == [
        0, 60_000, 60_000, 90_000, 100_000, 100_700,
    ]  # fmt: skip


def test_a_request_that_began_when_the_other_ended_is_not_parallel(step: MakeStep) -> None:
    first = step(0, write_1h=60_000, end_ms=step(5).start_ms)

    assert verdicts(first, step(5, read=60_000)) == ["cold", "ok"]


def test_siblings_of_the_very_first_request_are_cold_too(step: MakeStep) -> None:
    first = step(0, write_1h=60_000, end_ms=step(50).start_ms)

    assert verdicts(first, step(1, write_1h=60_000), step(60, read=60_000)) == [
        "cold", "cold", "ok",
    ]  # fmt: skip


def test_a_model_that_is_not_priced_or_not_claude_is_judged_all_the_same(step: MakeStep) -> None:
    foreign = {"model": "glm-5.1", "is_claude": False, "prices": None}

    assert verdicts(step(0, write_1h=90_000, **foreign), step(9, write_1h=90_000, **foreign)) == [
        "cold", "suspect_rebuild",
    ]  # fmt: skip
