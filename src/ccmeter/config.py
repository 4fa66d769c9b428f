"""The user's settings: config.toml, read into one immutable record."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.line_words import WORDS
from ccmeter.paths import claude_folders, config_path

DEFAULT_USER = "me"
LAST_PORT = 65_535
WATCH_IDLE_MINUTES = 480  # a night
SETTINGS = {  # what `ccmeter config set` accepts
    "timezone": "time zone of days and weeks, such as Europe/Berlin (default: the system's)",
    "user": "your name in reports by user (default: me)",
    "tier": "your plan: pro, max, ultra, team-standard, team-premium, enterprise, education or api",
    "annual": "whether the plan is paid yearly: true or false (default: false)",
    "client_meter": "whether costs in .claude.json may be read: true or false (default: false)",
    "notify": "whether alarms are also shown on the desktop: true or false (default: false)",
    "statusline": f"parts of the status line, in order (default: {' '.join(WORDS)})",
    "watch_idle_minutes": "minutes without use after which the watcher ends (480; 0: never)",
    "otlp_port": "where the watcher receives the client's reports of its calls (0: nowhere)",
}
TIERS = (  # Max and Ultra were called Max 5x and Max 20x until October 2026
    *("pro", "max", "max-5x", "ultra", "max-20x", "team-standard", "team-premium"),
    *("enterprise", "education", "api"),
)
KEYS = (*SETTINGS, "tiers", "users", "prices", "compute", "audit")
_USER_KEYS = ("name", "folder", "tier", "annual", "tiers")
_TIER_KEYS = ("tier", "from", "annual")


class Tier(NamedTuple):
    """A plan from a day on; "" is the beginning."""

    tier: str
    since: str  # YYYY-MM-DD
    annual: bool


class User(NamedTuple):
    """A person whose usage is metered, and the Claude folder it is read from."""

    name: str
    folder: str
    tiers: tuple[Tier, ...]


class Config(NamedTuple):
    """Everything config.toml says, checked."""

    user: str = DEFAULT_USER
    timezone: str | None = None
    tiers: tuple[Tier, ...] = ()
    users: tuple[User, ...] = ()
    prices: Mapping[str, Any] = {}
    compute: Mapping[str, Any] = {}
    audit: Mapping[str, Any] = {}  # thresholds
    client_meter: bool = False  # opted in to .claude.json
    notify: bool = False  # on the desktop
    statusline: tuple[str, ...] = WORDS
    watch_idle_minutes: int = WATCH_IDLE_MINUTES  # 0: the watcher never ends by itself
    otlp_port: int = 0  # on which the watcher receives the client's own reports; 0: none
    unknown_keys: tuple[str, ...] = ()  # those of tables as users.key and tiers.key

    def roots(self, env: Mapping[str, str] = os.environ) -> list[str]:
        """Return the Claude folders to read: the user's own, then those of [[users]]."""
        named = [user.folder for user in self.users]
        own = [root for root in claude_folders(env) if root not in named]
        return own + named

    def user_of(self, root: str) -> str:
        """Return the name of the user whose Claude folder it is."""
        real = os.path.realpath(root)
        for user in self.users:
            if os.path.realpath(user.folder) == real:
                return user.name
        return self.user

    def metered(self, roots: Iterable[str]) -> list[str]:
        """Return the user's own of the Claude folders, if the meter in .claude.json may be read."""
        others = {user.folder for user in self.users}
        return [root for root in roots if self.client_meter and root not in others]

    def tiers_of(self, user: str) -> tuple[Tier, ...]:
        """Return the plans of a user, by name; () when none is set."""
        for known in self.users:
            if known.name == user:
                return known.tiers
        return self.tiers if user == self.user else ()


def load_config(home: str) -> Config:
    """Read config.toml of the data folder; a missing file is an empty one.

    CcmeterError names the key that is wrong and what would be right.
    """
    path = config_path(home)
    if not os.path.exists(path):
        return Config()
    import tomllib  # imported here: most people have no config.toml

    try:
        with open(path, "rb") as file:
            data = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise CcmeterError(f"cannot read {path}: {error}. Correct the file or move it away.") from (
            error
        )
    return parse_config(data, path)


