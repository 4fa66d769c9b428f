"""Whether any transcript has grown, found out on another core while this process gets ready.

When nothing is new, looking at all transcripts takes as long as loading what shows the report.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from ccmeter.ingest import plan
from ccmeter.store.db import open_ro


class Look(NamedTuple):
    """A process that looks, and where its answer can be read."""

    process: int
    answer: int


def look(home: str, roots: Sequence[str]) -> Look | None:
    """Start to look; None where that would not be safe or not save time.

    No database may be open here: a fork would take its locks for its own.
    """
    alone = threading.active_count() == 1
    if not (sys.platform == "linux" and alone and (os.cpu_count() or 1) > 1):
        return None
    try:
        answer, theirs = os.pipe()
        process = os.fork()
    except OSError:  # no more processes or files: the caller looks by itself
        return None
    if not process:
        _look(home, roots, theirs)
    os.close(theirs)
    return Look(process, answer)


def nothing_new(found: Look) -> int | None:
    """Return how many transcripts there are if none has anything new; None to look again."""
    with open(found.answer, "rb") as file:
        said = file.read()
    os.waitpid(found.process, 0)
    return int(said) if said else None


def _look(home: str, roots: Sequence[str], answer: int) -> NoReturn:
    """Say how many transcripts there are, or nothing; whatever happens, silently, and end."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        connection = open_ro(home)
        found = None if connection is None else plan(connection, roots)
        if found is not None and not found.work:
            os.write(answer, b"%d" % found.files)
    finally:
        os._exit(0)
