"""The user's own prices: changing the [prices] tables of config.toml."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ccmeter.config import parse_config
from ccmeter.errors import CcmeterError, UsageError
from ccmeter.pricing.book import Book, Price
from ccmeter.pricing.here import book_of
from ccmeter.pricing.names import canonical
from ccmeter.pricing.tables import ALWAYS, RATE_KEYS, read_day
from ccmeter.settings.source import UNCHANGED, Source, edited, read_settings, save

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

Entry = Mapping[str, Any]


def set_price(
    home: str, model: str, rates: Mapping[str, Decimal], start: date | None
) -> tuple[Price, ...]:
    """Write a price of the model into config.toml; return the prices that the model has now.

    `rates` are USD per million tokens by RATE_KEYS. `start` is the day from which they hold,
    None for all days; another price of the user's from the same day is replaced, others stay.
    UsageError when the result would be no price list; nothing is changed then.
    """
    source = read_settings(home)
    name, entries = own_entries(_prices(source), model)
    first = {} if start is None else {"from": start}
    entry = {**first, **{key: _number(amount) for key, amount in rates.items()}}
    at = _index(entries, start.isoformat() if start else ALWAYS)
    if at is None:
        text, new = _with_entry(source.text, name, entries, entry), [*entries, entry]
    else:
        text = edited(source.text, lambda document: _replace(document, name, at, entry))
        new = [*entries[:at], _replaced(entries[at], entry), *entries[at + 1 :]]
    wanted = {**source.data.get("prices", {}), name: _as_written(source, name, new)}
    others = {key: value for key, value in wanted.items() if key != name}
    _accepted(home, others, CcmeterError)
    book = _accepted(home, wanted, UsageError)  # what is wrong elsewhere has been said
    save(home, source, text, {**source.data, "prices": wanted})
    return book.models[canonical(model)].prices


def _accepted(home: str, prices: Mapping[str, Any], wrong: type[CcmeterError]) -> Book:
    try:
        return book_of(home, prices)
    except CcmeterError as error:
        raise wrong(f"{UNCHANGED}: {error}") from error


def remove_price(home: str, model: str, start: date | None) -> int:
    """Remove the user's own prices of the model, or only that from a day; return how many."""
    source = read_settings(home)
    name, entries = own_entries(_prices(source), model)
    doomed = [n for n, e in enumerate(entries) if start is None or _day(e) == start.isoformat()]
    if not doomed:
        return 0
    prices = {key: value for key, value in source.data["prices"].items() if key != name}
    kept = [entry for n, entry in enumerate(entries) if n not in doomed]
    if kept:
        prices[name] = _as_written(source, name, kept)
    wanted = {**source.data, "prices": prices}
    if not prices:
        del wanted["prices"]
    text = edited(source.text, lambda document: _remove(document, name, doomed, not kept))
    save(home, source, text, wanted)
    return len(doomed)


def own_entries(prices: Mapping[str, Any], model: str) -> tuple[str, list[Entry]]:
    """Return the key under which the model's own prices stand, or would, and the prices."""
    for written, raw in prices.items():
        if canonical(written) == canonical(model):
            return written, list(raw) if isinstance(raw, Sequence) else [raw]
    return model, []


def _prices(source: Source) -> Mapping[str, Any]:
    return parse_config(source.data, source.path).prices


def _number(amount: Decimal) -> int | float:
    whole = amount.is_finite() and amount == amount.to_integral_value()
    return int(amount) if whole else float(amount)


def _day(entry: Entry) -> str:
    return read_day(entry["from"], "from") if "from" in entry else ALWAYS


def _index(entries: Sequence[Entry], day: str) -> int | None:
    return next((n for n, entry in enumerate(entries) if _day(entry) == day), None)


def _as_written(source: Source, name: str, entries: list[Entry]) -> Entry | list[Entry]:
    """One entry stays the table that it was, or is a new one; a list stays a list."""
    old = source.data.get("prices", {}).get(name, {})
    return entries[0] if len(entries) == 1 and isinstance(old, Mapping) else entries


def _replaced(old: Entry, new: Entry) -> Entry:
    """The five rates and the day are the new ones; a note and dearer tiers stay."""
    kept = {key: value for key, value in old.items() if key not in (*RATE_KEYS, "from")}
    return {**kept, **new}


def _with_entry(text: str, name: str, entries: list[Entry], entry: Entry) -> str | None:
    """A new block at the end leaves every other character of the file as it is."""
    if len(entries) == 1:
        listed = edited(text, lambda document: _listed(document, name))
        if listed is None:
            return None
        text = listed
    gap = "\n" if text.endswith("\n") else "\n\n" if text else ""
    return text + gap + _block(name, entry, listed=bool(entries))


def _listed(document: "TOMLDocument", name: str) -> None:
    """Turn the only table of a model into a list of one."""
    import tomlkit

    prices: Any = document["prices"]
    if isinstance(prices[name], Mapping):
        entries = tomlkit.aot()
        entries.append(prices[name])
        prices[name] = entries


def _block(name: str, entry: Entry, listed: bool) -> str:
    import tomlkit

    document = tomlkit.document()
    prices = tomlkit.table(is_super_table=True)
    prices[name] = [entry] if listed else entry
    document["prices"] = prices
    return tomlkit.dumps(document).strip("\n") + "\n"


def _replace(document: "TOMLDocument", name: str, at: int, entry: Entry) -> None:
    prices: Any = document["prices"]
    table: Any = prices[name] if isinstance(prices[name], Mapping) else prices[name][at]
    for key in RATE_KEYS:
        if key not in entry:
            table.pop(key, None)
    table.update(entry)


def _remove(document: "TOMLDocument", name: str, at: Sequence[int], whole: bool) -> None:
    prices: Any = document["prices"]
    if whole:
        del prices[name]
    else:
        for number in reversed(at):
            del prices[name][number]
    if not prices:
        del document["prices"]