def parse_config(data: Mapping[str, Any], path: str) -> Config:
    """Check the parsed file and return it as a record. `path` is named in errors."""
    return Config(
        user=_text(data, "user", path) or DEFAULT_USER,
        timezone=_zone(_text(data, "timezone", path), path),
        tiers=_tiers(data, path),
        users=tuple(_user(entry, path) for entry in _tables(data, "users", path)),
        prices=_table(data, "prices", path),
        compute=_table(data, "compute", path),
        audit=_table(data, "audit", path),
        client_meter=_flag(data, "client_meter", path),
        notify=_flag(data, "notify", path),
        statusline=_line(_text(data, "statusline", path), path),
        watch_idle_minutes=_count(data, "watch_idle_minutes", WATCH_IDLE_MINUTES, path),
        otlp_port=_count(data, "otlp_port", 0, path, LAST_PORT),
        unknown_keys=tuple(sorted(_unknown(data))),
    )


def _unknown(data: Mapping[str, Any]) -> Iterator[str]:
    """Keys that mean nothing, those inside [[users]] and [[tiers]] with the name of the table."""
    yield from set(data) - set(KEYS)
    for user in data.get("users", []):
        yield from (f"users.{key}" for key in set(user) - set(_USER_KEYS))
    for owner in (data, *data.get("users", [])):
        for tier in owner.get("tiers", []):
            yield from (f"tiers.{key}" for key in set(tier) - set(_TIER_KEYS))


def _user(entry: Mapping[str, Any], path: str) -> User:
    name, folder = _text(entry, "name", path), _text(entry, "folder", path)
    if not name or not folder:
        raise CcmeterError(
            f'{path}: every [[users]] needs name = "..." and folder = "..." (the folder that holds'
            " projects/)."
        )
    return User(name, os.path.abspath(os.path.expanduser(folder)), _tiers(entry, path))


def _tiers(data: Mapping[str, Any], path: str) -> tuple[Tier, ...]:
    """A plan from the beginning (tier = ...), and changes of plan with their dates."""
    first, annual = _tier(data, path), _flag(data, "annual", path)
    found = [Tier(first, "", annual)] if first else []
    for entry in _tables(data, "tiers", path):
        tier = _tier(entry, path)
        if not tier:
            raise CcmeterError(f'{path}: every [[tiers]] needs tier = "..." and from = YYYY-MM-DD.')
        found.append(Tier(tier, _day(entry, "from", path), _flag(entry, "annual", path)))
    return tuple(sorted(found, key=lambda tier: tier.since))


def _tier(data: Mapping[str, Any], path: str) -> str | None:
    name = _text(data, "tier", path)
    if name is None or name in TIERS:
        return name
    raise CcmeterError(f"{path}: there is no plan {name!r}. Use one of {', '.join(TIERS)}.")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that may have been meant, or None."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.lower(), known, n=1)), None)


def _text(data: Mapping[str, Any], key: str, path: str) -> str | None:
    value = data.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise CcmeterError(f'{path}: {key} must be text in quotes, such as {key} = "...".')


def _flag(data: Mapping[str, Any], key: str, path: str) -> bool:
    value = data.get(key, False)
    if isinstance(value, bool):
        return value
    raise CcmeterError(f"{path}: {key} must be true or false.")


def _count(
    data: Mapping[str, Any], key: str, default: int, path: str, most: int = (1 << 31) - 1
) -> int:
    value = data.get(key, default)
    if type(value) is int and 0 <= value <= most:
        return value
    upto = f" of at most {most}" if type(value) is int and value > most else ""
    raise CcmeterError(f"{path}: {key} must be a whole number{upto} such as {key} = {default}.")


def _day(data: Mapping[str, Any], key: str, path: str) -> str:
    value = data.get(key, "")
    if isinstance(value, date):
        return value.isoformat()[:10]
    try:
        return date.fromisoformat(value).isoformat() if value else ""
    except (TypeError, ValueError):
        raise CcmeterError(f"{path}: {key} must be a day such as 2026-01-31.") from None


def _tables(data: Mapping[str, Any], key: str, path: str) -> Sequence[Mapping[str, Any]]:
    value = data.get(key, [])
    if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        return value
    raise CcmeterError(f"{path}: write {key} as [[{key}]] tables.")


def _table(data: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if isinstance(value, dict):
        return value
    raise CcmeterError(f"{path}: write {key} as a [{key}] table.")


def _line(text: str | None, path: str) -> tuple[str, ...]:
    words = tuple(text.split()) if text else WORDS
    for word in words:
        if word not in WORDS:
            raise CcmeterError(
                f"{path}: the status line has no part {word!r}. Use some of {', '.join(WORDS)}."
            )
    return words


def _zone(name: str | None, path: str) -> str | None:
    if name is None:
        return None
    from ccmeter.zones import zone  # zoneinfo only when a zone is named

    try:
        zone(name)
    except CcmeterError as error:
        raise CcmeterError(f"{path}: {error}") from None
    return name
