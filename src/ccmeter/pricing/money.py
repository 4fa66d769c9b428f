"""Everything that turns tokens into dollars, loaded together."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import Book, load_book
from ccmeter.pricing.compute import Coster, coster
from ccmeter.pricing.scenario import Assumptions


class Money(NamedTuple):
    """List prices, the assumptions about the cost to serve, and both at work."""

    book: Book
    assumptions: Assumptions
    serve: Coster


def load_money(prices: Mapping[str, Any], compute: Mapping[str, Any]) -> Money:
    """Return the bundled data with the user's own over it, the tables of config.toml.

    Raises:
        CcmeterError: One of the tables is wrong; the message names the key.
    """
    book, assumptions = load_book(prices), load_assumptions(compute)
    return Money(book, assumptions, coster(assumptions, book))
