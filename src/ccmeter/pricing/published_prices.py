"""One set of prices as genai-prices writes it, to a table as in prices.toml. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.pricing.tables import RATE_KEYS

_WRITE_5M, _WRITE_1H = RATE_KEYS[3:]
_ANY_WRITE = "cache_write_mtok"  # of a write whose lifetime has no price of its own
_DERIVED = {_WRITE_5M: Decimal("1.25"), _WRITE_1H: Decimal(2)}  # times input, for every model
_TOLD = {_WRITE_5M: "5-minute", _WRITE_1H: "1-hour"}
_PER_REQUEST = "requests_kcount"
_HIGHEST = 1_000_000  # of any number; a larger one could not be multiplied safely

Table = dict[str, Any]


class _Amount(NamedTuple):
    """A price per million tokens, and those of longer prompts by their threshold."""

    base: Decimal
    steps: Mapping[int, Decimal]

    def times(self, factor: Decimal) -> "_Amount":
        """Return a multiple."""
        steps = {start: price * factor for start, price in self.steps.items()}
        return _Amount(self.base * factor, steps)


def price_table(raw: object, place: str) -> Table:
    """Return the five prices, those of long prompts, and a note on what was derived.

    Raises:
        CcmeterError: A price lacks, or is told in a way that ccmeter cannot hold.
    """
    if not isinstance(raw, Mapping):
        raise CcmeterError(f"{place} is {short(raw)}, not a table of prices")
    for key in raw:
        if (key.endswith("_mtok") or key == _PER_REQUEST) and key not in (*RATE_KEYS, _ANY_WRITE):
            raise CcmeterError(f"{place} has a price that ccmeter does not know: {short(key)}")
    found = {key: _amount(raw[key], f"{place}.{key}") for key in raw if _is_price(raw, key)}
    if _ANY_WRITE in found:
        found.setdefault(_WRITE_5M, found[_ANY_WRITE])
    lacking = [key for key in RATE_KEYS if key not in found and key not in _DERIVED]
    if lacking:
        raise CcmeterError(f"{place} has no {', '.join(lacking)}")
    derived = [key for key in _DERIVED if key not in found]
    for key in derived:
        found[key] = found[RATE_KEYS[0]].times(_DERIVED[key])
    amounts = [found[key] for key in RATE_KEYS]
    note = {"note": " ".join(map(_note, derived))} if derived else {}
    return {**_rates(amounts, None), **_long_context(amounts, place), **note}


def _is_price(raw: Mapping[str, object], key: str) -> bool:
    return key in (*RATE_KEYS, _ANY_WRITE) and raw[key] is not None


def _note(key: str) -> str:
    times = f"{_DERIVED[key].normalize():f}"
    return f"The price of {_TOLD[key]} cache writes is not in the source: {times} times input."


def _amount(value: object, place: str) -> _Amount:
    if not isinstance(value, Mapping):
        return _Amount(_number(value, place), {})
    tiers = value.get("tiers")
    if not isinstance(tiers, list):
        raise CcmeterError(f"{place}.tiers is {short(tiers)}, not a list")
    return _Amount(
        _number(value.get("base"), f"{place}.base"),
        dict(_step(tier, f"{place}.tiers[{number}]") for number, tier in enumerate(tiers, 1)),
    )


def _step(tier: object, place: str) -> tuple[int, Decimal]:
    if not isinstance(tier, Mapping):
        raise CcmeterError(f"{place} is {short(tier)}, not a table")
    start = tier.get("start")
    if type(start) is not int or not 0 < start <= _HIGHEST * 1000:
        raise CcmeterError(f"{place}.start is {short(start)}, not a number of tokens")
    return start, _number(tier.get("price"), f"{place}.price")


def _number(value: object, place: str) -> Decimal:
    amount = Decimal(value) if type(value) is int or isinstance(value, Decimal) else None
    if amount is None or not 0 <= amount <= _HIGHEST:
        raise CcmeterError(f"{place} is {short(value)}, not a price per million tokens")
    return amount


def _long_context(amounts: Sequence[_Amount], place: str) -> Table:
    """The prices over the one threshold; what has no dearer price keeps its own."""
    starts = {start for amount in amounts for start in amount.steps}
    if not starts:
        return {}
    if len(starts) > 1:
        listed = ", ".join(f"{start:,}" for start in sorted(starts)[:4])
        raise CcmeterError(f"{place} changes at {listed} tokens, where ccmeter holds one threshold")
    (start,) = starts
    return {"long_context": {"threshold_tokens": start, **_rates(amounts, start)}}


def _rates(amounts: Sequence[_Amount], start: int | None) -> Table:
    found = [a.base if start is None else a.steps.get(start, a.base) for a in amounts]
    return dict(zip(RATE_KEYS, found, strict=True))


def short(value: object) -> str:
    """Return a value as an error shows it: never long, and of what holds others the kind alone."""
    if isinstance(value, (list, Mapping)):
        return "a list" if isinstance(value, list) else "a table"
    text = str(value) if isinstance(value, Decimal) else ascii(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
