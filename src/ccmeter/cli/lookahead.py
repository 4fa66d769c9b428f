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
from contextlib import closing, suppress
from typing import NamedTuple

from ccmeter.ingest import plan
from ccmeter.store.cursors import Cursors, most_files
from ccmeter.store.db import open_ro
from ccmeter.transcripts.discover import WHOLE, Share, walk

_NOTHING = b"nothing"
_NEWS = b"news"  # said at once: the end of a process is noticed only when its helper has ended
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


def nothing_new(found: Look) -> bool:
    """Return whether no transcript has anything new; if not, the caller looks by itself."""
    said = os.read(found.answer, len(_NOTHING))
    os.close(found.answer)
    return said == _NOTHING


def let_go(found: Look) -> None:
    """Wait for the end of the process: when it has answered, that takes it milliseconds."""
    with suppress(ChildProcessError):  # started by what ignores the end of processes: so does this
        os.waitpid(found.process, 0)


def _start(is_settled: Callable[[], bool]) -> Look | None:
    """Let another process find it out and say it; whatever happens, no more is heard of it."""
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
        os.write(theirs, _NOTHING if is_settled() else _NEWS)
    finally:
        os._exit(0)


def _settled(home: str, roots: Sequence[str], many: range) -> bool:
    connection = open_ro(home)
    if connection is None:
        return False
    with closing(connection):  # before the fork
        if most_files(connection) not in many:
            found = plan(connection, roots)
            return not (found.work or found.barred)
        cursors = Cursors(connection)
    helper = _start(lambda: _part_settled(roots, cursors, Share(1, 2)))
    if helper is None:
        return _part_settled(roots, cursors, WHOLE)
    return _part_settled(roots, cursors, Share(0, 2)) and nothing_new(helper)


def _part_settled(roots: Sequence[str], cursors: Cursors, share: Share) -> bool:
    """The same of a part of them. Moved files are new here; whoever looks again finds out."""
    barred: list[str] = []  # whoever looks again tells of them
    seen = walk(roots, share, barred)
    return all(cursors.has_settled(path, info) for path, info, _ in seen) and not barred
