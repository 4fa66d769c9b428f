"""Exact amounts as JSON numbers, and the one way to write a JSON document."""

from decimal import Decimal
from typing import Any

import orjson

from ccmeter.pricing.compute import Triple

SCHEMA = 1  # of every JSON document
_DIGITS = 10  # of a dollar: far below what one token costs


def money(amount: Decimal) -> float:
    """USD as a JSON number."""
    return round(float(amount), _DIGITS)


def triple(amounts: Triple) -> dict[str, float]:
    """Low, mid and high USD as JSON numbers."""
    return {name: money(amount) for name, amount in amounts._asdict().items()}


def dump(value: Any) -> str:
    """Any value as one indented JSON document with a newline at its end."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"
