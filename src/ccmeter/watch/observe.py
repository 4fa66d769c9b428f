"""Events of the file system, through watchdog. They are hints: nothing depends on any of them."""

import os
import sys
import warnings
from collections.abc import Callable, Sequence

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

# Without a filter, reading a folder would be an event as well, and every pass would cause a storm.
_WANTED: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
_JOIN_S = 0.5


class _Handler(FileSystemEventHandler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def dispatch(self, event: FileSystemEvent) -> None:
        path = os.fsdecode(event.dest_path or event.src_path)
        if event.is_directory or path.endswith(".jsonl"):
            self._tell(path)


class Observation:
    """Tells of changes below folders until it is closed. OSError when they cannot be watched."""

    def __init__(self, folders: Sequence[str], tell: Callable[[str], None]) -> None:
        # watchdog warns of a folder that is made while its parent is walked; all is well with it
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        self._observer = Observer()
        handler = _Handler(tell)
        try:
            for folder in folders:
                self._observer.schedule(handler, folder, recursive=True, event_filter=_WANTED)
            self._observer.start()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Stop; the threads end within a moment."""
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join(_JOIN_S)


def unwatched(folders: Sequence[str]) -> int:
    """Return how many folders the kernel refused to watch, as far as can be told.

    At the limit of inotify watches watchdog leaves folders out without a word.
    """
    watches = _inotify_watches()
    return 0 if watches is None else max(0, sum(map(_count, folders)) - watches)


def _count(folder: str) -> int:
    return sum(1 for _ in os.walk(folder))


def _inotify_watches() -> int | None:
    if sys.platform != "linux":
        return None
    return sum(_watches_of(name) for name in os.listdir("/proc/self/fd"))


def _watches_of(descriptor: str) -> int:
    try:
        if os.readlink(f"/proc/self/fd/{descriptor}") != "anon_inode:inotify":
            return 0
        with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
            return sum(line.startswith("inotify wd:") for line in file)
    except OSError:  # closed meanwhile
        return 0
