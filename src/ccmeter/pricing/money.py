"""Everything that turns tokens into dollars, loaded together."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.pricing.book import Book
from ccmeter.pricing.compute import Coster, coster
from ccmeter.pricing.scenario import Assumptions


class Money(NamedTuple):
    """List prices, the assumptions about the cost to serve, and both at work."""

    book: Book
    assumptions: Assumptions
    serve: Coster


def load_money(book: Book, compute: Mapping[str, Any]) -> Money:
    """Return the book, and the assumptions with `compute`, a table of config.toml, over them.

    Raises:
        CcmeterError: The table is wrong; the message names the key.
    """
    assumptions = load_assumptions(compute)
    return Money(book, assumptions, coster(assumptions, book))
