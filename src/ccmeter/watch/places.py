"""Which folders are watched, and which transcripts the paths of events mean."""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ccmeter.transcripts.discover import Transcript, transcript_at

Identity = tuple[str, int, int]  # real path, device, inode; -1 where there is nothing


class Tree(NamedTuple):
    """A folder that is watched with all below it."""

    real: str  # without links: what events name
    path: str  # the same as `discover` names it
    root: str  # the Claude folder
    place: str  # below the root's projects folder


def identities(roots: Iterable[str]) -> list[Identity]:
    """Return what the projects folders are now, to be compared with what they were."""
    return [_identity(os.path.realpath(os.path.join(root, "projects"))) for root in roots]


def _identity(path: str) -> Identity:
    try:
        info = os.stat(path)
    except OSError:
        return path, -1, -1
    return path, info.st_dev, info.st_ino


def trees(roots: Iterable[str]) -> list[Tree]:
    """Return the folders to watch: projects folders that exist, and those linked into them."""
    found = [tree for root in roots for tree in _projects(root)]
    own = [tree.real for tree in found]
    linked = [tree for each in list(found) for tree in _linked(each)]
    return found + [tree for tree in linked if not any(_inside(tree.real, real) for real in own)]


def _projects(root: str) -> Iterator[Tree]:
    real = os.path.realpath(os.path.join(root, "projects"))
    if os.path.isdir(real):
        yield Tree(real, real, root, "")


def _linked(tree: Tree) -> Iterator[Tree]:
    """Projects that are links to folders elsewhere, which events of the tree do not tell of."""
    try:
        with os.scandir(tree.real) as entries:
            links = [entry for entry in entries if entry.is_symlink() and entry.is_dir()]
    except OSError:
        return
    for entry in links:
        yield Tree(os.path.realpath(entry.path), entry.path, tree.root, entry.name)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def shown(path: str, among: Iterable[Tree]) -> str:
    """Return a path that an event names as `discover` names it."""
    for tree in among:
        if tree.real != tree.path and _inside(path, tree.real):
            return tree.path + path[len(tree.real) :]
    return path


def transcripts(paths: Iterable[str], among: Iterable[Tree]) -> list[Transcript]:
    """Return the transcripts that the paths mean, as `shown`: files, or all below a folder."""
    # a linked tree lies within another one, and comes after it
    known = list(among)[::-1]
    found = {file.path: file for path in paths for file in _below(path, known)}
    return list(found.values())


def _below(path: str, known: list[Tree]) -> Iterator[Transcript]:
    tree = next((tree for tree in known if _inside(path, tree.path)), None)
    if tree is None:
        return
    if path.endswith(".jsonl"):
        yield from _file(path, tree)
        return
    for folder, _, names in os.walk(path):
        for name in names:
            yield from _file(os.path.join(folder, name), tree)


def _file(path: str, tree: Tree) -> Iterator[Transcript]:
    below = os.path.dirname(path)[len(tree.path) :].strip(os.sep).replace(os.sep, "/")
    place = f"{tree.place}/{below}".strip("/")
    found = transcript_at(path, tree.root, place)
    if found is not None:
        yield found
