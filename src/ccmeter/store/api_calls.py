"""Calls that the client reported itself: stored once, and told apart by whether a line shows them.

A call that a response shows is the same call and counts there; the others are hidden ones.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from ccmeter.model import Usage
from ccmeter.otlp.records import ApiCall
from ccmeter.store.hashing import hash63
from ccmeter.store.names import Names
from ccmeter.store.statements import sql
from ccmeter.store.transaction import transaction

_DRIFT_MS = 86_400_000  # between a call and its response, at most
_SLACK_MS = 2_000  # between the clock of an event and that of a line of the same response
_USAGE = slice(9, 14)


class ReportedCall(NamedTuple):
    """A call, and whether it is one of the responses."""

    call: ApiCall
    visible: bool


def save_calls(connection: sqlite3.Connection, calls: Iterable[ApiCall]) -> int:
    """Store the calls in one transaction of their own; return how many are new.

    SQLite keeps it apart from other writers, so the writer's lock is not needed.
    """
    with transaction(connection):
        names = Names(connection)
        rows = [_row(connection, names, call) for call in calls]
        new = connection.executemany(sql("save_api_call"), rows).rowcount
    return max(0, new)


def _row(connection: sqlite3.Connection, names: Names, call: ApiCall) -> tuple[Any, ...]:
    kind = (call.model, call.query_source, call.speed, call.effort, call.version)
    (kind_id,) = connection.execute(sql("save_call_kind"), kind).fetchone()
    return (
        hash63(call.key),
        call.request_id,
        call.client_request_id,
        names.session(call.session),
        names.agent(call.agent, call.agent_type),
        kind_id,
        call.time_ms,
        call.duration_ms,
        call.sequence,
        *call.usage[:-1],
        call.lifetimes_known,
        None if call.cost_usd is None else str(call.cost_usd),
    )


def reported_calls(
    connection: sqlite3.Connection, since_ms: int, until_ms: int
) -> Iterator[ReportedCall]:
    """Yield the calls of a period (milliseconds, the end excluded), the oldest first."""
    values = {
        "since_ms": since_ms,
        "until_ms": until_ms,
        "drift_ms": _DRIFT_MS,
        "slack_ms": _SLACK_MS,
    }
    for row in connection.execute(sql("load_api_calls"), values):
        yield ReportedCall(_call(row), bool(row[-1]))


def hidden_calls(connection: sqlite3.Connection, since_ms: int, until_ms: int) -> list[ApiCall]:
    """Return the calls of a period (milliseconds, the end excluded) that no response shows."""
    found = reported_calls(connection, since_ms, until_ms)
    return [reported.call for reported in found if not reported.visible]


def _call(row: tuple[Any, ...]) -> ApiCall:
    known, cost = row[_USAGE.stop : _USAGE.stop + 2]
    return ApiCall._make(
        (
            *row[: _USAGE.start],
            Usage(*row[_USAGE]),
            bool(known),
            None if cost is None else Decimal(cost),
            *row[_USAGE.stop + 2 : -1],
        )
    )
