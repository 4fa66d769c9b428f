"""How far each transcript has been read."""

import sqlite3
from collections.abc import Sequence

from ccmeter.model import Cursor
from ccmeter.store.statements import sql


class Cursors:
    """The cursors at the start of a pass, by path, and by file for what was moved."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(sql("load_cursors")).fetchall()
        self._by_path = {row[0]: Cursor(*row[1:]) for row in rows}
        self._by_inode: dict[tuple[int, int], list[str]] | None = None

    def __len__(self) -> int:
        return len(self._by_path)

    def get(self, path: str, device: int, inode: int) -> Cursor | None:
        """Return the cursor of the path, or of the file that was moved there.

        A cursor that does not fit is found out by its tail hash, so a wrong guess is harmless.
        """
        known = self._by_path.get(path)
        if known is not None:
            return known
        moved = [p for p in self._same_file(device, inode) if p != path]
        return self._by_path[moved[0]] if len(moved) == 1 else None

    def vanished(self, present: Sequence[str]) -> list[str]:
        """Return the paths that were read once and are not there any more."""
        return sorted(self._by_path.keys() - set(present))

    def _same_file(self, device: int, inode: int) -> list[str]:
        if self._by_inode is None:
            self._by_inode = {}
            for path, cursor in self._by_path.items():
                self._by_inode.setdefault((cursor.device, cursor.inode), []).append(path)
        return self._by_inode.get((device, inode), [])
