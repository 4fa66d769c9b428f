"""Whether a transcript needs no look inside can be told by its path and state alone."""

import os
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.cli.syncing import sync
from ccmeter.store.cursors import Cursors
from ccmeter.store.db import open_ro
from ccmeter.transcripts.discover import Transcript, discover


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cursors, Transcript]:
    """A transcript that was read, and all cursors."""
    folder = tmp_path_factory.mktemp("read")
    path = folder / "claude/projects/-w/s.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"type":"user"}\n')
    sync(str(folder / "ccmeter"), [str(folder / "claude")])
    connection = open_ro(str(folder / "ccmeter"))
    assert connection
    with closing(connection):
        return Cursors(connection), next(discover([str(folder / "claude")]))


def state(inode: int, device: int, size: int, mtime_ns: int) -> os.stat_result:
    """What the system would tell of such a file."""
    values = [0o100600, inode, device, 1, 0, 0, size, *(3 * [mtime_ns // 10**9])]
    times = [mtime_ns / 10**9] * 3 + [mtime_ns] * 3
    return os.stat_result([*values, *times])


def test_a_transcript_as_it_was_is_settled(read: tuple[Cursors, Transcript]) -> None:
    cursors, file = read

    assert cursors.has_settled(file.path, os.stat(file.path))
    assert not cursors.has_settled(file.path + "x", os.stat(file.path))


@given(
    inode=st.sampled_from([0, 1]),
    device=st.sampled_from([0, 1]),
    size=st.sampled_from([-1, 0, 1]),
    mtime_ns=st.sampled_from([-1, 0, 1, 10**9]),
    path=st.sampled_from(["", "-other"]),
)
def test_path_and_state_tell_the_same_as_the_transcript(
    read: tuple[Cursors, Transcript], inode: int, device: int, size: int, mtime_ns: int, path: str
) -> None:
    cursors, known = read
    changed = known._replace(
        path=known.path + path,
        inode=known.inode + inode,
        device=known.device + device,
        size=known.size + size,
        mtime_ns=known.mtime_ns + mtime_ns,
    )
    info = state(changed.inode, changed.device, changed.size, changed.mtime_ns)

    assert cursors.has_settled(changed.path, info) == cursors.is_settled(changed)
    assert cursors.is_settled(changed) == (changed == known)


def test_numbers_that_sqlite_cannot_hold_are_compared_as_they_were_stored(
    read: tuple[Cursors, Transcript],
) -> None:
    cursors, file = read
    info = state(file.inode + (1 << 63), file.device, file.size, file.mtime_ns)

    assert cursors.has_settled(file.path, info)
