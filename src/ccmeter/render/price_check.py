"""What `prices check` and `prices set` have to say."""

from collections.abc import Sequence

from rich.console import Console

from ccmeter.pricing.book import Price
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.pricing.tables import ALWAYS
from ccmeter.render import units
from ccmeter.render.lines import say
from ccmeter.render.price_refresh import print_differing, print_fetched
from ccmeter.render.prices import amounts, print_columns
from ccmeter.render.units import printable
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
    _print_refreshed(console, check)
    if check.own:
        console.print()
        say(console, "Your own prices in force, USD per million tokens:", "title")
        _print_own(console, check.own)


def _print_refreshed(console: Console, check: PriceCheck) -> None:
    """What `ccmeter prices refresh` left, if there was one."""
    if check.refreshed is None:
        return
    console.print()
    if check.ignored:
        _warn(console, check.ignored)
        return
    days = units.plural(check.refreshed_age_days or 0, "day")
    what = units.plural(len(check.fetched), "model") + " that ccmeter had no price of"
    say(console, f"Prices were fetched on {check.refreshed.day}, {days} ago: {what}.")
    if check.refreshed_is_old:
        _warn(console, "Models and price cuts since then are missing. Fetch them with: ccmeter"
              " prices refresh")  # fmt: skip
    if check.fetched:
        print_fetched(console, [(each.model.id, each.in_force) for each in check.fetched])
    if check.differing:
        console.print()
        print_differing(console, check.differing)


def print_set(console: Console, model: str, prices: Sequence[Price]) -> None:
    """Print the prices that a model has after a change of the user's."""
    say(console, f"{name(model)}, USD per million tokens:", "title")
    rows = [(_whose(price), *amounts(price.standard.rates)) for price in prices]
    print_columns(console, [("from", "input", "output", "read", "w 5m", "w 1h"), *rows], "  ")
    if not is_own(prices[0]):
        kind = "fetched" if prices[0].fetched else "bundled"
        say(console, f"  Yours go before the {kind} price from their first day on.", "quiet")


def _whose(price: Price) -> str:
    whose = "yours" if is_own(price) else "fetched" if price.fetched else "bundled"
    return f"{start(price)} ({whose})"


def _print_unpriced(console: Console, found: Sequence[Unpriced]) -> None:
    _warn(console, "Models without a price; their responses are not in the dollars:")
    rows = [(name(model.model), f"{model.responses:,}", units.tokens(model.tokens), model.last_day)
            for model in found]  # fmt: skip
    print_columns(console, [("model", "responses", "tokens", "last seen"), *rows], "  ")
    if any(is_claude(canonical(model.model)) for model in found):
        say(console, "Fetch prices of newer Claude models with: ccmeter prices refresh", "quiet",
            "  ", "    ")  # fmt: skip
    say(console, set_hint(found[0].model), "quiet", "  ", "    ")


def _print_own(console: Console, own: Sequence[Listed]) -> None:
    rows = [(printable(listed.model.id), start(price), *amounts(price.standard.rates))
            for listed in own for price in listed.prices]  # fmt: skip
    print_columns(
        console, [("model", "from", "input", "output", "read", "w 5m", "w 1h"), *rows], "  "
    )


def _warn(console: Console, text: str) -> None:
    say(console, text, "warning", "! ", "  ")


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
