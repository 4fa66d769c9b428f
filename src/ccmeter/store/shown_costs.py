"""The last sight of each session's cost in a status line."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.limits.shown_cost import ShownCost
from ccmeter.store.names import Names
from ccmeter.store.statements import sql


class Sight(NamedTuple):
    """What was shown last of a session, and what its transcripts say around that."""

    first_ms: int  # of the responses in the session's files, copied ones too
    last_ms: int
    time_ms: int
    began_ms: int  # of the process that showed it
    cost: Decimal
    version: str
    went_on: bool  # somebody was answered after it
    gap: bool  # the main thread was, between its last reading and the process
    cleared: bool  # the session began with a /clear in a process that had another one before


def save_shown_costs(
    connection: sqlite3.Connection, names: Names, costs: Iterable[ShownCost]
) -> None:
    """Store the sights, in the caller's transaction. In whatever order, the last one stays."""
    rows = [(names.session(cost.session), *cost[1:]) for cost in costs]
    connection.executemany(sql("save_shown_cost"), rows)


def sights(connection: sqlite3.Connection, sessions: Collection[str]) -> dict[str, Sight]:
    """Return the last sights of those of the sessions that have one and a response."""
    values = {"sessions": json.dumps(sorted(sessions))}
    return {
        session: _sight(*row) for session, *row in connection.execute(sql("shown_costs"), values)
    }


def _sight(
    first: int, last: int, time: int, began: int, cost: str, version: str, *flags: int
) -> Sight:
    return Sight(first, last, time, began, Decimal(cost), version, *map(bool, flags))
