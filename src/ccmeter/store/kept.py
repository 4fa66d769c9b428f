"""Beside the responses of a file: what tells later how much of the billed usage they are."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from ccmeter.model import CostState, Owner
from ccmeter.store.names import Names
from ccmeter.store.packing import Packed, Row
from ccmeter.store.statements import sql

_END = 1 << 62


class Kept:
    """Writes copies, spans of sessions and readings of the client's meter."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def copies(self, packed: Packed, found: Sequence[Row], some_known: bool) -> None:
        """Remember which responses are repeated in files of sessions that did not make them.

        Forks of most clients mark their copies. Others are seen by their owner, but only where
        some of the responses were stored before (`some_known`).
        """
        owners = [Owner._make(each) for each in packed.owners]
        if any(owner.copied for owner in owners):
            marked = [
                (self._names.session(owners[row[0]].session), row[2][0])
                for row in found
                if owners[row[0]].copied
            ]
            self._connection.executemany(sql("save_copy"), marked)
        if some_known:
            for session, hashes in _by_session(owners, found):
                values = {"session_id": self._names.session(session), "hashes": json.dumps(hashes)}
                self._connection.execute(sql("save_shared"), values)

    def spans(self, spans: Iterable[tuple[str, int, str, int]]) -> None:
        """Remember when each session was answered first and last, and where it started."""
        names = self._names
        found = [
            (names.session(session), first_ms, names.project(cwd), last_ms)
            for session, first_ms, cwd, last_ms in spans
        ]
        self._connection.executemany(sql("save_last"), [(end, s, end) for s, _, _, end in found])
        homes = [(first, project, s, first) for s, first, project, _ in found]
        self._connection.executemany(sql("save_home"), homes)

    def readings(self, packed: Packed) -> None:
        """Store readings of the meter with the time of the last response before each."""
        for values, before_ms, earliest_ms in packed.readings:
            state = CostState._make(values)
            if before_ms is None and packed.start:  # the answers before it were read earlier
                before_ms = self._before(state.session, earliest_ms)
            session, meter = self._names.session(state.session), state[1:3]
            row = (session, *meter, before_ms or 0, *state[3:-1])
            self._connection.execute(sql("save_cost_state"), row)

    def _before(self, session: str, earliest_ms: int | None) -> int:
        """When the main thread was answered last before that; 0 when never."""
        before = _END if earliest_ms is None else earliest_ms
        values = {"session_id": self._names.session(session), "before_ms": before}
        found = self._connection.execute(sql("last_main"), values).fetchone()
        return int(found[0]) if found else 0


def _by_session(owners: Sequence[Owner], rows: Iterable[Row]) -> Iterator[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for number, _, columns, _ in rows:
        if not owners[number].agent:
            found.setdefault(owners[number].session, []).append(columns[0])
    yield from found.items()
