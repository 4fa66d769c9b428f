"""From the price list that genai-prices publishes to ccmeter's own tables. Pure.

Nothing is guessed: a model of which a price lacks, or is told in a way that ccmeter cannot hold,
is left out, with the place and the reason. The one thing that is derived are prices of cache
writes, by the multiples of input that hold for every Claude model; the entry says so.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.pricing.fetched import fetched_model
from ccmeter.pricing.names import canonical
from ccmeter.pricing.price import Model
from ccmeter.pricing.published_prices import Table, price_table, short
from ccmeter.pricing.tables import ALWAYS, read_day

PROVIDER = "anthropic"
_PRINTABLE = re.compile(r"[\w.:@/-]{1,100}", re.ASCII)
_FAST = {"speed": "fast"}
_NO_FAST = "The fast prices of the source cannot be used, so fast responses have no price."


class Left(NamedTuple):
    """A model of the source that is not taken, and why."""

    model: str
    why: str


class Published(NamedTuple):
    """The Claude models of the source, as far as their prices can be used."""

    models: Mapping[str, Model]
    left: Sequence[Left]


def read_published(data: bytes, day: str) -> Published:
    """Return the models of a download; prices that hold only after the UTC day are left out.

    CcmeterError with the place when it is no such list, or no model of it can be used.
    """
    try:
        document = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError, DecimalException) as error:
        raise CcmeterError("it is not JSON") from error
    models: dict[str, Model] = {}
    left: dict[str, Left] = {}
    for number, raw in enumerate(_models(document), 1):
        name = _name(raw, number)
        if name in models or name in left:
            models.pop(name, None)
            left[name] = Left(name, f"{name} stands there twice")
            continue
        try:
            models[name] = fetched_model(name, list(_entries(raw, name, day)), name, day)
        except CcmeterError as error:
            left[name] = Left(name, str(error))
    if not models:
        raise CcmeterError(f"{PROVIDER}.models has no model whose prices can be used")
    return Published(models, tuple(left.values()))


def _models(document: object) -> Sequence[Any]:
    if not isinstance(document, list):
        raise CcmeterError("it is no list of providers")
    for provider in document:
        if isinstance(provider, Mapping) and provider.get("id") == PROVIDER:
            models = provider.get("models")
            if not isinstance(models, list):
                raise CcmeterError(f"{PROVIDER}.models is {short(models)}, not a list")
            return models
    raise CcmeterError(f"the provider {PROVIDER} is not in it")


def _name(raw: object, number: int) -> str:
    """The canonical id, or the place where there is none."""
    id_ = raw.get("id") if isinstance(raw, Mapping) else None
    if isinstance(id_, str) and _PRINTABLE.fullmatch(id_):
        return canonical(id_)
    return f"{PROVIDER}.models[{number}]"


def _entries(raw: object, place: str, day: str) -> Iterator[Table]:
    """The tables of a model, oldest first, with fast prices where there are."""
    if not isinstance(raw, Mapping):
        raise CcmeterError(f"{place} is {short(raw)}, not a table")
    prices = raw.get("prices")
    dated = prices if isinstance(prices, list) else [{"prices": prices}]
    found: list[tuple[str, Table]] = []
    for number, item in enumerate(dated, 1):
        where = f"{place}.prices[{number}]" if dated is prices else f"{place}.prices"
        start = _start(item, where)
        if found and start <= found[-1][0]:
            raise CcmeterError(f"{where} is not later than the price before it")
        found.append((start, price_table(item.get("prices"), where)))
    held = [(start, table) for start, table in found if start <= day]
    if not held:
        raise CcmeterError(f"{place} has only announced prices")
    for start, table in _with_fast(held, raw.get("price_variants"), place, day):
        yield table if start == ALWAYS else {"from": start, **table}


def _start(item: object, place: str) -> str:
    """The day from which a price holds, or a variant."""
    if not isinstance(item, Mapping):
        raise CcmeterError(f"{place} is {short(item)}, not a table")
    rule = item.get("constraint")
    if rule is None:
        return ALWAYS
    if not isinstance(rule, Mapping) or list(rule) != ["start_date"]:
        raise CcmeterError(f"{place}.constraint is no day from which it holds")
    day = rule["start_date"]
    return read_day(day if isinstance(day, str) else short(day), f"{place}.constraint.start_date")


def _with_fast(
    held: list[tuple[str, Table]], variants: object, place: str, day: str
) -> Iterator[tuple[str, Table]]:
    """Add the fast prices, from their day on; a price that began before it is cut in two."""
    fast, start, note = _fast(variants, place)
    if fast is None or start > day:
        yield from ((each, _noted(table, note)) for each, table in held)
        return
    for (each, table), after in zip(held, [*(s for s, _ in held[1:]), None], strict=True):
        if each >= start:
            yield each, _noted({**table, "fast": fast}, note)
            continue
        yield each, table
        if after is None or start < after:
            yield start, _noted({**table, "fast": fast}, note)


def _fast(variants: object, place: str) -> tuple[Table | None, str, str]:
    """Fast prices, the day from which they hold, and what is to be noted."""
    every = variants if isinstance(variants, list) else []
    found = [each for each in every if isinstance(each, Mapping) and each.get("when") == _FAST]
    if len(found) != 1:
        return None, ALWAYS, _NO_FAST if found else ""
    place = f"{place}.price_variants"
    try:
        start, table = _start(found[0], place), price_table(found[0].get("prices"), place)
    except CcmeterError:
        return None, ALWAYS, _NO_FAST
    note = str(table.get("note", ""))
    return {key: value for key, value in table.items() if key != "note"}, start, note


def _noted(table: Table, note: str) -> Table:
    """Add a sentence to the note, unless it says it already."""
    old = str(table.get("note", ""))
    text = old if note in old else f"{old} {note}".strip()
    return {**table, "note": text} if text else table
