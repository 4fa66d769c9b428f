"""An answer out of the database once everything new is in it, found with two processes at work.

One looks whether anything is new, which takes long where there are thousands of transcripts; the
other finds the answer meanwhile. It is the right one when the database is still the same in the
end, and found again when not.
"""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TypeVar

from ccmeter.cli.lookahead import Look, is_looking, nothing_new
from ccmeter.cli.place import Place
from ccmeter.cli.source import Missing, reading
from ccmeter.errors import CcmeterError
from ccmeter.store.db import data_version
from ccmeter.store.health import open_checked

T = TypeVar("T")
# Stores what is new, given whether transcripts have nothing; what is missing after that.
Renew = Callable[[bool], Missing]
Answer = Callable[[sqlite3.Connection, Missing], T]  # given that


def answer_up_to_date(
    stack: ExitStack,
    place: Place,
    looked: Look | None,
    renew: Renew,
    answer: Answer[T],
    *,
    cheap: bool,
) -> T:
    """Store what is new, and return the answer. A `cheap` one may be asked for twice."""
    ahead = cheap and looked and is_looking(looked)
    early = _early(stack, place, answer) if ahead else None
    missing = renew(nothing_new(looked) if looked else False)
    if early and not any(missing):
        connection, version, found = early
        if data_version(connection) == version:
            return found
    connection = reading(place, stack)
    connection.execute("begin")  # another ccmeter may be writing: all is answered of one moment
    return answer(connection, missing)


def _early(
    stack: ExitStack, place: Place, answer: Answer[T]
) -> tuple[sqlite3.Connection, int, T] | None:
    """The answer out of the database as it is, and what tells whether it changes."""
    with suppress(CcmeterError, sqlite3.Error):  # what is wrong is told when it is asked again
        connection = open_checked(place.home)
        if connection:
            stack.callback(connection.close)
            return connection, data_version(connection), answer(connection, Missing())
    return None
