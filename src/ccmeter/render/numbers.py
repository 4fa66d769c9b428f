"""Exact amounts as JSON numbers."""

from decimal import Decimal

from ccmeter.pricing.compute import Triple

_DIGITS = 10  # of a dollar: far below what one token costs


def money(amount: Decimal) -> float:
    """USD as a JSON number."""
    return round(float(amount), _DIGITS)


def triple(amounts: Triple) -> dict[str, float]:
    """Low, mid and high USD as JSON numbers."""
    return {name: money(amount) for name, amount in amounts._asdict().items()}
