"""Beside the responses of a batch: what tells later how much of the billed usage they are."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from ccmeter.model import Block, CostState, Response
from ccmeter.store.hashing import hash63
from ccmeter.store.names import Names
from ccmeter.store.statements import sql

_END = 1 << 62


class Kept:
    """Writes copies, readings of the client's meter and sizes of unfinished responses."""

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names

    def copies(self, responses: Sequence[Response], some_known: bool) -> None:
        """Remember which responses are repeated in files of sessions that did not make them.

        Forks of most clients mark their copies. Others are seen by their owner, but only where
        some of the responses were stored before (`some_known`).
        """
        marked = [
            (self._names.session(r.owner.session), hash63(r.key))
            for r in responses
            if r.owner.copied
        ]
        if marked:
            self._connection.executemany(sql("save_copy"), marked)
        if some_known:
            for session, hashes in _by_session(responses):
                values = {"session_id": self._names.session(session), "hashes": json.dumps(hashes)}
                self._connection.execute(sql("save_shared"), values)

    def ends(self, responses: Iterable[Response]) -> None:
        """Remember when each session made its latest response."""
        latest: dict[str, int] = {}
        for response in responses:
            session = response.owner.session
            latest[session] = max(response.time_ms, latest.get(session, 0))
        rows = [(ms, self._names.session(session), ms) for session, ms in latest.items()]
        self._connection.executemany(sql("save_last"), rows)

    def readings(
        self, states: Sequence[CostState], responses: Sequence[Response], first: bool
    ) -> None:
        """Store readings of the meter with the time of the last response before each.

        `first` says that the file begins with these responses.
        """
        for state in states:
            row = (self._names.session(state.session), state.start_ms, state.duration_ms)
            after = self._after_ms(state, responses, first)
            self._connection.execute(sql("save_cost_state"), (*row, after, *state[3:-1]))

    def _after_ms(
        self, state: CostState, responses: Sequence[Response], first: bool
    ) -> int:
        """When the main thread was answered last before the reading; 0 when never."""
        main = [r for r in responses if not r.owner.agent and r.owner.session == state.session]
        before = [r.time_ms for r in main if r.offset < state.offset]
        if before or first:
            return max(before, default=0)
        values = {
            "session_id": self._names.session(state.session),
            "before_ms": min((r.time_ms for r in main), default=_END),
        }
        found = self._connection.execute(sql("last_main"), values).fetchone()
        return int(found[0]) if found else 0

    def blocks(self, blocks: Iterable[Block]) -> None:
        """Store the sizes of lines of responses that have no final line."""
        rows = [(hash63(block.key), hash63(block.line), *block[2:]) for block in blocks]
        if rows:
            self._connection.executemany(sql("save_block"), rows)


def _by_session(responses: Iterable[Response]) -> Iterator[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for response in responses:
        if not response.owner.agent:
            found.setdefault(response.owner.session, []).append(hash63(response.key))
    yield from found.items()
