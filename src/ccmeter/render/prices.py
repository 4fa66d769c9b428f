"""List prices on a terminal, and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from ccmeter.pricing.book import Price, Rates, Tariff
from ccmeter.pricing.tables import ALWAYS
from ccmeter.render.lines import columns, say, wrapped
from ccmeter.render.units import printable
from ccmeter.reports.price_list import Listed, is_own

_TITLES = ("input", "output", "cache read", "write 5m", "write 1h")
_SHORT = ("input", "output", "read", "w 5m", "w 1h")
_WIDE = 80  # from here on the titles are written out and the table tells from when a price holds
_OWN, _FETCHED = " *", " +"

Line = tuple[str, ...]


def print_list(console: Console, found: Sequence[Listed], day: date) -> None:
    """Print a table of the prices in force on the day."""
    _print_title(console, day)
    if not found:
        say(console, "No price is known for that day.")
        return
    rows = [row for listed in found for row in _rows(listed, console.width)]
    print_columns(console, [_header("model", console.width), *rows])
    _print_legend(console, found)


def print_details(console: Console, found: Sequence[Listed], day: date) -> None:
    """Print the prices of each model with their days, notes and sources."""
    _print_title(console, day)
    for number, listed in enumerate(found):
        if number:
            console.print()
        _print_model(console, listed)
    _print_legend(console, found)


def _print_title(console: Console, day: date) -> None:
    title = Text(wrapped(f"list prices on {day}, USD per million tokens", console.width))
    title.stylize("title", 0, len("list prices"))
    console.print(title, soft_wrap=True)
    console.print()


def _print_legend(console: Console, found: Sequence[Listed]) -> None:
    if any(is_own(price) for listed in found for price in listed.prices):
        say(console, "* your own price, from config.toml", "quiet")
    if any(price.fetched for listed in found for price in listed.prices):
        say(console, "+ fetched by ccmeter prices refresh, compared with no second source", "quiet",
            "", "  ")  # fmt: skip


def _print_model(console: Console, listed: Listed) -> None:
    model = listed.model
    facts = [model.family, *([f"retires {model.retires}"] if model.retires else [])]
    if model.us_geo:
        facts.append("inference in the US only costs more")
    if model.confidence:
        facts.append(f"{model.confidence} confidence")
    say(console, printable(model.id), "title")
    say(console, " · ".join(facts), "quiet", "  ", "  ")
    for price, following in zip_longest(listed.prices, listed.prices[1:]):
        _print_price(console, price, price is listed.in_force)
        said = origin(price, listed.fetched)
        if following is None or origin(following, listed.fetched) != said:
            say(console, said, "quiet", "    ", "      ")


def origin(price: Price, fetched: str | None) -> str:
    """Return who says so, and when it was compared with that, or `fetched` from there."""
    checked = f" Checked {price.checked}." if price.checked else ""
    if price.fetched:
        checked = f" Fetched {fetched}, compared with no second source."
    return f"Source: {'; '.join(price.sources)}.{checked}"


def _print_price(console: Console, price: Price, in_force: bool) -> None:
    first = "from the beginning" if price.start == ALWAYS else f"from {price.start}"
    mark = ", in force" if in_force else ""
    console.print(Text(f"  {first}{mark}{_mark(price)}"))
    header = ("", *(_TITLES if console.width >= _WIDE else _SHORT))
    print_columns(
        console, [header, ("standard", *amounts(price.standard.rates)), *_dearer(price)], "    "
    )
    if price.fast and price.fast.removed:
        say(console, f"Fast mode is said to end on {price.fast.removed}.", "quiet", "    ", "    ")
    if price.note:
        say(console, price.note, "quiet", "    ", "    ")


def print_columns(console: Console, rows: Sequence[Line], indent: str = "") -> None:
    """Print rows of prices below their titles, the first row."""
    block = columns(rows, console.width - len(indent))
    for line in block.head:
        console.print(Text(indent + line, "quiet"), soft_wrap=True)
    for line in block.body:
        console.print(Text(indent + line), soft_wrap=True)


def _header(name: str, width: int) -> Line:
    return (name, *_TITLES, "from") if width >= _WIDE else (name, *_SHORT)


def _rows(listed: Listed, width: int) -> Iterator[Line]:
    """The price in force as rows: standard, then what is dearer."""
    (price,) = listed.prices[-1:]
    mark = _mark(price)
    start = "" if price.start == ALWAYS else price.start
    wide = width >= _WIDE
    name = printable(listed.model.id) + mark
    yield (name, *amounts(price.standard.rates), *([start] if wide else []))
    for label, *cells in _dearer(price):
        yield (f"  {label}", *cells, *([""] if wide else []))


def _mark(price: Price) -> str:
    return _OWN if is_own(price) else _FETCHED if price.fetched else ""


def _dearer(price: Price) -> Iterator[Line]:
    """Rows of the long-context and fast prices."""
    yield from _long(price.standard, "")
    if price.fast:
        yield ("fast", *amounts(price.fast.rates))
        yield from _long(price.fast, "fast, ")


def _long(tariff: Tariff, prefix: str) -> Iterator[Line]:
    if tariff.long_context:
        size = tariff.long_context.threshold_tokens
        yield (f"{prefix}over {size // 1000}k", *amounts(tariff.long_context.rates))


def amounts(rates: Rates) -> Line:
    """Return the five prices as cells."""
    return tuple(amount(rate) for rate in rates)


def amount(rate: Decimal) -> str:
    """A price per million tokens: cents at least, and all further digits that it has."""
    text = format(rate.normalize(), "f")
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits.ljust(2, '0')}"
