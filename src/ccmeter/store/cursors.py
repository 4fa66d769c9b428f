"""How far each transcript has been read."""

import json
import os
import sqlite3
from collections.abc import KeysView, Sequence, Set

from ccmeter.model import Cursor
from ccmeter.store.statements import sql
from ccmeter.transcripts.discover import Transcript, identity, modified_ns
from ccmeter.transcripts.repair import bindable
from ccmeter.transcripts.tail import unchanged

_DEARER = 4  # times what a cursor costs that is looked up, over one of all


class Cursors:
    """The cursors at the start of a pass, by path, and by file for what was moved.

    All of them, or those that may be of the `files`.
    """

    def __init__(
        self, connection: sqlite3.Connection, files: Sequence[Transcript] | None = None
    ) -> None:
        rows = _all(connection) if files is None else _some(connection, files)
        self._by_path = {row[0]: row for row in rows}
        self._by_inode: dict[tuple[int, int], list[str]] | None = None

    def __len__(self) -> int:
        return len(self._by_path)

    @property
    def paths(self) -> KeysView[str]:
        """The paths that were read once."""
        return self._by_path.keys()

    def get(self, file: Transcript) -> Cursor | None:
        """Return the cursor of the file, also when it was moved to a new path.

        A cursor that does not fit is found out by its tail hash, so a wrong guess is harmless.
        """
        known = self._by_path.get(bindable(file.path))
        origin = None if known else self._origin(file)
        row = self._by_path[origin] if origin else known
        return None if row is None else Cursor._make(row[1:])

    def is_settled(self, file: Transcript) -> bool:
        """Whether the file needs no look inside, for it was read where it lies and is as it was."""
        row = self._by_path.get(bindable(file.path))
        return row is not None and unchanged(file, Cursor._make(row[1:]))

    def has_settled(self, path: str, info: os.stat_result) -> bool:
        """Whether that is so of the file at the path, in this state: the same, sooner known."""
        row = self._by_path.get(bindable(path))
        if row is None:
            return False
        _, device, inode, _, _, size, mtime_ns = row
        same = info.st_size == size and modified_ns(info) == mtime_ns
        return same and identity(info) == (device, inode)

    def moved(self, file: Transcript, present: Set[str]) -> bool:
        """Whether the file seems to be one that was read at a path where there is none now."""
        if bindable(file.path) in self._by_path:
            return False
        origin = self._origin(file)
        return origin is not None and origin not in present

    def vanished(self, present: Sequence[str]) -> list[str]:
        """Return the paths that were read once and are not there any more."""
        return sorted(self._by_path.keys() - set(present))

    def _origin(self, file: Transcript) -> str | None:
        """The one other path that this file, going by its inode, was read at."""
        if self._by_inode is None:
            self._by_inode = {}
            for path, device, inode, *_ in self._by_path.values():
                self._by_inode.setdefault((device, inode), []).append(path)
        paths = self._by_inode.get((file.device, file.inode), [])
        return paths[0] if len(paths) == 1 else None


def cursors_of(connection: sqlite3.Connection, files: Sequence[Transcript]) -> Cursors:
    """Return the cursors that may be of the files, or all where that is quicker.

    A history of years has rows of many files that the client has deleted since.
    """
    few = _DEARER * len(files) < most_files(connection)
    return Cursors(connection, files if few else None)


def most_files(connection: sqlite3.Connection) -> int:
    """Return how many transcripts were ever read, at most."""
    (stored,) = connection.execute(sql("last_file")).fetchone()
    return stored or 0


Row = tuple[str, int, int, int, bytes, int, int]


def _all(connection: sqlite3.Connection) -> list[Row]:
    return connection.execute(sql("load_cursors")).fetchall()


def _some(connection: sqlite3.Connection, files: Sequence[Transcript]) -> list[Row]:
    values = {
        "paths": json.dumps([bindable(file.path) for file in files]),
        "inodes": json.dumps([file.inode for file in files]),
    }
    return connection.execute(sql("load_some_cursors"), values).fetchall()
