"""Checked values out of TOML tables.

Every complaint is a CcmeterError that names the key and says what to write instead.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ccmeter.errors import CcmeterError


def table(value: object, place: str) -> Mapping[str, Any]:
    """Return the value if it is a table."""
    if isinstance(value, Mapping):
        return value
    raise CcmeterError(f"{place} is {value!r}: write a table, [{place.rpartition(' ')[2]}]")


def only(raw: Mapping[str, Any], place: str, keys: Collection[str]) -> None:
    """Complain about the first key that is not one of `keys`."""
    for key in raw:
        if key not in keys:
            raise CcmeterError(f"{place}.{key} means nothing: {suggestion(key, keys)}")


def suggestion(word: str, known: Collection[str]) -> str:
    """Return the known words as a hint, the one that may be meant first."""
    from difflib import get_close_matches  # only for a mistake

    listed = f"use one of {', '.join(known)}"
    meant = get_close_matches(word.lower(), known, n=1)
    return f"did you mean {meant[0]}? Otherwise {listed}" if meant else listed


def number(value: object, place: str, unit: str, highest: int) -> Decimal:
    """Return a number from 0 to `highest`, exactly as it was written."""
    found = _decimal(value)
    if found is None or not found.is_finite() or not 0 <= found <= highest:
        raise CcmeterError(f"{place} is {value!r}: write {unit}, a number from 0 to {highest}")
    return found


def _decimal(value: object) -> Decimal | None:
    if not isinstance(value, (Decimal, int, float, str)):
        return None
    try:
        return Decimal(str(value))  # by its text: a float as it was written, and no True
    except InvalidOperation:
        return None
