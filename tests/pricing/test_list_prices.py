"""Prices and costs worked out by hand from the published price lists."""

from decimal import Decimal

import pytest

from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import load_book
from ccmeter.pricing.rate import list_cost, rates

# model, first day, last day: input, output, cache read, write 5m, write 1h
FIVE = """
claude-3-haiku         2024-03-13 2026-11-24   0.25 1.25 0.03 0.30  0.50
claude-3-sonnet        2024-03-04 2026-11-24   3    15   0.30 3.75  6
claude-3-opus          2024-03-04 2026-11-24   15   75   1.50 18.75 30
claude-3-5-haiku       2024-11-04 2024-12-02   1    5    0.10 1.25  2
claude-3-5-haiku       2024-12-03 2026-11-24   0.80 4    0.08 1     1.60
claude-3-5-sonnet      2024-06-20 2026-11-24   3    15   0.30 3.75  6
claude-3-7-sonnet      2025-02-24 2026-11-24   3    15   0.30 3.75  6
claude-sonnet-4        2025-05-22 2026-11-24   3    15   0.30 3.75  6
claude-opus-4          2025-05-22 2026-11-24   15   75   1.50 18.75 30
claude-opus-4-1        2025-08-05 2026-11-24   15   75   1.50 18.75 30
claude-sonnet-4-5      2025-09-29 2026-11-24   3    15   0.30 3.75  6
claude-haiku-4-5       2025-10-15 2026-11-24   1    5    0.10 1.25  2
claude-opus-4-5        2025-11-24 2026-11-24   5    25   0.50 6.25  10
claude-opus-4-6        2026-02-05 2026-11-24   5    25   0.50 6.25  10
claude-sonnet-4-6      2026-02-17 2026-11-24   3    15   0.30 3.75  6
claude-mythos-preview  2026-04-07 2026-11-24   25   125  2.50 31.25 50
claude-opus-4-7        2026-04-16 2026-11-24   5    25   0.50 6.25  10
claude-opus-4-8        2026-05-28 2026-11-24   5    25   0.50 6.25  10
claude-fable-5         2026-06-09 2026-11-24   10   50   1.00 12.50 20
claude-mythos-5        2026-06-09 2026-11-24   10   50   1.00 12.50 20
claude-sonnet-5        2026-06-30 2026-11-24   2    10   0.20 2.50  4
claude-opus-5          2026-07-24 2026-11-24   5    25   0.50 6.25  10
claude-fable-5-1       2026-09-01 2026-11-24   10   50   0.25 12.50 20
claude-mythos-5-1      2026-09-01 2026-11-24   10   50   0.25 12.50 20
claude-opus-5-5        2026-09-22 2026-11-24   4    20   0.20 5     8
claude-sonnet-5-5      2026-09-28 2026-10-06   2    10   0.20 2.50  4
claude-sonnet-5-5      2026-10-07 2026-11-24   2    10   0.10 2.50  4
claude-haiku-5-5       2026-10-07 2026-11-24   0.10 0.50 0.01 0.125 0.20
claude-fable-5-2       2026-11-09 2026-11-24   8    40   0.20 10    16
claude-mythos-5-2      2026-11-09 2026-11-24   8    40   0.20 10    16
"""

# 1,000 in, 1,000 out, 10,000 read, 2,000 written for 5 minutes, 1,000 for an hour:
# (input + output + 10 x read + 2 x write 5m + write 1h) / 1000
USAGE = Usage(1_000, 1_000, 10_000, 2_000, 1_000)
FAST, US, BATCH = {"speed": "fast"}, {"geo": "us"}, {"service_tier": "batch"}

COSTS = [
    # model, day, prompt tokens, terms, USD
    ("claude-3-haiku", "2024-06-01", 14_000, {}, "0.0029"),
    ("claude-3-opus", "2024-06-01", 14_000, {}, "0.1725"),
    ("claude-3-5-haiku", "2024-12-02", 14_000, {}, "0.0115"),
    ("claude-3-5-haiku", "2024-12-03", 14_000, {}, "0.0092"),
    # Sonnet 4: a tier from 2025-08-12 to 2026-04-29
    ("claude-sonnet-4", "2025-08-11", 200_001, {}, "0.0345"),
    ("claude-sonnet-4", "2025-08-12", 200_000, {}, "0.0345"),
    ("claude-sonnet-4", "2025-08-12", 200_001, {}, "0.0615"),
    ("claude-sonnet-4", "2026-04-29", 200_001, {}, "0.0615"),
    ("claude-sonnet-4", "2026-04-30", 200_001, {}, "0.0345"),
    ("claude-sonnet-4-5", "2025-09-29", 200_000, {}, "0.0345"),
    ("claude-sonnet-4-5", "2025-09-29", 200_001, {}, "0.0615"),
    ("claude-sonnet-4-5", "2026-04-29", 200_001, {}, "0.0615"),
    ("claude-sonnet-4-5", "2026-04-30", 200_001, {}, "0.0345"),
    ("claude-sonnet-4-6", "2026-03-12", 200_000, {}, "0.0345"),
    ("claude-sonnet-4-6", "2026-03-12", 200_001, {}, "0.0615"),
    ("claude-sonnet-4-6", "2026-03-13", 200_001, {}, "0.0345"),
    # Opus 4.6: a tier to 2026-03-12; fast from 02-07, at half price to 02-16, each with a tier
    ("claude-opus-4-6", "2026-02-06", 14_000, FAST, "0.0575"),
    ("claude-opus-4-6", "2026-02-06", 200_001, FAST, "0.1025"),
    ("claude-opus-4-6", "2026-02-07", 200_000, FAST, "0.1725"),
    ("claude-opus-4-6", "2026-02-07", 200_001, FAST, "0.3075"),
    ("claude-opus-4-6", "2026-02-16", 200_000, FAST, "0.1725"),
    ("claude-opus-4-6", "2026-02-16", 200_001, FAST, "0.3075"),
    ("claude-opus-4-6", "2026-02-17", 200_000, FAST, "0.345"),
    ("claude-opus-4-6", "2026-02-17", 200_001, FAST, "0.615"),
    ("claude-opus-4-6", "2026-03-12", 200_001, FAST, "0.615"),
    ("claude-opus-4-6", "2026-03-13", 900_000, FAST, "0.345"),
    ("claude-opus-4-6", "2026-03-12", 200_000, {}, "0.0575"),
    ("claude-opus-4-6", "2026-03-12", 200_001, {}, "0.1025"),
    ("claude-opus-4-6", "2026-03-13", 200_001, {}, "0.0575"),
    # Opus 4.7: fast from 05-14 to 07-23; before and after, the standard price
    ("claude-opus-4-7", "2026-05-13", 14_000, FAST, "0.0575"),
    ("claude-opus-4-7", "2026-05-14", 14_000, FAST, "0.345"),
    ("claude-opus-4-7", "2026-07-23", 900_000, FAST, "0.345"),
    ("claude-opus-4-7", "2026-07-24", 14_000, FAST, "0.0575"),
    # Opus 4.8: the announced end of fast mode on 2026-11-30 does not change the price of a
    # response that was served fast
    ("claude-opus-4-8", "2026-05-28", 900_000, {}, "0.0575"),
    ("claude-opus-4-8", "2026-05-28", 14_000, FAST, "0.115"),
    ("claude-opus-4-8", "2026-11-30", 14_000, FAST, "0.115"),
    ("claude-opus-5", "2026-07-24", 14_000, FAST, "0.115"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {}, "0.044"),
    ("claude-opus-5-5", "2026-11-24", 900_000, FAST, "0.088"),
    ("claude-fable-5-2", "2026-11-09", 14_000, {}, "0.086"),
    ("claude-fable-5-2", "2026-11-09", 14_000, FAST, "0.172"),
    ("claude-mythos-5-2", "2026-11-09", 14_000, FAST, "0.172"),
    # never had a fast mode
    ("claude-fable-5", "2026-11-24", 14_000, FAST, "0.115"),
    ("claude-sonnet-5-5", "2026-11-24", 14_000, FAST, "0.022"),
    # a price cut of reads alone
    ("claude-sonnet-5-5", "2026-10-06", 14_000, {}, "0.023"),
    ("claude-sonnet-5-5", "2026-10-07", 14_000, {}, "0.022"),
    # the announced rise of Sonnet 5 on 2026-09-01 was cancelled
    ("claude-sonnet-5", "2026-08-31", 14_000, {}, "0.023"),
    ("claude-sonnet-5", "2026-09-01", 14_000, {}, "0.023"),
    # Haiku 5.5: its threshold is 100,000
    ("claude-haiku-5-5", "2026-10-07", 99_999, {}, "0.00115"),
    ("claude-haiku-5-5", "2026-10-07", 100_000, {}, "0.00115"),
    ("claude-haiku-5-5", "2026-10-07", 100_001, {}, "0.00575"),
    ("claude-haiku-5-5", "2026-11-24", 200_001, {}, "0.00575"),
    # 5.1 is not 5: reads cost a quarter
    ("claude-fable-5", "2026-09-02", 14_000, {}, "0.115"),
    ("claude-fable-5-1", "2026-09-02", 14_000, {}, "0.1075"),
    # US-only inference: Opus 4.6, Sonnet 4.6 and later, on every token
    ("claude-opus-4-5", "2026-11-24", 14_000, US, "0.0575"),
    ("claude-sonnet-4-5", "2026-11-24", 14_000, US, "0.0345"),
    ("claude-haiku-4-5", "2026-11-24", 14_000, US, "0.0115"),
    ("claude-opus-4-6", "2026-11-24", 14_000, US, "0.06325"),
    ("claude-sonnet-4-6", "2026-11-24", 14_000, US, "0.03795"),
    ("claude-mythos-preview", "2026-05-01", 14_000, US, "0.31625"),
    ("claude-fable-5-1", "2026-11-24", 14_000, US, "0.11825"),
    ("claude-mythos-5-2", "2026-11-24", 14_000, US, "0.0946"),
    ("claude-haiku-5-5", "2026-11-24", 100_001, US, "0.006325"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {"geo": "global"}, "0.044"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {"geo": "not_available"}, "0.044"),
    # batch is half, and stacks
    ("claude-opus-5-5", "2026-11-24", 14_000, BATCH, "0.022"),
    ("claude-haiku-5-5", "2026-11-24", 100_001, BATCH, "0.002875"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {**BATCH, **US}, "0.0242"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {**FAST, **US}, "0.0968"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {"service_tier": "priority"}, "0.044"),
    ("claude-opus-5-5", "2026-11-24", 14_000, {"speed": "standard"}, "0.044"),
    # written forms
    ("us.anthropic.claude-opus-4-6-v1:0", "2026-03-12", 200_001, {}, "0.1025"),
    ("claude-sonnet-4-5@20250929", "2025-12-01", 14_000, {}, "0.0345"),
    ("claude-fable-5-2[1m]", "2026-11-24", 900_000, {}, "0.086"),
    ("claude-haiku-5-5[1m]", "2026-11-24", 100_000, {}, "0.00115"),
    ("claude-opus-4-6-fast", "2026-03-13", 14_000, {}, "0.345"),
    ("claude-opus-4-6-fast", "2026-03-13", 14_000, {"speed": "standard"}, "0.0575"),
]


@pytest.mark.parametrize("row", FIVE.split("\n")[1:-1])
def test_a_model_has_its_five_published_prices_on_the_first_and_last_day(row):
    model, first, last, *prices = row.split()
    expected = tuple(map(Decimal, prices))
    for day in (first, last):
        assert rates(load_book(), Terms(model), day, 100_000) == expected


@pytest.mark.parametrize(("model", "day", "prompt", "terms", "usd"), COSTS)
def test_a_response_costs_what_the_price_list_of_its_day_says(model, day, prompt, terms, usd):
    cost = list_cost(load_book(), USAGE, Terms(model, **terms), day, prompt)
    assert cost == Decimal(usd)


@pytest.mark.parametrize(
    ("day", "read", "usd"),
    [
        ("2026-03-01", 120_000, "0.690"),
        ("2026-03-01", 220_000, "1.4675"),
        ("2026-03-14", 220_000, "0.740"),
    ],
)
def test_the_worked_examples_of_opus_4_6(day, read, usd):
    usage = Usage(1_000, 1_000, read, 0, 60_000)
    cost = list_cost(load_book(), usage, Terms("claude-opus-4-6"), day, usage.prompt_tokens)
    assert cost == Decimal(usd)


def test_every_model_of_the_book_stands_in_the_table_of_five_prices():
    assert {row.split()[0] for row in FIVE.split("\n")[1:-1]} == set(load_book().models)


@pytest.mark.parametrize("terms", [{}, FAST, US, BATCH, {**FAST, **US, **BATCH}])
def test_a_web_search_costs_one_cent_whatever_the_terms(terms):
    book, terms = load_book(), Terms("claude-opus-5-5", **terms)
    with_search = list_cost(book, USAGE._replace(web_searches=3), terms, "2026-11-24", 14_000)
    assert with_search - list_cost(book, USAGE, terms, "2026-11-24", 14_000) == Decimal("0.03")


def test_the_clients_own_error_messages_cost_nothing():
    assert list_cost(load_book(), USAGE, Terms("<synthetic>"), "2026-11-24", 0) == 0


@pytest.mark.parametrize(
    "model", ["", "glm-5.1", "claude-zeta-9", "claude-haiku-5", "claude-opus", "claude-fable-5-3"]
)
def test_an_unknown_model_is_unpriced_and_not_the_nearest_one(model):
    assert list_cost(load_book(), USAGE, Terms(model), "2026-11-24", 14_000) is None
