"""A long history in shares that can be judged apart, and read without reading all of it."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ccmeter.store.audit import Row
from ccmeter.store.statements import sql

_BLOCK = 1_024  # ids; less would be no more exact where it matters


class Share(NamedTuple):
    """Some sessions, whole, with the first and the last id that their responses may have.

    Other sessions may have ids between: what is read at the same time is stored side by side.
    """

    sessions: Sequence[int]
    owners: Sequence[int]
    first: int
    last: int


class _Extent(NamedTuple):
    """The owners of a session, and the blocks of ids in which its responses are."""

    owners: Sequence[int]
    first: int
    last: int


def shares(connection: sqlite3.Connection, size: int, block: int = _BLOCK) -> list[Share]:
    """Return shares of about `size` responses, each of the sessions that begin in it."""
    starting: dict[int, list[tuple[int, _Extent]]] = {}
    per_share = max(1, size // block)
    for session, extent in _extents(connection, block).items():
        starting.setdefault(extent.first // per_share, []).append((session, extent))
    return [_share(starting[number], block) for number in sorted(starting)]


def requests_of(connection: sqlite3.Connection, share: Share) -> Iterator[Row]:
    """Yield the requests of a share, thread by thread in the order of sending."""
    owners = json.dumps(share.owners)
    values = {"owners": owners, "first": share.first, "last": share.last}
    return connection.execute(sql("audit_requests"), values)


def _extents(connection: sqlite3.Connection, block: int) -> dict[int, _Extent]:
    found: dict[int, _Extent] = {}
    for session, owner, first, last in connection.execute(sql("audit_extents"), {"block": block}):
        known = found.get(session, _Extent((), first, last))
        ends = min(first, known.first), max(last, known.last)
        found[session] = _Extent([*known.owners, owner], *ends)
    return found


def _share(found: Sequence[tuple[int, _Extent]], block: int) -> Share:
    return Share(
        [session for session, _ in found],
        [owner for _, extent in found for owner in extent.owners],
        min(extent.first for _, extent in found) * block,
        max(extent.last for _, extent in found) * block + block - 1,
    )
