"""The price book as people ask for it, and what it lacks for this history."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ccmeter.config import nearest
from ccmeter.errors import UsageError
from ccmeter.pricing.book import Book, Model, Price, Refreshed, age_days
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.pricing.rate import entry_for, thresholds
from ccmeter.reports.price_refresh import Difference, differences
from ccmeter.reports.priced import price_list
from ccmeter.reports.warnings import OLD_AFTER_DAYS
from ccmeter.store.read import extent, load_slices


class Listed(NamedTuple):
    """A model and those of its prices that were asked for, oldest first."""

    model: Model
    prices: Sequence[Price]
    in_force: Price | None  # on the day that was asked about
    fetched: str | None = None  # the day on which `ccmeter prices refresh` did it, if that has it


class Unpriced(NamedTuple):
    """A model of the history that has no price, as the client wrote it."""

    model: str
    responses: int
    tokens: int
    last_day: str  # UTC, YYYY-MM-DD


class PriceCheck(NamedTuple):
    """How far the prices can be believed."""

    checked: str
    age_days: int
    unpriced: Sequence[Unpriced]
    own: Sequence[Listed]  # models with a price of the user's
    history: bool  # whether there are responses to look for
    refreshed: Refreshed | None  # what `ccmeter prices refresh` left
    refreshed_age_days: int | None
    fetched: Sequence[Listed]  # models that only it knows, with their prices of today
    differing: Sequence[Difference]  # from its prices of models that are bundled, today

    @property
    def old(self) -> bool:
        """Whether the bundled prices were checked too long ago."""
        return self.age_days > OLD_AFTER_DAYS

    @property
    def refreshed_is_old(self) -> bool:
        """Whether prices were fetched too long ago."""
        return (self.refreshed_age_days or 0) > OLD_AFTER_DAYS

    @property
    def ignored(self) -> str:
        """Why fetched prices are not used, and what to do; or nothing."""
        return self.refreshed.problem if self.refreshed else ""


def list_prices(book: Book, wanted: str | None, day: date) -> list[Listed]:
    """Return the models with the price in force on the day, those without one left out.

    `wanted` is a model, in any written form, whose prices of all days are returned, or a part
    of names. UsageError when no price is known for it.
    """
    if wanted is None:
        return _in_force(book.models.values(), book, day)
    model = book.models.get(canonical(wanted))
    if model is not None:
        return [_listed(book, model, model.prices, entry_for(book, model.id, day.isoformat()))]
    part = wanted.lower()
    found = [model for model in book.models.values() if part and part in model.id.lower()]
    if not found:
        raise UsageError(unknown_model(book, wanted))
    return _in_force(found, book, day)


def check_prices(connection: sqlite3.Connection | None, book: Book, today: date) -> PriceCheck:
    """Return what a look at the prices and the history shows; without a database the former."""
    history = connection is not None and extent(connection) is not None
    unpriced = find_unpriced(connection, book) if connection and history else []
    refreshed = book.refreshed
    fetched_on = refreshed.day if refreshed else None
    return PriceCheck(
        book.checked,
        age_days(book, today),
        unpriced,
        own_prices(book),
        history,
        refreshed,
        None if fetched_on is None else (today - date.fromisoformat(fetched_on)).days,
        [each for each in _in_force(book.models.values(), book, today) if each.fetched],
        differences(refreshed, today.isoformat()) if refreshed else (),
    )


def find_unpriced(connection: sqlite3.Connection, book: Book) -> list[Unpriced]:
    """Return the models whose responses are not in the dollars, the most tokens first."""
    ends = extent(connection)
    if ends is None:
        return []
    slices = load_slices(connection, [(ends[0], ends[1] + 1, 0)], thresholds(book))
    found: dict[str, Unpriced] = {}
    for piece in price_list(slices, book):
        if piece.list_cost is None:
            source = piece.slice
            known = found.get(source.terms.model, Unpriced(source.terms.model, 0, 0, ""))
            found[known.model] = Unpriced(
                known.model,
                known.responses + source.responses,
                known.tokens + source.usage.tokens,
                max(known.last_day, source.utc_day),
            )
    return sorted(found.values(), key=lambda model: (-model.tokens, model.model))


def own_prices(book: Book) -> list[Listed]:
    """Return the models whose prices are the user's, with only these."""
    own = [(model, [p for p in model.prices if is_own(p)]) for model in book.models.values()]
    return [Listed(model, prices, prices[-1]) for model, prices in own if prices]


def is_own(price: Price) -> bool:
    """Whether the price is the user's, neither bundled nor fetched."""
    return price.checked is None and not price.fetched


def _in_force(models: Iterable[Model], book: Book, day: date) -> list[Listed]:
    pairs = [(model, entry_for(book, model.id, day.isoformat())) for model in models]
    return [_listed(book, model, (price,), price) for model, price in pairs if price is not None]


def _listed(book: Book, model: Model, prices: Sequence[Price], in_force: Price | None) -> Listed:
    days = book.refreshed.days if book.refreshed else {}
    fetched = any(price.fetched for price in prices)
    return Listed(model, prices, in_force, days.get(model.id) if fetched else None)


def unknown_model(book: Book, wanted: str) -> str:
    """Return what there is to say of a name that no model of the price book has."""
    meant = nearest(wanted, book.models)
    hint = f" Did you mean {meant}?" if meant else ""
    newer = "; to fetch newer ones: ccmeter prices refresh" if is_claude(canonical(wanted)) else ""
    return (
        f"no price is known for {wanted!r}.{hint} The models are {', '.join(sorted(book.models))}."
        f" To set a price: ccmeter prices set MODEL --input USD --output USD{newer}"
    )
