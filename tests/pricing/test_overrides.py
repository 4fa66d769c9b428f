import tomllib
from decimal import Decimal

import pytest

from ccmeter.errors import CcmeterError
from ccmeter.model import Terms, Usage
from ccmeter.pricing.book import load_book
from ccmeter.pricing.rate import entry_for, list_cost, rates


def book(config: str):
    return load_book(tomllib.loads(config).get("prices"))


def five(config: str, model: str, day: str = "2026-11-24", prompt: int = 0, **terms):
    found = rates(book(config), Terms(model, **terms), day, prompt)
    return None if found is None else tuple(map(str, found))


FULL = """
input_mtok = 1.05
output_mtok = "3.5"
cache_read_mtok = 0.205
cache_write_5m_mtok = 1.2
cache_write_1h_mtok = 2
"""


def test_a_users_price_makes_a_gateway_model_priced_for_all_days():
    config = f'[prices."glm-5.1"]{FULL}'
    for day in ("2020-01-01", "2026-11-24"):
        assert five(config, "glm-5.1", day) == ("1.05", "3.5", "0.205", "1.2", "2")
    assert five(config, "glm-5.1:cloud") is None


def test_cache_tokens_of_other_models_cost_what_input_costs_unless_priced():
    config = '[prices."glm-5.1"]\ninput_mtok = 2\noutput_mtok = 3\ncache_read_mtok = 0.1'
    assert five(config, "glm-5.1") == ("2", "3", "0.1", "2", "2")


def test_a_users_price_goes_before_the_bundled_one():
    assert five(f"[prices.claude-opus-5-5]{FULL}", "claude-opus-5-5")[0] == "1.05"
    assert five(f"[prices.claude-opus-5-5]{FULL}", "claude-opus-5")[0] == "5"


def test_a_users_price_may_be_named_in_any_written_form():
    config = f'[prices."us.anthropic.claude-opus-5-5-v1:0"]{FULL}'
    assert five(config, "claude-opus-5-5[1m]")[0] == "1.05"


def test_a_dated_override_hides_the_bundled_prices_from_its_day_on():
    config = f"[prices.claude-sonnet-5-5]\nfrom = 2026-10-01{FULL}"
    assert five(config, "claude-sonnet-5-5", "2026-09-30") == ("2", "10", "0.2", "2.5", "4")
    assert five(config, "claude-sonnet-5-5", "2026-10-01")[0] == "1.05"
    assert five(config, "claude-sonnet-5-5", "2026-10-07")[0] == "1.05"
    starts = [price.start for price in book(config).models["claude-sonnet-5-5"].prices]
    assert starts == ["2026-09-28", "2026-10-01"]


def test_several_dated_overrides_follow_one_another_in_any_order():
    config = f"""
[[prices."glm-5.1"]]
from = "2026-06-01"
input_mtok = 7
output_mtok = 8
[[prices."glm-5.1"]]
{FULL}
"""
    assert five(config, "glm-5.1", "2026-05-31")[0] == "1.05"
    assert five(config, "glm-5.1", "2026-06-01") == ("7", "8", "7", "7", "7")


def test_an_override_may_have_fast_and_long_context_prices():
    config = f"""
[prices.claude-opus-5-5]{FULL}
[prices.claude-opus-5-5.fast]{FULL.replace("1.05", "9")}
[prices.claude-opus-5-5.long_context]
threshold_tokens = 1000{FULL.replace("1.05", "5")}
"""
    model = "claude-opus-5-5"
    assert five(config, model, prompt=1000)[0] == "1.05"
    assert five(config, model, prompt=1001)[0] == "5"
    assert five(config, model, speed="fast", prompt=1001)[0] == "9"
    assert five(f"[prices.{model}]{FULL}", model, speed="fast")[0] == "1.05"


def test_the_us_surcharge_stays_with_an_overridden_claude_model_only():
    config = f'[prices.claude-opus-5-5]\n{FULL}\n[prices."glm-5.1"]\n{FULL}'
    assert Decimal(five(config, "claude-opus-5-5", geo="us")[4]) == Decimal("2.2")
    assert Decimal(five(config, "glm-5.1", geo="us")[4]) == 2


