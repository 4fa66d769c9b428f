"""First step of the flow: find every transcript below a Claude folder."""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Not transcripts, though they end in .jsonl: workflow journals, prompt history, desktop audit.
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


def discover(roots: Iterable[str]) -> Iterator[Transcript]:
    """Yield the transcripts of all roots; folders that are the same on disk are read once."""
    seen: set[str] = set()
    for root in roots:
        projects = os.path.realpath(os.path.join(root, "projects"))
        if projects not in seen and os.path.isdir(projects):
            seen.add(projects)
            yield from _walk(projects, root, "", {_identity(projects)})


def transcript_at(path: str, root: str, folder: str) -> Transcript | None:
    """Return the transcript at the path, or None when it is none or has just vanished.

    `folder` is the path's folder relative to the root's projects folder.
    """
    name = os.path.basename(path)
    if not name.endswith(".jsonl") or name in _SKIPPED_NAMES:
        return None
    try:
        info = os.stat(path)
    except OSError:
        return None
    session, agent = _names(folder, name)
    device, inode = identity(info)
    return Transcript(path, root, session, agent, device, inode, info.st_size, info.st_mtime_ns)


def identity(info: os.stat_result) -> tuple[int, int]:
    """Return device and inode, cut to what SQLite holds (some file systems use all 64 bits)."""
    return info.st_dev & _MAX_INT, info.st_ino & _MAX_INT


def _walk(path: str, root: str, folder: str, above: set[tuple[int, int]]) -> Iterator[Transcript]:
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError:  # vanished or unreadable: nothing to read here
        return
    for entry in entries:
        try:
            is_folder = entry.is_dir()
        except OSError:
            continue
        if not is_folder:
            found = transcript_at(entry.path, root, folder)
            if found:
                yield found
            continue
        here = above
        if entry.is_symlink():  # only a link can lead back to a folder above
            identity = _identity(entry.path)
            if identity in above:
                continue
            here = above | {identity}
        below = f"{folder}/{entry.name}" if folder else entry.name
        yield from _walk(entry.path, root, below, here)


def _identity(path: str) -> tuple[int, int]:
    try:
        info = os.stat(path)
    except OSError:
        return (0, 0)
    return identity(info)


def _names(folder: str, name: str) -> tuple[str | None, str]:
    """Session and agent of a file, read off its place.

    The place is right where lines are not: copied lines and plan hand-overs carry other ids.
    """
    stem = name[: -len(".jsonl")]
    if not stem.startswith("agent-"):
        return stem, ""
    parts = folder.split("/")
    if "subagents" in parts[2:]:
        return parts[parts.index("subagents", 2) - 1], stem[len("agent-") :]
    return None, stem[len("agent-") :]
