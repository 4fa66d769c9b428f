"""What a pass needs to know beside the transcripts: settings, prices and the time zone."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from ccmeter.cache.thresholds import Limits, read_limits
from ccmeter.config import Config, load_config
from ccmeter.paths import claude_folders, config_path, refreshed_path
from ccmeter.pricing.book import Book
from ccmeter.pricing.here import book_of
from ccmeter.reports.ready import Zone
from ccmeter.zones import local_zone, zone

FOLDERS = "folders"  # a line for each Claude folder of a session, written by hooks/hook

Stamp = tuple[int, int, int] | None  # inode, size and time of a file


class Surroundings(NamedTuple):
    """The settings in force."""

    config: Config
    roots: Sequence[str]  # Claude folders, whether they exist or not
    book: Book
    limits: Limits  # of the audit
    zone: Zone


def look_around(home: str) -> Surroundings:
    """Read the settings of the data folder. CcmeterError names the key that is wrong."""
    config = load_config(home)
    name = config.timezone
    where: Zone = (zone(name), name) if name else local_zone()
    roots = _with_noted(config.roots(), home)
    return Surroundings(
        config, roots, book_of(home, config.prices), read_limits(config.audit), where
    )


def differ(now: Surroundings, before: Surroundings) -> bool:
    """Whether anything that is stored or ready depends on what is another now."""
    return _depends(now) != _depends(before)


def _depends(around: Surroundings) -> tuple[object, ...]:
    return around.config, around.roots, around.book, around.zone[1]


def _with_noted(roots: Sequence[str], home: str) -> list[str]:
    """Add the folders of sessions that have others than this process; none under two names."""
    known = {os.path.realpath(root) for root in roots}
    noted = {os.path.realpath(folder): folder for folder in _noted(home)}
    return [*roots, *(folder for real, folder in noted.items() if real not in known)]


def _noted(home: str) -> Iterator[str]:
    """What hooks noted, as far as it exists: a folder may have been of one session alone."""
    lines: list[bytes] = []
    with suppress(OSError), open(os.path.join(home, FOLDERS), "rb") as file:
        lines = file.read(1 << 20).split(b"\n")
    for line in lines:
        folders = claude_folders({"CLAUDE_CONFIG_DIR": os.fsdecode(line)}) if line else []
        yield from (folder for folder in folders if os.path.isdir(folder))


def settings_stamp(home: str) -> tuple[Stamp, Stamp]:
    """Return what changes whenever config.toml or the fetched prices do."""
    return stamp(config_path(home)), stamp(refreshed_path(home))


def stamp(path: str) -> Stamp:
    """Return what changes whenever the file at the path does; None where there is none."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns
