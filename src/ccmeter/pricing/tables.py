"""From tables as TOML gives them to prices: the bundled ones and the user's, by one reader.

Every complaint is a CcmeterError that names the key and says what to write instead.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.pricing.price import LongContext, Price, Rates, Tariff

ALWAYS = "0001-01-01"  # the start of a price that names no day

RATE_KEYS = tuple(f"{field}_mtok" for field in Rates._fields)
_PRICE_KEYS = frozenset({*RATE_KEYS, "from", "note", "source", "long_context", "fast"})
_FAST_KEYS = frozenset({*RATE_KEYS, "removed", "long_context"})
_LONG_KEYS = frozenset({*RATE_KEYS, "threshold_tokens"})
_HIGHEST = Decimal(1_000_000)  # a dollar for every token: nobody asks that


class Origin(NamedTuple):
    """Where tables come from, and what they must hold."""

    sources: tuple[str, ...]
    checked: str | None
    required: tuple[str, ...]  # rate keys; a cache price not given is the input price


def read_prices(raw: object, place: str, origin: Origin) -> tuple[Price, ...]:
    """Return the prices of one model, oldest first; `raw` is one table or a list of them."""
    if isinstance(raw, Mapping):
        return (_price(raw, place, origin),)
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise CcmeterError(f"{place} is {raw!r}: write a table with {', '.join(origin.required)}")
    found = [_price(table, f"{place}[{i}]", origin) for i, table in enumerate(raw, 1)]
    found.sort(key=_start)
    for older, newer in pairwise(found):
        if older.start == newer.start:
            raise CcmeterError(f"{place} has two prices from {newer.start}: keep one of them")
    return tuple(found)


def _start(price: Price) -> str:
    return price.start


def _price(table: object, place: str, origin: Origin) -> Price:
    entry = _table(table, place, _PRICE_KEYS)
    source, note = entry.get("source"), entry.get("note")
    return Price(
        start=read_day(entry["from"], f"{place}.from") if "from" in entry else ALWAYS,
        standard=Tariff(_rates(entry, place, origin), _long_context(entry, place, origin)),
        fast=_fast(entry, place, origin),
        sources=origin.sources if source is None else (str(source),),
        checked=origin.checked,
        note=None if note is None else str(note),
    )


def _fast(entry: Mapping[str, Any], place: str, origin: Origin) -> Tariff | None:
    if "fast" not in entry:
        return None
    place += ".fast"
    table = _table(entry["fast"], place, _FAST_KEYS)
    removed = table.get("removed")
    return Tariff(
        _rates(table, place, origin),
        _long_context(table, place, origin),
        None if removed is None else read_day(removed, f"{place}.removed"),
    )


def _long_context(entry: Mapping[str, Any], place: str, origin: Origin) -> LongContext | None:
    if "long_context" not in entry:
        return None
    place += ".long_context"
    table = _table(entry["long_context"], place, _LONG_KEYS)
    threshold = table.get("threshold_tokens")
    if not isinstance(threshold, int) or isinstance(threshold, bool) or threshold < 1:
        raise CcmeterError(
            f"{place}.threshold_tokens is {threshold!r}: write a whole number of prompt tokens"
        )
    return LongContext(int(threshold), _rates(table, place, origin))


def _table(table: object, place: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise CcmeterError(f"{place} is {table!r}: write a table")
    for key in table:
        if key not in known:
            raise CcmeterError(
                f"{place}.{key} is no key of a price: the keys are {', '.join(sorted(known))}"
            )
    return table


def _rates(table: Mapping[str, Any], place: str, origin: Origin) -> Rates:
    missing = [key for key in origin.required if key not in table]
    if missing:
        raise CcmeterError(
            f"{place} needs {', '.join(missing)} too: add them in USD per million tokens"
        )
    base = _amount(table[RATE_KEYS[0]], f"{place}.{RATE_KEYS[0]}")
    given = (
        _amount(table[key], f"{place}.{key}") if key in table else base for key in RATE_KEYS[1:]
    )
    return Rates(base, *given)


def _amount(value: object, place: str) -> Decimal:
    amount = _decimal(value)
    if amount is None or not amount.is_finite() or not 0 <= amount <= _HIGHEST:
        raise CcmeterError(
            f"{place} is {value!r}: write USD per million tokens, a number from 0 to {_HIGHEST}"
        )
    return amount


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, (int, float, str)):
        return None
    try:
        return Decimal(str(value))  # by its text: a float as it was written, and no True
    except InvalidOperation:
        return None


def read_day(value: object, place: str) -> str:
    """Return a TOML date, or its text, as YYYY-MM-DD."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        if isinstance(value, str):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise CcmeterError(f"{place} is {value!r}: write a day such as 2026-01-31")
