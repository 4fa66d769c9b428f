"""Compares what ccmeter reports with the ledger and with the client's own meter."""

from decimal import Decimal
from typing import Any

from harness import Sandbox
from mock_api import MockApi
from mock_ledger import Call, Tokens, billed

# USD per million tokens: input, output, read, 5-minute write, 1-hour write; by the client's table
OPUS = ("4", "20", "0.2", "5", "8")
HAIKU = ("1", "5", "0.1", "1.25", "2")
PRICES = {"claude-opus-5-5": OPUS, "claude-haiku-4-5-20251001": HAIKU}
SEARCH = Decimal("0.01")
FAST = {"claude-opus-5-5": 2}
US = Decimal("1.1")


def worth(call: Call) -> Decimal:
    """Return the list price of a call, by hand."""
    if call.status != 200:
        return Decimal()
    tokens = billed([call])
    rates = map(Decimal, PRICES[call.model])
    factor = Decimal(FAST[call.model] if call.speed == "fast" else 1)
    factor *= US if call.geo == "us" else 1
    sum_ = sum((n * rate for n, rate in zip(tokens, rates, strict=False)), Decimal())
    return factor * sum_ / 1_000_000 + tokens.searches * SEARCH


def usd(calls: list[Call]) -> float:
    """Return what calls are worth together."""
    return float(sum(map(worth, calls), Decimal()))


def seen(usage: dict[str, Any]) -> Tokens:
    """Return the tokens of the totals or of a row of a report."""
    return Tokens(
        usage["input_tokens"],
        usage["output_tokens"],
        usage["cache_read_tokens"],
        usage["cache_write_5m_tokens"],
        usage["cache_write_1h_tokens"],
        usage["web_searches"],
    )


def visible(api: MockApi) -> list[Call]:
    """Return the calls that have a line in a transcript."""
    return [call for call in api.calls if call.kind in ("main", "sub") and call.status == 200]


def by_session(box: Sandbox) -> dict[str, dict[str, Any]]:
    """Return the rows of a report by session, by full session id."""
    return {row["key"]: row for row in box.report("--by", "session")["rows"]}
