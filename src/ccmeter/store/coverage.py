"""What the client's own meter said of sessions, and where forks left their parents."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from ccmeter.model import Usage
from ccmeter.store.statements import sql

_COUNTS = (  # in the order of Usage; lifetimes of writes are not always told apart
    "inputTokens",
    "outputTokens",
    "cacheReadInputTokens",
    "cacheCreationInputTokens",
)


class Reading(NamedTuple):
    """What the meter said at one moment, cumulative over the resumes of a session."""

    start_ms: int  # of the meter; 0: of the last process alone, which .claude.json tells
    duration_ms: int
    after_ms: int | None  # when the main thread was answered last before it
    cost: Decimal
    used: Usage | None  # all cache writes under 5m; None: the client did not tell
    unknown_model: bool  # the client made up a price
    went_on: bool  # the main thread was answered after it
    cleared: bool  # may include sessions before a /clear


class Meter(NamedTuple):
    """The readings of one session, at least one, the last one last."""

    first_ms: int  # of the responses in its files, copied ones too
    last_ms: int
    readings: tuple[Reading, ...]

    @property
    def last(self) -> Reading:
        """The last word of the meter."""
        return self.readings[-1]


class ForkPoint(NamedTuple):
    """What a session's main thread repeats of other sessions."""

    parent: str  # whose response is the last one that is repeated
    first_ms: int
    last_ms: int


def meters(connection: sqlite3.Connection, sessions: Collection[str]) -> dict[str, Meter]:
    """Return the meters of those of the sessions that left a reading."""
    found: dict[str, Meter] = {}
    values = {"sessions": json.dumps(sorted(sessions))}
    for session, first_ms, last_ms, *rest in connection.execute(sql("meters"), values):
        known = found.get(session, Meter(first_ms or 0, last_ms or 0, ()))
        found[session] = known._replace(readings=(*known.readings, _reading(rest)))
    return found


def _reading(row: list[Any]) -> Reading:
    start, duration, after, cost, models, unknown, went_on, cleared = row
    used = _used(json.loads(models))
    return Reading(
        start, duration, after, Decimal(cost), used, bool(unknown), bool(went_on), bool(cleared)
    )


def _used(models: Mapping[str, Mapping[str, float]]) -> Usage | None:
    if not models:
        return None
    return Usage(*(sum(int(m.get(name, 0)) for m in models.values()) for name in _COUNTS))


def fork_points(connection: sqlite3.Connection, sessions: Collection[str]) -> dict[str, ForkPoint]:
    """Return where those of the sessions that are forks left their parents."""
    found: dict[str, ForkPoint] = {}
    values = {"sessions": json.dumps(sorted(sessions))}
    for session, parent, time_ms in connection.execute(sql("fork_points"), values):
        first = found[session].first_ms if session in found else time_ms
        found[session] = ForkPoint(parent, first, time_ms)
    return found
