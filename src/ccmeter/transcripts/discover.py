"""First step of the flow: find every transcript below a Claude folder."""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from ccmeter.transcripts.repair import bindable

# Not transcripts, though they end in .jsonl: workflow journals, prompt history, desktop audit.
_SUFFIX = ".jsonl"
_SKIPPED_NAMES = frozenset({"journal.jsonl", "history.jsonl", "audit.jsonl"})


_MAX_INT = (1 << 63) - 1


class Transcript(NamedTuple):
    """One transcript file as the folder listing shows it."""

    path: str
    root: str  # the Claude folder it was found under
    session: str | None  # None: an old agent file, whose lines name the session
    agent: str  # "" for a main transcript
    device: int
    inode: int
    size: int
    mtime_ns: int


class _Folder(NamedTuple):
    path: str
    real: str  # the same without links
    root: str
    place: str  # below the root's projects folder, with slashes


def discover(roots: Iterable[str]) -> Iterator[Transcript]:
    """Yield the transcripts of all roots; a folder is read once, whatever links lead to it."""
    waiting = deque(_projects(root) for root in roots)
    links: deque[_Folder] = deque()  # last, so that a file is known by its real path
    seen: set[str] = set()
    while waiting or links:
        folder = (waiting or links).popleft()
        if folder.real in seen:
            continue
        seen.add(folder.real)
        for entry in _entries(folder.path):
            if _is_folder(entry):
                (links if entry.is_symlink() else waiting).append(_below(folder, entry))
            elif entry.name.endswith(_SUFFIX):
                found = _transcript(entry.path, entry.name, folder.root, folder.place)
                if found:
                    yield found


def transcript_at(path: str, root: str, folder: str) -> Transcript | None:
    """Return the transcript at the path, or None when it is none or has just vanished.

    `folder` is the path's folder relative to the root's projects folder.
    """
    name = os.path.basename(path)
    return _transcript(path, name, root, folder) if name.endswith(_SUFFIX) else None


def _transcript(path: str, name: str, root: str, folder: str) -> Transcript | None:
    if name in _SKIPPED_NAMES:
        return None
    try:
        info = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(info.st_mode):  # a pipe would be waited for
        return None
    session, agent = _names(folder, name)
    device, inode = identity(info)
    return Transcript(path, root, session, agent, device, inode, info.st_size, modified_ns(info))


def identity(info: os.stat_result) -> tuple[int, int]:
    """Return device and inode, cut to what SQLite holds (some file systems use all 64 bits)."""
    return info.st_dev & _MAX_INT, info.st_ino & _MAX_INT


def modified_ns(info: os.stat_result) -> int:
    """Return the time of the last change, cut to what SQLite holds (until the year 2262)."""
    return min(info.st_mtime_ns, _MAX_INT)


def _projects(root: str) -> _Folder:
    path = os.path.realpath(os.path.join(root, "projects"))
    return _Folder(path, path, root, "")


def _below(folder: _Folder, entry: os.DirEntry[str]) -> _Folder:
    place = f"{folder.place}/{entry.name}" if folder.place else entry.name
    if entry.is_symlink():
        real = os.path.realpath(entry.path)
    elif folder.real is folder.path:
        real = entry.path
    else:
        real = os.path.join(folder.real, entry.name)
    return _Folder(entry.path, real, folder.root, place)


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        found = list(os.scandir(path))
    except OSError:  # missing, vanished or unreadable: nothing to read here
        return []
    if len(found) > 1:
        found.sort(key=attrgetter("name"))
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _names(folder: str, name: str) -> tuple[str | None, str]:
    """Session and agent of a file, read off its place.

    The place is right where lines are not: copied lines and plan hand-overs carry other ids.
    """
    stem = bindable(name[: -len(_SUFFIX)])
    if stem.startswith("agent-"):
        return _session_around(folder), stem[len("agent-") :]
    return stem, ""


@lru_cache(maxsize=1)  # the agents of a session lie beside each other
def _session_around(folder: str) -> str | None:
    """The session whose agents lie in the folder; None where an old client put them."""
    parts = bindable(folder).split("/")
    return parts[parts.index("subagents", 2) - 1] if "subagents" in parts[2:] else None
