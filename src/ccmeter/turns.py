"""A long history is read in turns, between which others may write: nobody waits for all of it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from ccmeter.ingest import Progress, Work, carry_out, plan, plan_files
from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock
from ccmeter.transcripts.discover import Transcript

TURN_BYTES = 512 << 20  # take about two seconds
GIVE_WAY_S = 0.1  # several times as long as others wait before they ask for the lock again


def read_in_turns(
    home: str,
    roots: Sequence[str],
    wait_s: float,
    progress: Progress | None = None,
    turn: int = TURN_BYTES,
) -> None:
    """Store what is new below the Claude folders, as far as it is more than a `turn` (bytes).

    The caller, who does not hold the writer's lock, reads what is left with an ordinary pass.
    LockBusyError when another ccmeter goes on writing for `wait_s` seconds.
    """
    with writer_lock(home, wait_s), closing(open_rw(home)) as connection:
        found = plan(connection, roots)
    done, total = 0, found.bytes
    for files, size in _turns(found.work, turn):
        time.sleep(GIVE_WAY_S)
        with writer_lock(home, wait_s), closing(open_rw(home)) as connection:
            # planned anew: another ccmeter may have read some of them meanwhile
            carry_out(connection, plan_files(connection, files))
        done += size
        if progress:
            progress(done, total)


def _turns(work: Sequence[Work], turn: int) -> Iterator[tuple[list[Transcript], int]]:
    """The files of each turn but the last, and how much there is to read."""
    files: list[Transcript] = []
    size = 0
    for file, cursor in work:
        if size >= turn:
            yield files, size
            files, size = [], 0
        files.append(file)
        size += max(0, file.size - (cursor.offset if cursor else 0))
