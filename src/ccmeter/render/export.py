"""Single responses as CSV or JSON Lines, row by row."""

import csv
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from io import TextIOWrapper
from typing import Any, BinaryIO

import orjson

from ccmeter.reports.asked import project_of
from ccmeter.reports.grouping import agent_of
from ccmeter.reports.responses import PricedResponse

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - only ever added to, and written with a Z

COLUMNS = (
    "key",  # the message id, or what stands for it; calls inside a response have their own
    "request_id",
    "time",
    "request_start",
    "user",
    "session",
    "project",
    "cwd",
    "agent",
    "agent_type",
    "model",
    "canonical_model",
    "requested_model",
    "version",
    "entrypoint",
    "effort",
    "speed",
    "geo",
    "service_tier",
    "cache_requested",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
    "thinking_tokens",
    "web_fetches",
    "stop_reason",
    "finished",
    "aborted",
    "cache_miss_reason",
    "cache_missed_tokens",
    "list_cost_usd",
    "source",
    "offset",
)
_COST, _FINISHED, _ABORTED = map(COLUMNS.index, ("list_cost_usd", "finished", "aborted"))
_TRUTH = {True: "true", False: "false"}

Cell = str | int | bool | Decimal | None
Row = tuple[Any, ...]  # of cells, in the order of COLUMNS


def write_csv(found: Iterable[PricedResponse], out: BinaryIO) -> int:
    """Write a header and a row per response; return how many. What is not known is empty."""
    text = TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        return _count(found, lambda row: writer.writerow(_csv_cells(row)))
    finally:
        text.detach()


def write_jsonl(found: Iterable[PricedResponse], out: BinaryIO) -> int:
    """Write an object per response; return how many. What is not known is null."""
    return _count(found, lambda row: out.write(_json_line(row)))


def _csv_cells(row: Row) -> list[Cell]:
    texts: list[Cell] = list(row)
    texts[_COST] = _decimal_text(row[_COST])
    texts[_FINISHED], texts[_ABORTED] = _TRUTH[row[_FINISHED]], _TRUTH[row[_ABORTED]]
    return texts


def _json_line(row: Row) -> bytes:
    values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    cost = _decimal_text(row[_COST])
    if cost is not None:  # a number of all its digits, which a float may not hold
        values["list_cost_usd"] = orjson.Fragment(cost)
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


Write = Callable[[Iterable[PricedResponse], BinaryIO], int]
WRITERS: dict[str, Write] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
}


def _count(found: Iterable[PricedResponse], write: Callable[[Row], Any]) -> int:
    count = 0
    for response in found:
        write(cells(response))
        count += 1
    return count


def cells(found: PricedResponse) -> Row:
    """Return the values of COLUMNS."""
    stored, piece = found.stored, found.priced
    who, terms = stored.who, stored.terms
    return (
        stored.key,
        stored.request_id,
        iso(stored.time_ms),
        None if stored.start_ms is None else iso(stored.start_ms),
        found.user,
        who.session or None,
        project_of(who),
        who.cwd or None,
        who.agent or None,
        agent_of(who),
        terms.model,
        piece.model,
        terms.requested_model,
        who.version or None,
        who.entrypoint or None,
        terms.effort,
        terms.speed,
        terms.geo,
        terms.service_tier,
        terms.cache_requested,
        *stored.usage,
        stored.thinking_tokens,
        stored.web_fetches,
        terms.stop_reason,
        bool(stored.finished),
        terms.aborted,
        terms.miss_reason,
        stored.miss_tokens,
        piece.list_cost,
        stored.path,
        stored.offset,
    )


def iso(ms: int) -> str:
    """Return UTC epoch milliseconds as ISO 8601."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds") + "Z"


def _decimal_text(amount: Any) -> str | None:
    """The exact amount without an exponent or superfluous zeros."""
    if amount is None:
        return None
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
