"""ccmeter prices: the list prices, what they lack, and prices of one's own."""

from contextlib import closing, nullcontext
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from ccmeter.cli.prices_refresh import command as refresh
from ccmeter.errors import UsageError
from ccmeter.reports.asked import LEVELS

FAIL_CODE = 3
EXAMPLES = """\b
Examples:
  ccmeter prices list                          all models, today's prices
  ccmeter prices list claude-opus-4-6          one model, all its prices with their sources
  ccmeter prices list --date 2026-03-01        what held on that day
  ccmeter prices explain claude-opus-4-6       what it plausibly costs to serve, and why
  ccmeter prices check --fail-on warning       for a script: exits with 3 when something lacks
  ccmeter prices set glm-5.1 --input 0.6 --output 2.2 --from 2026-09-01
  ccmeter prices set glm-5.1 --remove
  ccmeter prices refresh                       fetch prices of models newer than this ccmeter
"""
_OPTIONS = {  # of `prices set`, in the order of the rates, and the keys they are written as
    "--input": "input_mtok",
    "--output": "output_mtok",
    "--cache-read": "cache_read_mtok",
    "--cache-write-5m": "cache_write_5m_mtok",
    "--cache-write-1h": "cache_write_1h_mtok",
}


@click.group("prices", epilog=EXAMPLES)
def command() -> None:
    """Show list prices, fetch newer ones, set your own.

    Prices are USD per million tokens. They are dated: a new price never changes what an older
    response cost.
    """


