"""Readings of the client's meter that are no line of a transcript."""

import sqlite3
from collections.abc import Iterable

from ccmeter.model import CostState
from ccmeter.store.statements import sql
from ccmeter.store.transaction import transaction


def save_process_meters(connection: sqlite3.Connection, states: Iterable[CostState]) -> None:
    """Store the last process of each session that is known, instead of what was stored before.

    The caller holds the writer's lock.
    """
    rows = [state._asdict() for state in states]
    if not rows:
        return
    with transaction(connection):
        connection.executemany(sql("forget_process_meter"), rows)
        connection.executemany(sql("save_process_meter"), rows)
