"""From the published price list to a model: what is taken, what is derived, what is refused."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.errors import CcmeterError
from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import Refreshed, load_book
from ccmeter.pricing.fetched import tariffs
from ccmeter.pricing.published import read_published
from ccmeter.pricing.rate import entry_for, list_cost
from ccmeter.pricing.refreshed import read_refreshed, renewed, write_refreshed

TODAY = "2026-11-28"
FIVE = {
    "input_mtok": 3,
    "output_mtok": 15,
    "cache_read_mtok": 0.15,
    "cache_write_mtok": 3.75,
    "cache_write_1h_mtok": 6,
    "web_searches_kcount": 10,
}
FAST = {
    "input_mtok": 6,
    "output_mtok": 30,
    "cache_read_mtok": 0.3,
    "cache_write_mtok": 7.5,
    "cache_write_1h_mtok": 12,
}


def document(*models):
    return json.dumps([{"id": "openai", "models": [{}]}, {"id": "anthropic", "models": models}])


def model(prices, name="claude-opus-6", **more):
    return {"id": name, "match": {"starts_with": name}, "prices": prices, **more}


def read(*models, day=TODAY):
    return read_published(document(*models).encode(), day)


def one(prices, **more):
    (found,) = read(model(prices, **more)).models.values()
    return found


def refused(prices, **more):
    """Why a model is left out, beside one that is not."""
    found = read(model(FIVE, "claude-fine-1"), model(prices, **more))
    assert list(found.models) == ["claude-fine-1"]
    (left,) = found.left
    return left.why


def tiered(base, price, start=200_000):
    return {"base": base, "tiers": [{"start": start, "price": price}]}


def cost(found, usage, day=TODAY, **terms):
    book = load_book(None, Refreshed({found.id: found}, {found.id: TODAY}, TODAY))
    return list_cost(book, usage, Terms(found.id, **terms), day, usage.prompt_tokens)


def test_the_five_prices_are_taken_as_they_stand():
    found = one(FIVE)

    assert (found.id, found.family, found.compute_class) == ("claude-opus-6", "opus", "ratio")
    (price,) = found.prices
    assert price.standard.rates == tuple(map(Decimal, ("3", "15", "0.15", "3.75", "6")))
    assert (price.fetched, price.checked, price.note) == (True, None, None)


def test_a_response_costs_what_it_costs_by_hand():
    # 1000 x 3 + 200 x 15 + 50,000 x 0.15 + 400 x 3.75 + 3000 x 6 = 33,000 per million
    usage = Usage(1000, 200, 50_000, 400, 3000)
    assert cost(one(FIVE), usage) == Decimal("0.033")
    assert cost(one(FIVE), usage, geo="us") == Decimal("0.0363")  # 1.1 times
    assert cost(one(FIVE), usage, service_tier="batch") == Decimal("0.0165")
    # two searches at $10 per 1000
    assert cost(one(FIVE), usage._replace(web_searches=2)) == Decimal("0.053")


def test_a_long_prompt_is_dearer_as_a_whole_from_one_token_over_the_threshold():
    prices = {key: tiered(value, 2 * value) for key, value in FIVE.items() if "mtok" in key}
    found = one(prices)
    # 200,000 x 3, and 200,001 x 6; 1000 out for 15 and 30
    assert cost(found, Usage(200_000, 1000)) == Decimal("0.615")
    assert cost(found, Usage(200_001, 1000)) == Decimal("1.230006")


def test_a_price_that_is_not_dearer_for_long_prompts_stays():
    long = one({**FIVE, "input_mtok": tiered(3, 3.5)}).prices[0].standard.long_context

    assert long.threshold_tokens == 200_000
    assert long.rates == tuple(map(Decimal, ("3.5", "15", "0.15", "3.75", "6")))


def test_fast_prices_are_those_of_the_source():
    variants = [
        {"when": {"processing": "batch"}, "prices": {"input_mtok": 1.5}},
        {"when": {"speed": "fast"}, "prices": FAST},
    ]
    # 1000 x 6 + 200 x 30 + 50,000 x 0.3
    usage = Usage(1000, 200, 50_000)
    assert cost(one(FIVE, price_variants=variants), usage, speed="fast") == Decimal("0.027")


def test_a_fast_response_is_unpriced_where_the_source_has_no_fast_price():
    assert cost(one(FIVE), Usage(1000, 200)) == Decimal("0.006")
    assert cost(one(FIVE), Usage(1000, 200), speed="fast") is None


@pytest.mark.parametrize(
    "variants",
    [
        [{"when": {"speed": "fast"}, "prices": {"input_mtok": 6, "output_mtok": 30}}],
        [{"when": {"speed": "fast"}, "prices": FAST}] * 2,
        [{"when": {"speed": "fast"}, "prices": FAST, "constraint": {"start_time": "01:00:00Z"}}],
    ],
)
def test_fast_prices_that_cannot_be_held_are_noted_and_not_used(variants):
    found = one(FIVE, price_variants=variants)

    assert found.prices[0].fast is None
    assert "fast responses have no price" in found.prices[0].note


def test_fast_prices_hold_from_their_day_on():
    dated = {"constraint": {"start_date": "2026-11-20"}, "when": {"speed": "fast"}, "prices": FAST}
    prices = [{"prices": FIVE}, {"constraint": {"start_date": "2026-11-25"}, "prices": FIVE}]
    found = one(prices, price_variants=[dated])

    assert [p.start for p in found.prices] == ["0001-01-01", "2026-11-20", "2026-11-25"]
    assert [bool(p.fast) for p in found.prices] == [False, True, True]
    later = {**dated, "constraint": {"start_date": "2026-11-29"}}
    assert not any(p.fast for p in one(prices, price_variants=[later]).prices)


def test_a_price_holds_from_its_day_and_one_of_tomorrow_is_not_taken():
    cut = {**FIVE, "cache_read_mtok": 0.1}
    rise = {**FIVE, "input_mtok": 3.5}
    found = one(
        [
            {"prices": FIVE},
            {"constraint": {"start_date": "2026-11-28"}, "prices": cut},
            {"constraint": {"start_date": "2026-11-29"}, "prices": rise},
        ]
    )

    read_only = Usage(0, 0, 1_000_000)
    assert cost(found, read_only, "2026-11-27") == Decimal("0.15")
    assert cost(found, read_only, "2026-11-28") == Decimal("0.1")
    assert cost(found, Usage(1_000_000), "2026-12-24") == 3  # the rise may be cancelled


def test_missing_prices_of_cache_writes_are_the_documented_multiples_and_noted():
    found = one({key: FIVE[key] for key in ("input_mtok", "output_mtok", "cache_read_mtok")})

    assert found.prices[0].standard.rates[3:] == (Decimal("3.75"), Decimal(6))
    assert found.prices[0].note == (
        "The price of 5-minute cache writes is not in the source: 1.25 times input."
        " The price of 1-hour cache writes is not in the source: 2 times input."
    )
    hour = one({k: v for k, v in FIVE.items() if k != "cache_write_1h_mtok"})
    assert hour.prices[0].standard.rates[3:] == (Decimal("3.75"), Decimal(6))
    assert hour.prices[0].note.startswith("The price of 1-hour cache writes is not in the source")


REFUSED = [
    ({}, "claude-opus-6.prices has no input_mtok, output_mtok, cache_read_mtok"),
    ({**FIVE, "cache_read_mtok": None}, "claude-opus-6.prices has no cache_read_mtok"),
    ([], "claude-opus-6 has only announced prices"),
    ([{"constraint": {"start_date": "2027-01-01"}, "prices": FIVE}], "has only announced prices"),
    ([{"prices": FIVE}, {"prices": FIVE}], "prices[2] is not later than the price before it"),
    ([{"constraint": {"start_date": "soon"}, "prices": FIVE}], "start_date is 'soon': write a day"),
    ([{"constraint": {"start_time": "1"}, "prices": FIVE}], "constraint is no day"),
    ([3], "prices[1] is 3, not a table"),
    ("dear", "prices is 'dear', not a table"),
    ({**FIVE, "input_mtok": -3}, "input_mtok is -3, not a price"),
    ({**FIVE, "input_mtok": True}, "input_mtok is True, not a price"),
    ({**FIVE, "input_mtok": "3"}, "input_mtok is '3', not a price"),
    ({**FIVE, "input_mtok": 1e300}, "not a price per million tokens"),
    ({**FIVE, "output_mtok": 0}, "output_mtok is 0, which no Claude model costs"),
    ({**FIVE, "output_mtok": 15_000}, "output_mtok is 15000, which no Claude model costs"),
    ({key: value / 1e6 for key, value in FIVE.items()}, "input_mtok is 0.000003, which no Claude"),
    ({**FIVE, "cache_read_mtok": 3.1}, "no Claude model's prices of cache reads, input"),
    ({**FIVE, "cache_write_1h_mtok": 3}, "no Claude model's prices of cache reads, input"),
    ({**FIVE, "output_mtok": 2}, "input for 3 is dearer than output for 2"),
    ({**FIVE, "input_image_mtok": 1}, "a price that ccmeter does not know: 'input_image_mtok'"),
    ({**FIVE, "requests_kcount": 1}, "a price that ccmeter does not know: 'requests_kcount'"),
    ({**FIVE, "input_mtok": {"base": 3}}, "input_mtok.tiers is None, not a list"),
    ({**FIVE, "input_mtok": tiered(3, 6, 0)}, "input_mtok.tiers[1].start is 0, not a number"),
    (
        {**FIVE, "input_mtok": tiered(3, 6), "output_mtok": tiered(15, 20, 100_000)},
        "changes at 100,000, 200,000 tokens, where ccmeter holds one threshold",
    ),
]


@pytest.mark.parametrize(("prices", "why"), REFUSED)
def test_what_cannot_be_a_price_leaves_the_model_out_with_place_and_reason(prices, why):
    assert why in refused(prices)


def test_names_are_canonical_and_only_those_of_claude_models():
    assert list(read(model(FIVE, "claude-opus-6.1-latest")).models) == ["claude-opus-6-1"]
    assert refused(FIVE, name="gpt-9") == "gpt-9 is no name of a Claude model"
    assert (
        refused(FIVE, name="claude-\x1b[2J") == "anthropic.models[2] is no name of a Claude model"
    )


def test_a_name_that_stands_there_twice_is_believed_neither_time():
    dearer = model({**FIVE, "output_mtok": 20}, "claude-opus-6-latest")
    found = read(model(FIVE, "claude-fine-1"), model(FIVE), dearer, model(FIVE))

    assert list(found.models) == ["claude-fine-1"]
    assert [left.why for left in found.left] == ["claude-opus-6 stands there twice"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html>", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'[{"id": 1e99999999999999999999}]', "it is not JSON"),
        (b'{"anthropic": []}', "it is no list of providers"),
        (b'["anthropic"]', "the provider anthropic is not in it"),
        (b'[{"id": "anthropic", "models": 7}]', "anthropic.models is 7, not a list"),
        (b'[{"id": "anthropic", "models": [7]}]', "no model whose prices can be used"),
    ],
)
def test_a_document_that_is_no_price_list_is_an_error_with_a_place(data, why):
    with pytest.raises(CcmeterError, match=why):
        read_published(data, TODAY)


numbers = (
    st.sampled_from([0, 1, 3, 15, 0.15, 3.75, 6, -1, 1e-9, 1e9, 1e308, 5e-324, 2**63, 200_000])
    | st.integers()
    | st.floats(allow_nan=True)
)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=12)
keys = st.sampled_from([*FIVE, "base", "tiers", "start", "price", "prices", "constraint"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
)
prices = st.fixed_dictionaries({}, optional={key: numbers | anything for key in FIVE})
prices |= st.fixed_dictionaries({key: st.just(value) for key, value in FIVE.items()})
constraints = st.none() | st.fixed_dictionaries(
    {"start_date": st.dates().map(str) | st.sampled_from(["2026-11-28", "2026-11-29"]) | scalars}
)
dated = st.lists(st.fixed_dictionaries({"prices": prices}, optional={"constraint": constraints}))
models = st.fixed_dictionaries(
    {"id": st.sampled_from(["claude-opus-6", "claude-x", "claude-", "gpt"]) | scalars},
    optional={
        "prices": prices | dated | anything,
        "price_variants": anything
        | st.lists(
            st.fixed_dictionaries(
                {"when": st.just({"speed": "fast"}) | anything, "prices": prices},
                optional={"constraint": constraints},
            ),
            max_size=2,
        ),
    },
)
documents = (
    st.lists(models, max_size=4).map(lambda found: [{"id": "anthropic", "models": found}])
    | st.lists(st.fixed_dictionaries({"id": st.just("anthropic"), "models": anything}), max_size=2)
    | anything
)


@settings(max_examples=400)
@given(documents.map(lambda found: json.dumps(found).encode()) | st.binary(max_size=40))
def test_any_document_yields_believable_prices_that_survive_the_file_or_an_error(tmp_path_of, data):
    try:
        found = read_published(data, TODAY)
    except CcmeterError:
        return
    for each in found.models.values():
        for price in each.prices:
            assert price.start <= TODAY
            for _, rates in tariffs(price):
                assert all(Decimal("0.0001") <= rate <= 1000 for rate in rates)
                assert rates.cache_read <= rates.input <= rates.output
    kept = renewed(None, found.models, TODAY)
    assert tmp_path_of(kept) == kept


@pytest.fixture(scope="module")
def tmp_path_of(tmp_path_factory):
    """Write what was fetched, and read it again."""
    from datetime import UTC, datetime

    folder = str(tmp_path_factory.mktemp("kept"))

    def through(found):
        write_refreshed(folder, found, datetime(2026, 11, 28, 10, tzinfo=UTC))
        return read_refreshed(f"{folder}/refreshed-prices.json")

    return through


def test_no_bundled_model_changes_by_what_was_fetched():
    found = read(*[model(FIVE, name) for name in load_book().models], model(FIVE))
    book = load_book(None, renewed(None, found.models, TODAY))

    assert len(found.models) == len(load_book().models) + 1
    assert {name: book.models[name] for name in load_book().models} == load_book().models
    assert book.models["claude-opus-6"].prices[0].fetched


def test_a_price_of_ones_own_goes_before_a_fetched_one_from_its_day():
    found = renewed(None, read(model(FIVE)).models, TODAY)
    own = {"from": "2026-11-20", "input_mtok": 1, "output_mtok": 2, "cache_read_mtok": 0.1,
           "cache_write_5m_mtok": 1.25, "cache_write_1h_mtok": 2}  # fmt: skip
    book = load_book({"claude-opus-6": own}, found)

    assert entry_for(book, "claude-opus-6", "2026-11-19").standard.rates.input == 3
    assert entry_for(book, "claude-opus-6", "2026-11-20").standard.rates.input == 1


def test_a_model_that_the_source_drops_keeps_its_price_and_its_day():
    old = renewed(None, read(model(FIVE), model(FIVE, "claude-opus-7")).models, "2026-11-01")
    cut = {**FIVE, "input_mtok": 2.5}
    new = renewed(old, read(model(cut, "claude-opus-7")).models, TODAY)

    assert new.models["claude-opus-6"].prices[0].standard.rates.input == 3
    assert new.models["claude-opus-7"].prices[0].standard.rates.input == Decimal("2.5")
    assert new.days == {"claude-opus-6": "2026-11-01", "claude-opus-7": TODAY}