@command.command("list", short_help="List the prices of all models, or all that MODEL ever had.")
@click.argument("model", required=False)
@click.option("--date", "day", metavar="DAY", help="Prices of that day (default: today).")
@click.option("--verbose", "-v", is_flag=True, help="With notes and sources.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_(model: str | None, day: str | None, verbose: bool, as_json: bool) -> None:
    """List the prices of all models, or every price that MODEL ever had.

    MODEL may also be a part of names, such as opus.
    """
    from ccmeter.reports.period import parse_day
    from ccmeter.reports.price_list import list_prices

    wanted = parse_day(day) if day else _today()
    book = _book()
    found = list_prices(book, model, wanted)
    if as_json:
        from ccmeter.render.prices_json import list_json

        click.echo(list_json(book, found, wanted), nl=False)
        return
    from ccmeter.render.prices import print_details, print_list
    from ccmeter.render.screen import screen

    one = len(found) == 1 and model is not None
    (print_details if verbose or one else print_list)(screen(), found, wanted)


@command.command("check", short_help="Show how old the prices are, and which models have none.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--fail-on", type=click.Choice(LEVELS[2:]), help="Exit with 3 on such a warning.")
def check(as_json: bool, fail_on: str | None) -> int:
    """Show how old the prices are, which models of the history have none, and your own prices."""
    from ccmeter.paths import data_home
    from ccmeter.reports.price_list import check_prices
    from ccmeter.store.health import open_checked

    connection = open_checked(data_home())
    with closing(connection) if connection else nullcontext():
        found = check_prices(connection, _book(), _today())
    if as_json:
        from ccmeter.render.prices_json import check_json

        click.echo(check_json(found), nl=False)
    else:
        from ccmeter.render.price_check import print_check
        from ccmeter.render.screen import screen

        print_check(screen(), found)
    lacking = bool(found.unpriced) or found.old or bool(found.ignored)
    return FAIL_CODE if lacking and fail_on == "warning" else 0


@command.command("explain", short_help="Show what MODEL costs at list, and plausibly to serve.")
@click.argument("model")
@click.option("--date", "day", metavar="DAY", help="On that day (default: today).")
@click.option("--fast", is_flag=True, help="In fast mode.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def explain_(model: str, day: str | None, fast: bool, as_json: bool) -> None:
    """Show what MODEL costs at list, what it plausibly costs to serve, and what that rests on.

    No provider publishes its costs. Low, mid and high are the prices of open-weight models of
    public size; every assumption is named and can be changed in the [compute] table of config.toml.
    """
    from ccmeter.config import load_config
    from ccmeter.model import Terms
    from ccmeter.paths import data_home
    from ccmeter.pricing.explain import explain
    from ccmeter.pricing.here import book_of
    from ccmeter.pricing.money import load_money
    from ccmeter.reports.period import parse_day

    wanted = (parse_day(day) if day else _today()).isoformat()
    config = load_config(data_home())
    money = load_money(book_of(data_home(), config.prices), config.compute)
    terms = Terms(model, speed="fast" if fast else None)
    found = explain(money.assumptions, money.book, terms, wanted)
    if found is None:
        raise _unexplained(model, wanted, money.book)
    if as_json:
        from ccmeter.render.explain import explanation_json

        click.echo(explanation_json(found, wanted), nl=False)
        return
    from ccmeter.render.explain import print_explanation
    from ccmeter.render.screen import screen

    days = money.book.refreshed.days if money.book.refreshed else {}
    print_explanation(screen(), found, wanted, money.assumptions, days.get(found.model))


def _unexplained(model: str, day: str, book: Any) -> UsageError:
    """A name that nobody knows, or a known model that had no price on the day."""
    from ccmeter.pricing.names import canonical
    from ccmeter.reports.price_list import unknown_model

    if canonical(model) not in book.models:
        return UsageError(unknown_model(book, model))
    all_ = f"All its prices: ccmeter prices list {model}"
    return UsageError(f"no price is known for {model} on {day}. {all_}")


def _rate_options(function: Any) -> Any:
    for option, key in reversed(_OPTIONS.items()):
        help_ = f"USD per million tokens: {option[2:].replace('-', ' ')}."
        function = click.option(option, key, metavar="USD", help=help_)(function)
    return function


@command.command("set", short_help="Set a price of your own for MODEL.")
@click.argument("model")
@_rate_options
@click.option("--from", "start", metavar="DAY", help="First day of the price (default: all days).")
@click.option("--remove", is_flag=True, help="Forget your own prices of MODEL, or that --from DAY.")
def set_(model: str, start: str | None, remove: bool, **amounts: str | None) -> None:
    """Set a price of your own for MODEL, as the transcripts write it; it goes before ours.

    Claude models need all five prices. For others, cache tokens without a price of their own
    cost what input costs. The price stands in config.toml afterwards.
    """
    from ccmeter.paths import data_home
    from ccmeter.pricing.overrides import remove_price, set_price
    from ccmeter.reports.period import parse_day

    day = parse_day(start) if start else None
    given = {key: text for key, text in amounts.items() if text is not None}
    if remove:
        if given:
            raise UsageError("--remove takes no prices: leave them out, or leave out --remove.")
        gone = remove_price(data_home(), model, day)
        click.echo(f"{gone or 'no'} own price{'' if gone == 1 else 's'} of {model} removed")
        return
    _need(model, given)
    rates = {key: _amount(key, text) for key, text in given.items()}
    _print_set(model, set_price(data_home(), model, rates, day))


command.add_command(refresh)


def _need(model: str, given: dict[str, str]) -> None:
    from ccmeter.pricing.names import canonical, is_claude

    needed = list(_OPTIONS.items())[: None if is_claude(canonical(model)) else 2]
    missing = [option for option, key in needed if key not in given]
    if missing:
        raise UsageError(f"the price of {model} needs {', '.join(missing)} too, in USD per million"
                         " tokens.")  # fmt: skip


def _amount(key: str, text: str) -> Decimal:
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("nan")
    if amount.is_finite() and amount >= 0:
        return amount
    option = next(option for option, of in _OPTIONS.items() if of == key)
    raise UsageError(f"{option} is {text!r}: write USD per million tokens, such as 0.6.")


def _print_set(model: str, prices: Any) -> None:
    from ccmeter.render.price_check import print_set
    from ccmeter.render.screen import screen

    print_set(screen(), model, prices)


def _book() -> Any:
    from ccmeter.config import load_config
    from ccmeter.paths import data_home
    from ccmeter.pricing.here import book_of

    home = data_home()
    return book_of(home, load_config(home).prices)


def _today() -> date:
    from datetime import UTC, datetime

    return datetime.now(UTC).date()
