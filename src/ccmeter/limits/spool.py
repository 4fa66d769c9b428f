"""The file into which status lines write percentages: taking its lines away without losing one.

It is renamed before it is read. A status line that had opened it just before may write into it
still, so it is read on for a while and only then removed. Its name says when it was taken and how
far it has been read, so that the next pass goes on from there.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from ccmeter.transcripts import tail

SPOOL = "limits.spool"
LINGER_MS = 60_000  # no status line lives that long
LINE_LIMIT = 1 << 16  # bytes; a longer line is none of a status line

_BLOCK = 1 << 20
_ALL = 1 << 62
_NAME = re.compile(re.escape(SPOOL) + r"\.(\d{1,15})\.(\d{1,15})\.([0-9a-f]{8})")


class Taken(NamedTuple):
    """A spool that was renamed."""

    path: str
    taken_ms: int
    offset: int  # up to which it has been read

    def settled(self, now_ms: int) -> bool:
        """Whether nobody can be writing into it any more."""
        return now_ms - self.taken_ms > LINGER_MS


class Lines(NamedTuple):
    """Lines of a taken spool, and the offset behind them."""

    lines: list[bytes]
    offset: int


def take(home: str, now_ms: int) -> list[Taken]:
    """Rename the spool, where there is one, and return all that were taken, the oldest first."""
    name = f"{SPOOL}.{now_ms}.0.{os.urandom(4).hex()}"  # never that of another one
    with suppress(OSError):  # none there; or, on Windows, in use: a later pass takes it
        os.rename(os.path.join(home, SPOOL), os.path.join(home, name))
    return sorted(_taken(home), key=lambda taken: (taken.taken_ms, taken.path))


def _taken(home: str) -> Iterator[Taken]:
    for name in os.listdir(home):
        found = _NAME.fullmatch(name)
        if found:
            yield Taken(os.path.join(home, name), int(found[1]), int(found[2]))


def read(taken: Taken, now_ms: int) -> Iterator[Lines]:
    """Yield the lines that were not read yet, block by block. OSError when they cannot be had.

    A last line without its newline waits as long as somebody may be writing it.
    """
    descriptor = tail.open_file(taken.path)
    try:
        offset = taken.offset
        for chunk in tail.chunks(descriptor, offset, _ALL, _BLOCK, LINE_LIMIT):
            offset = chunk.behind
            yield Lines(bytes(chunk.data[: chunk.end]).split(b"\n"), offset)
        if taken.settled(now_ms):
            rest = tail.torn_tail(descriptor, offset)
            yield Lines([rest], offset + len(rest))
    finally:
        os.close(descriptor)


def put_back(taken: Taken, offset: int, now_ms: int) -> None:
    """Remember how far it has been read, or remove it when nobody can be writing into it.

    Another process that read it as well may have done so first.
    """
    with suppress(OSError):
        if taken.settled(now_ms):
            os.remove(taken.path)
        elif offset != taken.offset:
            name = f"{SPOOL}.{taken.taken_ms}.{offset}.{taken.path.rpartition('.')[2]}"
            os.replace(taken.path, os.path.join(os.path.dirname(taken.path), name))
