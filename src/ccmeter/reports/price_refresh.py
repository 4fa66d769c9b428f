"""What a refresh of prices brought: models that are not bundled, and where the source differs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ccmeter.pricing.book import Book, Model, Price, Rates, Refreshed, load_book
from ccmeter.pricing.fetched import tariffs
from ccmeter.pricing.published import Left
from ccmeter.pricing.rate import entry_for

NEW, CHANGED, SAME, KEPT = "new", "changed", "same", "kept"


class Difference(NamedTuple):
    """Rates of a bundled model on which the source does not agree; None: it has no such price."""

    model: str
    which: str  # standard, fast, over 200k
    bundled: Rates | None
    source: Rates | None


class Fetched(NamedTuple):
    """A model that only the source knows, and the price in force on the day."""

    model: Model
    price: Price
    state: str  # NEW, CHANGED or SAME since the last refresh; KEPT: the source has it no more
    own: bool  # the user has a price of it, which goes before


class Outcome(NamedTuple):
    """A refresh."""

    refreshed: Refreshed
    fetched: Sequence[Fetched]
    differing: Sequence[Difference]
    left: Sequence[Left]  # that are not bundled
    source_models: int  # whose prices could be read


def outcome(
    old: Refreshed | None,
    new: Refreshed,
    listed: Collection[str],
    left: Sequence[Left],
    own: Collection[str],
) -> Outcome:
    """Return what is new. `listed` are the models in the source, `own` those of the user's.

    Both kinds of names are canonical.
    """
    bundled, day = load_book().models, new.day or ""
    before = old.models if old else {}
    book = load_book(None, new)
    fetched = [
        Fetched(model, price, _state(name, model, before, listed), name in own)
        for name, model in sorted(new.models.items())
        if name not in bundled and (price := entry_for(book, name, day))
    ]
    rest = [each for each in left if each.model not in bundled]
    return Outcome(new, fetched, differences(new, day), rest, len(listed))


def _state(name: str, model: Model, before: Mapping[str, Model], listed: Collection[str]) -> str:
    if name not in listed:
        return KEPT
    if name not in before:
        return NEW
    return SAME if before[name] == model else CHANGED


def differences(refreshed: Refreshed, day: str) -> list[Difference]:
    """Return where prices of the source that hold on the day differ from the bundled ones."""
    bundled, source = load_book(), load_book()._replace(models=refreshed.models)
    return [
        found
        for name in sorted(bundled.models.keys() & refreshed.models.keys())
        for found in _compared(name, bundled, source, day)
    ]


def _compared(name: str, bundled: Book, source: Book, day: str) -> Iterator[Difference]:
    ours, theirs = entry_for(bundled, name, day), entry_for(source, name, day)
    if ours is None or theirs is None:
        return
    mine, other = dict(tariffs(ours)), dict(tariffs(theirs))
    for which in {**mine, **other}:
        # the source has fast prices of some models only
        told = theirs.fast is not None or not which.startswith("fast")
        if told and mine.get(which) != other.get(which):
            yield Difference(name, which, mine.get(which), other.get(which))