def test_an_override_says_where_it_comes_from():
    found = entry_for(book(f'[prices."glm-5.1"]{FULL}'), "glm-5.1", "2026-11-24")
    assert (found.sources, found.checked) == (("your config.toml",), None)
    config = f'[prices."glm-5.1"]\nsource = "the invoice"\nnote = "May"{FULL}'
    found = entry_for(book(config), "glm-5.1", "2026-11-24")
    assert (found.sources, found.note) == (("the invoice",), "May")


def test_floats_are_taken_as_they_are_written():
    loaded = load_book({"glm-5.1": {"input_mtok": 0.1, "output_mtok": Decimal("0.3")}})
    found = rates(loaded, Terms("glm-5.1"), "2026-11-24", 0)
    assert (found.input, found.output) == (Decimal("0.1"), Decimal("0.3"))


def test_the_bundled_book_is_not_touched_by_overrides():
    before = load_book()
    load_book({"claude-opus-5-5": tomllib.loads(FULL)})
    assert load_book() is before
    assert five("", "claude-opus-5-5")[0] == "4"


def test_a_free_model_costs_nothing_and_is_priced():
    loaded = load_book({"local": {"input_mtok": 0, "output_mtok": 0}})
    assert list_cost(loaded, Usage(1, 1, 1, 1, 1), Terms("local"), "2026-11-24", 0) == 0


WRONG = [
    # the [prices] table, what the message names, what it tells to do
    (5, "prices is 5", "write [prices.MODEL] tables"),
    ({"m": 5}, 'prices."m" is 5', "write a table with input_mtok, output_mtok"),
    ({"m": "free"}, 'prices."m" is', "write a table"),
    ({"m": []}, 'prices."m" is []', "write a table"),
    ({"m": [5]}, 'prices."m"[1] is 5', "write a table"),
    ({"m": {}}, 'prices."m" needs input_mtok, output_mtok', "add them"),
    ({"m": {"input_mtok": 1}}, 'prices."m" needs output_mtok', "add them"),
    (
        {"claude-zeta-9": {"input_mtok": 1, "output_mtok": 2, "cache_read_mtok": 1}},
        'prices."claude-zeta-9" needs cache_write_5m_mtok, cache_write_1h_mtok',
        "add them in USD per million tokens",
    ),
    ({"m": {"input": 1}}, 'prices."m".input is no key', "input_mtok"),
    (
        {"m": {"input_mtok": 1, "output_mtok": 2, "fast": 3}},
        'prices."m".fast is 3',
        "write a table",
    ),
    (
        {"m": {"input_mtok": 1, "output_mtok": 2, "fast": {"input_mtok": 1}}},
        'prices."m".fast needs output_mtok',
        "add them",
    ),
    (
        {"m": {"input_mtok": 1, "output_mtok": 2, "long_context": {"threshold_tokens": True}}},
        'prices."m".long_context.threshold_tokens is True',
        "whole number",
    ),
    (
        {"m": [{"input_mtok": 1, "output_mtok": 2}, {"input_mtok": 1, "output_mtok": 2}]},
        'prices."m" has two prices',
        "keep one",
    ),
    (
        {"claude-opus-5-5": {}, "claude-opus-5.5": {}},
        'prices."claude-opus-5-5" needs',
        "add them",
    ),
]


@pytest.mark.parametrize(("table", "named", "fix"), WRONG)
def test_a_wrong_override_is_named_with_its_fix(table, named, fix):
    with pytest.raises(CcmeterError) as error:
        load_book(table)
    assert str(error.value).startswith(f"config.toml: {named}")
    assert fix in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "value",
    [True, False, -1, "-0.1", float("nan"), "nan", float("inf"), "-inf", "ten", "", None, [1], 1e7],
)
def test_a_price_that_is_no_plain_number_is_refused(value):
    with pytest.raises(CcmeterError, match=r'prices."m".output_mtok is .* write USD per million'):
        load_book({"m": {"input_mtok": 1, "output_mtok": value}})


@pytest.mark.parametrize("text", ["true", '"2026-13-01"', "2026-01-01T00:00:00", "2026", '"May"'])
def test_a_day_that_is_no_day_is_refused(text):
    with pytest.raises(CcmeterError, match=r'prices."m".from is .* a day such as 2026-01-31'):
        book(f"[prices.m]\nfrom = {text}{FULL}")


def test_two_spellings_of_one_model_are_refused():
    with pytest.raises(CcmeterError, match="second price of claude-opus-5-5"):
        book(f'[prices.claude-opus-5-5]{FULL}\n[prices."claude-opus-5.5"]{FULL}')
