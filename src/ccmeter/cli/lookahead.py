"""Whether any transcript has grown, found out on another core while this process gets ready.

When nothing is new, looking at all transcripts takes as long as loading what shows the report, and
longer where there are thousands: then a third process takes half of them.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

from ccmeter.ingest import plan
from ccmeter.store.cursors import Cursors, most_files
from ccmeter.store.db import open_ro
from ccmeter.transcripts.discover import WHOLE, Share, walk

_NEWS = b"new"  # said at once: the end of a process is noticed only when its helper has ended
_MANY = range(4_000, 200_000)  # files; the cursors of more take longer than a report


class Look(NamedTuple):
    """A process that looks, and where its answer can be read."""

    process: int
    answer: int


def look(home: str, roots: Sequence[str], many: range = _MANY) -> Look | None:
    """Start to look; None where that would not be safe or not save time.

    Where as `many` transcripts were ever read, two processes do. No database may be open here: a
    fork would take its locks for its own.
    """
    alone = threading.active_count() == 1
    if not (sys.platform == "linux" and alone and (os.cpu_count() or 1) > 1):
        return None
    return _start(lambda: _settled(home, roots, many))


def is_looking(found: Look) -> bool:
    """Whether there is no answer yet."""
    return not select.select([found.answer], [], [], 0)[0]


def nothing_new(found: Look) -> int | None:
    """Return how many transcripts there are if none has anything new; None to look again."""
    said = os.read(found.answer, 32)
    os.close(found.answer)
    return int(said) if said.isdigit() else None


def let_go(found: Look) -> None:
    """Wait for the end of the process: when it has answered, that takes it milliseconds."""
    os.waitpid(found.process, 0)


def _start(find: Callable[[], int | None]) -> Look | None:
    """Let another process find it and say it; whatever happens, nothing else is heard of it."""
    try:
        answer, theirs = os.pipe()
    except OSError:  # no more files: the caller looks by itself
        return None
    try:
        process = os.fork()
    except OSError:  # no more processes
        os.close(answer)
        os.close(theirs)
        return None
    if process:
        os.close(theirs)
        return Look(process, answer)
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        found = find()
        os.write(theirs, _NEWS if found is None else b"%d" % found)
    finally:
        os._exit(0)


def _settled(home: str, roots: Sequence[str], many: range) -> int | None:
    """How many transcripts there are if none has anything new."""
    connection = open_ro(home)
    if connection is None:
        return None
    with closing(connection):  # before the fork
        if most_files(connection) not in many:
            found = plan(connection, roots)
            return None if found.work else found.files
        cursors = Cursors(connection)
    helper = _start(lambda: _part_settled(roots, cursors, Share(1, 2)))
    if helper is None:
        return _part_settled(roots, cursors, WHOLE)
    mine = _part_settled(roots, cursors, Share(0, 2))
    theirs = None if mine is None else nothing_new(helper)
    return None if mine is None or theirs is None else mine + theirs


def _part_settled(roots: Sequence[str], cursors: Cursors, share: Share) -> int | None:
    """The same of a part of them. Moved files are new here; whoever looks again finds out."""
    files = 0
    for path, info, _ in walk(roots, share):
        if not cursors.has_settled(path, info):
            return None
        files += 1
    return files
