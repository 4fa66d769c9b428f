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


class Folder(NamedTuple):
    """A folder in which transcripts may lie."""

    path: str
    real: str  # the same without links
    root: str
    place: str  # below the root's projects folder, with slashes


class Share(NamedTuple):
    """The part of a project's sessions that one of several processes looks at."""

    number: int
    of: int


WHOLE = Share(0, 1)


def discover(roots: Iterable[str], barred: list[str] | None = None) -> Iterator[Transcript]:
    """Yield the transcripts of all roots; a folder is read once, whatever links lead to it.

    Folders and transcripts that the user has no right to look at are added to `barred`.
    """
    for path, info, folder in walk(roots, barred=barred):
        yield _transcript(path, info, folder.root, folder.place)


def walk(
    roots: Iterable[str], share: Share = WHOLE, barred: list[str] | None = None
) -> Iterator[tuple[str, os.stat_result, Folder]]:
    """Yield path, state and folder of the transcripts of all roots, in the order of `discover`."""
    forbidden: list[str] = [] if barred is None else barred
    waiting = deque(_projects(root) for root in roots)
    links: deque[Folder] = deque()  # last, so that a file is known by its real path
    seen: set[str] = set()
    while waiting or links:
        folder = (waiting or links).popleft()
        if folder.real in seen:
            continue
        seen.add(folder.real)
        for entry in _shared(folder, share, forbidden):
            if _is_folder(entry):
                (links if entry.is_symlink() else waiting).append(_below(folder, entry))
            elif entry.name.endswith(_SUFFIX):
                info = _state(entry.path, entry.name, forbidden)
                if info:
                    yield entry.path, info, folder


def transcript_at(path: str, root: str, folder: str) -> Transcript | None:
    """Return the transcript at the path, or None when it is none or has just vanished.

    `folder` is the path's folder relative to the root's projects folder.
    """
    name = os.path.basename(path)
    info = _state(path, name, []) if name.endswith(_SUFFIX) else None
    return _transcript(path, info, root, folder) if info else None


def transcript_below(path: str, root: str) -> Transcript | None:
    """Return the transcript at a path that was found below the Claude folder; None without one."""
    projects = _projects(root).path + os.sep
    if not path.startswith(projects):
        return None
    folder = os.path.dirname(path[len(projects) :]).replace(os.sep, "/")
    return transcript_at(path, root, folder)


def barred_files(paths: Iterable[str]) -> list[str]:
    """Return those of the files that are there and may not be read."""
    return [path for path in paths if not os.access(path, os.R_OK) and os.path.exists(path)]


def _state(path: str, name: str, barred: list[str]) -> os.stat_result | None:
    """The state of a file that may be a transcript."""
    if name in _SKIPPED_NAMES:
        return None
    try:
        info = os.stat(path)
    except PermissionError:
        barred.append(path)
        return None
    except OSError:
        return None
    return info if stat.S_ISREG(info.st_mode) else None  # a pipe would be waited for


def _transcript(path: str, info: os.stat_result, root: str, folder: str) -> Transcript:
    session, agent = _names(folder, os.path.basename(path))
    device, inode = identity(info)
    return Transcript(path, root, session, agent, device, inode, info.st_size, modified_ns(info))


def identity(info: os.stat_result) -> tuple[int, int]:
    """Return device and inode, cut to what SQLite holds (some file systems use all 64 bits)."""
    return info.st_dev & _MAX_INT, info.st_ino & _MAX_INT


def modified_ns(info: os.stat_result) -> int:
    """Return the time of the last change, cut to what SQLite holds (until the year 2262)."""
    return min(info.st_mtime_ns, _MAX_INT)


def _projects(root: str) -> Folder:
    path = os.path.realpath(os.path.join(root, "projects"))
    return Folder(path, path, root, "")


def _below(folder: Folder, entry: os.DirEntry[str]) -> Folder:
    place = f"{folder.place}/{entry.name}" if folder.place else entry.name
    if entry.is_symlink():
        real = os.path.realpath(entry.path)
    elif folder.real is folder.path:
        real = entry.path
    else:
        real = os.path.join(folder.real, entry.name)
    return Folder(entry.path, real, folder.root, place)


def _shared(folder: Folder, share: Share, barred: list[str]) -> list[os.DirEntry[str]]:
    """What lies in the folder; of a project, every other pair: a session and its agents.

    What lies beside the projects is in every share.
    """
    entries = _entries(folder.path, barred)
    if share.of == 1 or not folder.place or "/" in folder.place:
        return entries
    return [each for n, each in enumerate(entries) if n // 2 % share.of == share.number]


def _entries(path: str, barred: list[str]) -> list[os.DirEntry[str]]:
    try:
        found = list(os.scandir(path))
    except PermissionError:
        barred.append(path)
        return []
    except OSError:  # missing or vanished: nothing to read here
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
