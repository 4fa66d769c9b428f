"""What requests are judged by besides their own tokens: owners, marks, fingerprints."""

import json
import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from ccmeter.store.audit import ThreadId
from ccmeter.store.statements import sql


class Owned(NamedTuple):
    """Whose request it is."""

    session: str
    agent: str  # "" for the main thread
    version: str
    entrypoint: str
    copied: bool


class Noted(NamedTuple):
    """A mark between requests; `label` is "" where it has none. Kind `meter`: a process ended."""

    time_ms: int
    kind: str
    label: str


def load_owned(
    connection: sqlite3.Connection, ids: Collection[int] | None = None
) -> dict[int, Owned]:
    """Return the owners with these ids, or all."""
    if ids is None:
        rows = connection.execute(sql("audit_owners"))
    else:
        rows = connection.execute(sql("audit_owners_some"), {"ids": json.dumps(list(ids))})
    return {id_: Owned._make((*rest, bool(copied))) for id_, *rest, copied in rows}


def load_marks(
    connection: sqlite3.Connection, sessions: Collection[int] | None = None
) -> dict[ThreadId, list[Noted]]:
    """Return the marks of these sessions, or of all, by thread in order of time."""
    if sessions is None:
        rows = connection.execute(sql("audit_marks"))
    else:
        values = {"sessions": json.dumps(list(sessions))}
        rows = connection.execute(sql("audit_marks_some"), values)
    found: dict[ThreadId, list[Noted]] = {}
    for session, agent, *rest in rows:
        found.setdefault((session, agent), []).append(Noted(*rest))
    return found


def load_kind(connection: sqlite3.Connection, kind_id: int) -> tuple[str, str, str, str]:
    """Return shape, params, effort and lifetimes that fingerprints of a kind share."""
    shape, params, effort, ttls = connection.execute(sql("audit_kind"), (kind_id,)).fetchone()
    return shape, params, effort, ttls


def load_chained(
    connection: sqlite3.Connection, request: int
) -> tuple[int | None, int, bytes] | None:
    """Return base, messages kept and tail of a fingerprint; None when it was not read."""
    found = connection.execute(sql("audit_chain"), (request,)).fetchone()
    return None if found is None else (found[0], found[1], found[2])
