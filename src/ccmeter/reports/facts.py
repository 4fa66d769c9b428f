"""What `ccmeter doctor` looks at: machine, folders, settings. Nothing is judged here."""

import os
import platform
import sqlite3
import stat
from collections.abc import Iterator, Mapping, Sequence
from shutil import disk_usage
from typing import NamedTuple

from ccmeter.cache.thresholds import LIMITS, Limits, read_limits
from ccmeter.config import Config, load_config
from ccmeter.errors import CcmeterError
from ccmeter.paths import config_path, database_path, refreshed_path
from ccmeter.pricing.book import Book
from ccmeter.pricing.here import book_of
from ccmeter.reports.lines_told import LinesTold, lines_told
from ccmeter.store.health import Health, examine, lock_state
from ccmeter.transcripts.discover import Transcript, barred_files, discover
from ccmeter.version import version
from ccmeter.zones import local_zone, unread_tz

VARIABLES = (
    "CLAUDE_CONFIG_DIR",
    "CCMETER_HOME",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "TZ",
    "COLUMNS",
    "NO_COLOR",
)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Versions(NamedTuple):
    """What runs here."""

    ccmeter: str
    python: str
    sqlite: str
    os: str


class DataFolder(NamedTuple):
    """ccmeter's own folder."""

    path: str
    state: str  # ok, missing, no folder
    bytes: int  # everything in it; the private environment of a bare clone as well
    database_bytes: int
    barred: str  # what keeps one from writing there: read-only (file system), owner, mode; or ""
    open_paths: Sequence[str]  # folder and files that other users of this machine may read
    free_bytes: int | None = None  # of its disk, for this user; None: unknown


class ClaudeFolder(NamedTuple):
    """A folder of Claude Code's, and what was found in it."""

    path: str
    user: str
    named_by: str  # CLAUDE_CONFIG_DIR, config.toml or default
    state: str  # ok, missing, no projects, is projects, unreadable
    transcripts: int
    newest_ns: int | None


class Settings(NamedTuple):
    """The state of config.toml."""

    path: str
    exists: bool
    unknown_keys: Sequence[str]
    error: str  # "" when all is well


class Facts(NamedTuple):
    """Everything outside the history."""

    versions: Versions
    data: DataFolder
    health: Health
    lock: str
    folders: Sequence[ClaudeFolder]
    files: Sequence[Transcript]
    unreadable: Sequence[str]  # what the user may not look at in folders that are readable
    settings: Settings
    book: Book
    limits: Limits  # of the audit
    environment: Mapping[str, str]
    told: LinesTold
    zone: str  # in which days begin
    unread_tz: str  # $TZ, where it is no time zone and another is used


def gather(home: str, env: Mapping[str, str]) -> Facts:
    """Look at everything; make and change nothing."""
    config, settings = _settings(home)
    book, limits, settings = _own(home, config, settings)
    roots = config.roots(env)
    barred: list[str] = []
    files = list(discover(roots, barred))
    barred += barred_files(file.path for file in files)
    folders = [_claude_folder(root, config, env, files) for root in roots]
    return Facts(
        Versions(version(), platform.python_version(), sqlite3.sqlite_version, platform.platform()),
        _data_folder(home),
        examine(home),
        lock_state(home),
        folders,
        files,
        _beside(barred, folders),
        settings,
        book,
        limits,
        {name: env[name] for name in VARIABLES if name in env},
        lines_told(files),
        config.timezone or local_zone()[1],
        "" if config.timezone else unread_tz(),
    )


def _settings(home: str) -> tuple[Config, Settings]:
    """The settings, or the defaults and what is wrong."""
    path = config_path(home)
    state = Settings(path, os.path.exists(path), (), "")
    try:
        config = load_config(home)
    except CcmeterError as error:
        return Config(), state._replace(error=str(error))
    return config, state._replace(unknown_keys=config.unknown_keys)


def _own(home: str, config: Config, settings: Settings) -> tuple[Book, Limits, Settings]:
    """Prices and thresholds with the user's own, or as they come and what is wrong."""
    try:
        return book_of(home, config.prices), read_limits(config.audit), settings
    except CcmeterError as error:
        return book_of(home, None), LIMITS, settings._replace(error=str(error))


def _data_folder(home: str) -> DataFolder:
    state = "ok" if os.path.isdir(home) else "no folder" if os.path.exists(home) else "missing"
    database = sum(map(_size, _database_files(home)))
    sizes, open_ = sum(_sizes(home)), list(_open_paths(home))
    return DataFolder(home, state, sizes, database, _barred(home), open_, _free(home))


def _barred(folder: str) -> str:
    if os.access(folder, os.W_OK | os.X_OK):
        return ""
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return "read-only"
        return "mode" if os.stat(folder).st_uid == os.geteuid() else "owner"
    except OSError:  # not there
        return ""


def _free(folder: str) -> int | None:
    try:
        return disk_usage(folder).free
    except OSError:  # not there
        return None


def _sizes(folder: str) -> Iterator[int]:
    for path, _, names in os.walk(folder):
        yield from (_size(os.path.join(path, name)) for name in names)


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:  # not there, or vanished while looking
        return 0


def _database_files(home: str) -> list[str]:
    return [database_path(home) + suffix for suffix in ("", "-wal", "-shm")]


def _open_paths(home: str) -> Iterator[str]:
    """The folder, when others may look into it, and then what they may read in it."""
    if os.name == "nt" or not _open(home):
        return
    yield home
    others = (config_path(home), refreshed_path(home), os.path.join(home, "crash.log"))
    yield from (path for path in (*_database_files(home), *others) if _open(path))


def _open(path: str) -> bool:
    try:
        return bool(stat.S_IMODE(os.stat(path).st_mode) & _OTHERS)
    except OSError:
        return False


def _claude_folder(
    root: str, config: Config, env: Mapping[str, str], files: Sequence[Transcript]
) -> ClaudeFolder:
    times = [file.mtime_ns for file in files if file.root == root]
    return ClaudeFolder(
        root,
        config.user_of(root),
        _named_by(root, config, env),
        _state(root),
        len(times),
        max(times, default=None),
    )


def _named_by(root: str, config: Config, env: Mapping[str, str]) -> str:
    if root in (user.folder for user in config.users):
        return "config.toml"
    return "CLAUDE_CONFIG_DIR" if env.get("CLAUDE_CONFIG_DIR") else "default"


def _beside(barred: Sequence[str], folders: Sequence[ClaudeFolder]) -> list[str]:
    """What is barred beside whole folders, whose state tells of them."""
    whole = [os.path.join(each.path, "projects") for each in folders if each.state == "unreadable"]
    told = {os.path.realpath(path) for path in whole}
    return [path for path in barred if os.path.realpath(path) not in told]


def _state(root: str) -> str:
    projects = os.path.join(root, "projects")
    if os.path.isdir(projects):
        return "ok" if os.access(projects, os.R_OK | os.X_OK) else "unreadable"
    if not os.path.isdir(root):
        return "missing"
    if not os.access(root, os.R_OK | os.X_OK):
        return "unreadable"
    return "is projects" if os.path.basename(root) == "projects" else "no projects"
