"""Sums of a report that are made from other sums."""

from decimal import Decimal

from metered import Place, answer

DAY = 24 * 60
PRICE = Decimal("0.014")  # of one answer; see metered.answer


def test_tokens_without_a_price_are_not_compared_with_other_hosts(place: Place) -> None:
    place.write("s", answer("s", "m1", 1))
    alone = place.sync().report().elsewhere
    place.write("t", answer("t", "m2", 2, model="glm-5.1"))

    found = place.sync().report()

    assert (found.totals.unpriced_models, found.totals.unpriced_tokens) == (("glm-5.1",), 1500)
    assert found.elsewhere == alone


def test_a_month_is_the_sum_of_its_days_and_the_total_that_of_all(place: Place) -> None:
    for number, day in enumerate((-31, -30, -1, 0, 7, 8)):  # from 23 October to 1 December
        place.write(f"s{number}", answer(f"s{number}", f"m{number}", day * DAY))
    place.write("t", answer("t", "m9", 8 * DAY, model="glm-5.1", stop_reason=None))

    found = place.sync().report(since="2026-10-01", until="2026-12-31", by="month")

    assert [(row.key, row.totals.responses, row.totals.list_cost) for row in found.rows] == [
        ("2026-10", 2, 2 * PRICE),
        ("2026-11", 3, 3 * PRICE),
        ("2026-12", 2, PRICE),
    ]
    assert (found.totals.responses, found.totals.unfinished) == (7, 1)
    assert found.totals.list_cost == 6 * PRICE == sum(found.totals.costs)
    assert found.totals.usage.tokens == 7 * 1500
    assert (found.totals.unpriced_responses, found.totals.unpriced_models) == (1, ("glm-5.1",))
