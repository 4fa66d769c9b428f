"""What the rows of a report stand for."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from ccmeter.reports.asked import UNKNOWN, project_of
from ccmeter.reports.coverage import Coverage, SessionCoverage
from ccmeter.reports.priced import Priced, Totals, join, total
from ccmeter.store.read import Who

MAIN = "main"
SUBAGENT = "subagent"  # of a type that neither line nor file tells


class Row(NamedTuple):
    """One row of a report."""

    key: str
    totals: Totals
    project: str | None = None  # of a session
    first_day: date | None = None  # of a session
    coverage: SessionCoverage | None = None  # of a session


def agent_of(who: Who) -> str:
    """The type of the agent, or main."""
    return MAIN if not who.agent else who.agent_type or SUBAGENT


def keys(user_of: Callable[[str], str]) -> Mapping[str, Callable[[Priced], str]]:
    """Return what a piece's row is called, for each value of `--by`."""
    return {
        "day": lambda p: p.slice.local_day.isoformat(),
        "week": _monday,
        "month": lambda p: p.slice.local_day.isoformat()[:_MONTH],
        "model": lambda p: p.model or UNKNOWN,
        "project": lambda p: project_of(p.slice.who),
        "session": lambda p: p.slice.who.session or UNKNOWN,
        "version": lambda p: p.slice.who.version or UNKNOWN,
        "user": lambda p: user_of(p.slice.who.root),
        "agent": lambda p: agent_of(p.slice.who),
        "entrypoint": lambda p: p.slice.who.entrypoint or UNKNOWN,
    }


_MONTH = len("2026-11")
_IN_ORDER = frozenset({"day", "week", "month"})


def _monday(piece: Priced) -> str:
    day = piece.slice.local_day
    return (day - timedelta(days=day.weekday())).isoformat()


def group(pieces: Iterable[Priced], by: str, user_of: Callable[[str], str]) -> list[Row]:
    """Return a row per key: times in order, everything else by cost, then by tokens."""
    key_of = keys(user_of)[by]
    groups: dict[str, list[Priced]] = {}
    for piece in pieces:
        groups.setdefault(key_of(piece), []).append(piece)
    rows = [Row(key, total(members)) for key, members in groups.items()]
    if by == "session":
        rows = [_with_origin(row, groups[row.key]) for row in rows]
    if by in _IN_ORDER:
        return sorted(rows, key=lambda row: row.key)
    return sorted(rows, key=lambda r: (-r.totals.list_cost, -r.totals.usage.tokens, r.key))


def months(days: Iterable[Row]) -> list[Row]:
    """Return a row per month, from rows of days in their order."""
    parts = groupby(days, lambda row: row.key[:_MONTH])
    return [Row(key, join(row.totals for row in members)) for key, members in parts]


def _with_origin(row: Row, members: Iterable[Priced]) -> Row:
    first = min(members, key=lambda p: (p.slice.local_day, bool(p.slice.who.agent))).slice
    return row._replace(project=project_of(first.who), first_day=first.local_day)


def with_coverage(rows: list[Row], by: str, coverage: Coverage) -> list[Row]:
    """Return the rows, those of sessions with what the client metered besides."""
    if by != "session":
        return rows
    known = coverage.sessions
    return [row._replace(coverage=known.get("" if row.key == UNKNOWN else row.key)) for row in rows]
