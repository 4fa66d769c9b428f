"""Single responses as Parquet: the columns of the other formats with types, group by group."""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from ccmeter.model import Usage
from ccmeter.render.export import COLUMNS, Row, cells
from ccmeter.reports.responses import PricedResponse

_GROUP = 20_000  # rows that are held at once
_TYPES = {
    **dict.fromkeys(("time", "request_start"), pa.timestamp("ms", tz="UTC")),
    **dict.fromkeys(("finished", "aborted"), pa.bool_()),
    **dict.fromkeys((*Usage._fields, "thinking_tokens", "web_fetches"), pa.int64()),
    **dict.fromkeys(("cache_missed_tokens", "offset"), pa.int64()),
    "list_cost_usd": pa.decimal128(38, 18),
}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])
_TIME, _START, _COST = map(COLUMNS.index, ("time", "request_start", "list_cost_usd"))
_SMALLEST, _DIGITS = Decimal("1e-18"), Context(prec=38)  # of a cost: 12 digits for listed prices


def write_parquet(found: Iterable[PricedResponse], out: BinaryIO) -> int:
    """Write the responses; return how many. What is not known is null."""
    count, rest = 0, iter(found)
    with ParquetWriter(out, _SCHEMA, compression="zstd") as writer:
        while rows := [_typed(response) for response in islice(rest, _GROUP)]:
            writer.write_batch(_batch(rows))
            count += len(rows)
    return count


def _batch(rows: Sequence[Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, _SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=_SCHEMA)


def _typed(found: PricedResponse) -> Row:
    row: list[Any] = list(cells(found))
    row[_TIME], row[_START] = found.stored.time_ms, found.stored.start_ms
    if row[_COST] is not None:
        row[_COST] = row[_COST].quantize(_SMALLEST, context=_DIGITS)
    return tuple(row)
