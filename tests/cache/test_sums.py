"""What sums over requests say about a session."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from ccmeter.cache.judge import judge
from ccmeter.cache.steps import Step
from ccmeter.cache.tally import Losses, Tally, add, figures, inflation, tally

MakeStep = Callable[..., Step]


def story(step: MakeStep) -> list[Step]:
    """A start, a hit, one rebuild of each class, and one of a model without a price."""
    steps = [
        step(0, write_1h=100_000),
        step(60, read=100_000, write_1h=500),
        step(120, read=0, write_1h=100_000),  # suspect, 100,000 lost
        step(180, read=60_000, write_1h=40_000),  # partial, 40,000
        step(5_000, read=0, write_1h=100_000),  # idle, 100,000
        step(5_060, write_1h=100_000, marks=("compact:auto",)),  # expected, 100,000
        step(5_120, write_1h=100_000, prices=None, cost_usd=None),  # suspect, 100,000
    ]
    return [one._replace(input_tokens=0) for one in steps]


def test_each_class_of_rebuild_is_summed_apart(step: MakeStep) -> None:
    found = tally(judge(story(step)))
    price = Decimal("0.95")  # of 100,000 tokens

    assert found.suspect == Losses(2, 200_000, price, step(120).start_ms)
    assert found.partial == Losses(1, 40_000, Decimal("0.38"), step(180).start_ms)
    assert found.idle == Losses(1, 100_000, price, step(5_000).start_ms)
    assert found.expected == Losses(1, 100_000, price, step(5_060).start_ms)
    assert (found.requests, found.unpriced) == (7, 1)
    assert found.exposed == 4  # a hit, two suspects, a partial


def test_the_figures_of_a_session(step: MakeStep) -> None:
    steps = [
        step(0, write_1h=100_000, cost_usd=Decimal(4)),
        step(60, read=100_000, write_1h=9_998, cost_usd=Decimal(2)),
        step(120, read=0, write_1h=200_000, cost_usd=Decimal("3.045")),
    ]
    found = figures(tally(judge(steps)))

    assert found.hit_ratio == 100_000 / (100_002 + 110_000 + 200_002)
    assert found.cost_usd == Decimal("9.045")
    assert found.suspect_usd == Decimal("1.044981")  # 109,998 x $9.50
    assert found.inflation_bug == pytest.approx(9.045 / (9.045 - 1.044981))


def test_the_figures_name_what_each_class_of_rebuild_cost(step: MakeStep) -> None:
    sums = tally(judge(story(step)))
    found = figures(sums)

    assert (found.idle_usd, found.expected_usd, found.partial_usd) == (
        Decimal("0.95"), Decimal("0.95"), Decimal("0.38"),
    )  # fmt: skip


def test_nothing_has_no_ratios() -> None:
    found = figures(Tally())

    assert (found.hit_ratio, found.inflation_bug) == (None, None)
    assert inflation(Decimal(2), Decimal(2)) is None


def test_sums_of_parts_add_up_to_the_sums_of_the_whole(step: MakeStep) -> None:
    judged = judge(story(step))

    for cut in range(len(judged) + 1):
        parts = tally(judged[:cut]), tally(judged[cut:])
        assert add(*parts) == add(*reversed(parts)) == tally(judged)
