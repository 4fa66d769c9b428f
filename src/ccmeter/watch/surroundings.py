"""What a pass needs to know beside the transcripts: settings, prices and the time zone."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from ccmeter.cache.thresholds import Limits, read_limits
from ccmeter.config import Config, load_config
from ccmeter.paths import config_path
from ccmeter.pricing.book import Book, load_book
from ccmeter.reports.ready import Zone
from ccmeter.zones import local_zone, zone

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
    return Surroundings(
        config, config.roots(), load_book(config.prices), read_limits(config.audit), where
    )


def settings_stamp(home: str) -> Stamp:
    """Return what changes whenever config.toml does."""
    return stamp(config_path(home))


def stamp(path: str) -> Stamp:
    """Return what changes whenever the file at the path does; None where there is none."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns
