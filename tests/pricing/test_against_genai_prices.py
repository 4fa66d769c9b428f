"""Every model, any day and usage, priced by an independent table (genai-prices 0.2.3).

Where the two differ the difference is listed in GAPS with its reason; a random call in a gap is
not compared, and a test of its own shows that the gap is still one. When genai-prices closes a
gap that test fails: then take the gap out.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import load_book
from ccmeter.pricing.rate import list_cost

BOOK = load_book()
TODAY = date(2026, 11, 24)
UNKNOWN_THERE = {"claude-mythos-preview", "claude-mythos-5", "claude-mythos-5-1"}
NO_SEARCH_THERE = {"claude-3-haiku", "claude-3-opus", "claude-3-sonnet"}  # never had the tool
NO_BATCH_THERE = {  # its batch prices are those of 2026-10-14 and of models active then
    *NO_SEARCH_THERE,
    "claude-3-5-haiku",
    "claude-3-5-sonnet",
    "claude-3-7-sonnet",
    "claude-sonnet-4",
    "claude-opus-4",
    "claude-opus-4-1",
}
MODELS = sorted(set(BOOK.models) - UNKNOWN_THERE)
FAST_THERE = [
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-fable-5-2",
    "claude-mythos-5-2",
]
BATCH_THERE = sorted(set(MODELS) - NO_BATCH_THERE)


class Gap(NamedTuple):
    """A difference: days from `first` until before `until`, prompts over `over`."""

    model: str
    first: str
    until: str
    over: int
    ours: str  # USD of USAGE below
    theirs: str
    why: str


# 1,000 in, 1,000 out, 10,000 read, 2,000 written for 5 minutes, 300,000 for an hour
USAGE = Usage(1_000, 1_000, 10_000, 2_000, 300_000)
GAPS = [
    Gap("claude-3-5-haiku", "2024-11-04", "2024-12-03", -1, "0.6095", "0.4876", "launch price"),
    Gap("claude-sonnet-4", "2025-08-12", "2026-04-30", 200_000, "3.6495", "1.8285", "no tier"),
    # such requests fail since the 1M beta ended, so the tier has no end there
    Gap(
        "claude-sonnet-4-5",
        "2026-04-30",
        "2027-01-01",
        200_000,
        "1.8285",
        "3.6495",
        "tier without end",
    ),
    # ours is right: the cut came on 2026-10-07
    Gap("claude-sonnet-5-5", "2026-09-28", "2026-10-07", -1, "1.219", "1.218", "later read price"),
]


def theirs(model, usage, day, context=None):
    from genai_prices import Usage as Their
    from genai_prices import calc_price

    usage = Their(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        cache_write_5m_tokens=usage.cache_write_5m_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        web_searches=usage.web_searches,
    )
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    return calc_price(
        usage,
        model,
        provider_id="anthropic",
        genai_request_timestamp=noon,
        price_context=context,
    ).total_price


def ours(model, usage, day, **terms):
    return list_cost(BOOK, usage, Terms(model, **terms), day, usage.prompt_tokens)


def in_gap(model, day, prompt):
    return any(
        gap.model == model and gap.first <= day < gap.until and prompt > gap.over for gap in GAPS
    )


@st.composite
def calls(draw, models=MODELS):
    model = draw(st.sampled_from(models))
    first = date.fromisoformat(BOOK.models[model].prices[0].start)
    edges = [date.fromisoformat(price.start) for price in BOOK.models[model].prices]
    near = [edge + timedelta(days=n) for edge in edges for n in (-1, 0, 1)]
    days = st.dates(first, TODAY) | st.sampled_from([day for day in near if first <= day <= TODAY])
    counts = st.integers(0, 150_000) | st.sampled_from([0, 1, 100_000, 100_001, 200_000, 200_001])
    searches = 0 if model in NO_SEARCH_THERE else draw(st.integers(0, 20))
    usage = Usage(*(draw(counts) for _ in range(5)), searches)
    return model, draw(days).isoformat(), usage


@settings(max_examples=600, deadline=None)
@given(calls())
def test_a_random_call_costs_the_same_in_both_tables(call):
    model, day, usage = call
    assume(not in_gap(model, day, usage.prompt_tokens))
    assert ours(model, usage, day) == theirs(model, usage, day)


@settings(max_examples=200, deadline=None)
@given(calls(FAST_THERE))
def test_a_fast_call_costs_the_same_in_both_tables(call):
    model, _, usage = call
    found = theirs(model, usage, "2026-11-24", {"speed": "fast"})
    assert ours(model, usage, "2026-11-24", speed="fast") == found


@settings(max_examples=200, deadline=None)
@given(calls(BATCH_THERE))
def test_a_batch_call_costs_the_same_in_both_tables(call):
    model, _, usage = call
    assume(not in_gap(model, "2026-11-24", usage.prompt_tokens))
    found = theirs(model, usage, "2026-11-24", {"processing": "batch"})
    assert ours(model, usage, "2026-11-24", service_tier="batch") == found


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: f"{gap.model} {gap.why}")
def test_a_listed_gap_is_still_a_gap(gap):
    for day in (gap.first, min(gap.until, "2026-11-25")):
        last = day if day == gap.first else (date.fromisoformat(day) - timedelta(1)).isoformat()
        assert ours(gap.model, USAGE, last) == Decimal(gap.ours)
        assert theirs(gap.model, USAGE, last) == Decimal(gap.theirs)


@pytest.mark.parametrize("model", sorted(UNKNOWN_THERE))
def test_the_models_left_out_are_still_unknown_there(model):
    with pytest.raises(LookupError):
        theirs(model, USAGE, "2026-11-24")


@pytest.mark.parametrize("model", sorted(NO_SEARCH_THERE))
def test_the_first_claude_3_models_still_have_no_search_price_there(model):
    searched = USAGE._replace(web_searches=1)
    assert theirs(model, searched, "2026-11-24") == theirs(model, USAGE, "2026-11-24")


@pytest.mark.parametrize("model", sorted(NO_BATCH_THERE))
def test_batch_prices_of_old_models_are_still_missing_there(model):
    standard = theirs(model, USAGE, "2026-11-24")
    assert theirs(model, USAGE, "2026-11-24", {"processing": "batch"}) == standard


@pytest.mark.parametrize(
    "model", [m for m in BATCH_THERE if BOOK.models[m].prices[0].start < "2026-10-13"]
)
def test_batch_prices_before_october_14_are_still_missing_there(model):
    standard = theirs(model, USAGE, "2026-10-13")
    assert theirs(model, USAGE, "2026-10-13", {"processing": "batch"}) == standard


def test_fast_prices_are_listed_for_the_compared_models_only():
    fast = {id for id, model in BOOK.models.items() if model.prices[-1].fast}
    assert fast - set(FAST_THERE) == {"claude-opus-4-6"}


@pytest.mark.parametrize("model", ["claude-fable-5-2[1m]", "claude-haiku-5-5[1m]"])
def test_names_with_a_context_window_are_still_unknown_there(model):
    with pytest.raises(LookupError):
        theirs(model, USAGE, "2026-11-24")
    assert ours(model, USAGE, "2026-11-24") is not None


@pytest.mark.parametrize(
    ("model", "day"), [("claude-opus-4-6", "2026-03-13"), ("claude-opus-4-7", "2026-07-23")]
)
def test_fast_mode_at_six_times_the_price_is_still_missing_there(model, day):
    standard = theirs(model, USAGE, day)
    assert theirs(model, USAGE, day, {"speed": "fast"}) == standard
    assert ours(model, USAGE, day, speed="fast") == 6 * standard
