"""What `prices check` and `prices set` have to say."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ccmeter.pricing.book import Price
from ccmeter.pricing.tables import ALWAYS
from ccmeter.render import units
from ccmeter.render.lines import columns, printable, say
from ccmeter.render.prices import amounts
from ccmeter.reports.price_list import Listed, PriceCheck, Unpriced, is_own


def print_check(console: Console, check: PriceCheck) -> None:
    """Print the age of the prices, the models without one, and the user's own prices."""
    days = units.plural(check.age_days, "day")
    say(console, f"The bundled prices were last checked on {check.checked}, {days} ago.")
    if check.old:
        _warn(console, "Newer models and price cuts may be missing. Update ccmeter.")
    console.print()
    if not check.history:
        say(console, "There is no history yet to look into. Read it with: ccmeter sync")
    elif check.unpriced:
        _print_unpriced(console, check.unpriced)
    else:
        say(console, "Every model of the history has a price.")
    if check.own:
        console.print()
        say(console, "Your own prices in force, USD per million tokens:", "title")
        _print_own(console, check.own)


def print_set(console: Console, model: str, prices: Sequence[Price]) -> None:
    """Print the prices that a model has after a change of the user's."""
    say(console, f"{name(model)}, USD per million tokens:", "title")
    rows = [(_whose(price), *amounts(price.standard.rates)) for price in prices]
    _print_table(console, [("from", "input", "output", "read", "w 5m", "w 1h"), *rows])
    if not is_own(prices[0]):
        say(console, "  Yours go before the bundled price from their first day on.", "quiet")


def _whose(price: Price) -> str:
    return f"{start(price)} ({'yours' if is_own(price) else 'bundled'})"


def _print_unpriced(console: Console, found: Sequence[Unpriced]) -> None:
    _warn(console, "Models without a price; their responses are not in the dollars:")
    rows = [(name(model.model), f"{model.responses:,}", units.tokens(model.tokens), model.last_day)
            for model in found]  # fmt: skip
    _print_table(console, [("model", "responses", "tokens", "last seen"), *rows])
    say(console, set_hint(found[0].model), "quiet", "  ", "    ")


def _print_own(console: Console, own: Sequence[Listed]) -> None:
    rows = [(printable(listed.model.id), start(price), *amounts(price.standard.rates))
            for listed in own for price in listed.prices]  # fmt: skip
    _print_table(console, [("model", "from", "input", "output", "read", "w 5m", "w 1h"), *rows])


def _warn(console: Console, text: str) -> None:
    say(console, text, "warning", "! ", "  ")


def _print_table(console: Console, rows: Sequence[Sequence[str]]) -> None:
    block = columns(rows, console.width - 2)
    for line in block.head:
        console.print(Text("  " + line, "quiet"), soft_wrap=True)
    for line in block.body:
        console.print(Text("  " + line), soft_wrap=True)


def name(model: str) -> str:
    """Return how a model is called that may have no name."""
    return printable(model) or "(no name)"


def start(price: Price) -> str:
    """Return the day from which a price holds."""
    return "always" if price.start == ALWAYS else price.start


def set_hint(model: str) -> str:
    """Return the command that gives the model a price."""
    from shlex import quote

    return f"Set a price with: ccmeter prices set {quote(model)} --input USD --output USD"
