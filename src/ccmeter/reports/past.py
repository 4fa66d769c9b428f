"""What `ccmeter doctor` finds in the database: the history, and what is missing from it."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ccmeter.pricing.book import Book
from ccmeter.reports.price_list import Unpriced, find_unpriced
from ccmeter.store.cursors import Cursors
from ccmeter.store.facts import BadLine, History, bad_lines, history, rows_from
from ccmeter.store.read import skip_counts
from ccmeter.transcripts.discover import Transcript
from ccmeter.transcripts.repair import bindable
from ccmeter.transcripts.tail import unchanged


class Past(NamedTuple):
    """The history of a database that can be read."""

    history: History
    unread: int  # transcripts with lines that are not in the database yet
    vanished: int  # transcripts that were read and do not exist any more
    kept_responses: int  # of these
    bad_reasons: Mapping[str, int]
    bad_lines: Sequence[BadLine]  # as many as were asked for
    unpriced: Sequence[Unpriced]

    @property
    def bad_count(self) -> int:
        """How many lines could not be read in all."""
        return sum(self.bad_reasons.values())


def look_back(
    connection: sqlite3.Connection, files: Sequence[Transcript], book: Book, limit: int | None
) -> Past:
    """Return what the database holds; `limit` bad lines with their places, None for all."""
    cursors = Cursors(connection)
    present = [bindable(file.path) for file in files]
    vanished = [path for path in cursors.vanished(present) if _is_gone(path)]
    return Past(
        history(connection),
        sum(not unchanged(file, cursors.get(file)) for file in files),
        len(vanished),
        rows_from(connection, vanished),
        dict(skip_counts(connection)),
        bad_lines(connection, limit),
        find_unpriced(connection, book),
    )


def _is_gone(path: str) -> bool:
    """Whether the file is not there; what may not be looked at may be."""
    try:
        os.stat(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return False
