"""The settings of one value each: what is in force, and changing them."""

from typing import TYPE_CHECKING, NamedTuple

from ccmeter.config import (
    DEFAULT_USER,
    SETTINGS,
    WATCH_IDLE_MINUTES,
    nearest,
    parse_config,
)
from ccmeter.errors import CcmeterError, UsageError
from ccmeter.line_words import WORDS
from ccmeter.settings.source import UNCHANGED, Source, edited, meaning, read_settings, save

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_FLAGS = {"true": True, "false": False}
_FLAG_KEYS = ("annual", "client_meter", "notify")
_NUMBERS = {"watch_idle_minutes": WATCH_IDLE_MINUTES, "otlp_port": 0}

Value = str | bool | int


class Setting(NamedTuple):
    """One of SETTINGS as it is in force, and where it comes from."""

    key: str
    value: Value | None  # None: not set, and there is no default
    origin: str


def in_force(source: Source) -> list[Setting]:
    """Return every one of SETTINGS with its value or default."""
    return [_given(key, source) or _default(key) for key in SETTINGS]


def _given(key: str, source: Source) -> Setting | None:
    value = source.data.get(key)
    return None if value is None or value == "" else Setting(key, value, "from config.toml")


def _default(key: str) -> Setting:
    local, zone = _machine_zone()
    plain = {**dict.fromkeys(_FLAG_KEYS, False), **_NUMBERS}
    line = " ".join(WORDS)
    defaults: dict[str, Value | None] = {
        "user": DEFAULT_USER,
        "timezone": zone,
        "statusline": line,
        **plain,
    }
    of_machine = f": the time zone of this machine{local}" if key == "timezone" else ""
    return Setting(key, defaults.get(key), f"default{of_machine}")


def _machine_zone() -> tuple[str, str | None]:
    """What there is to say of the zone, and its name where it is one that the setting may have."""
    from ccmeter.zones import local_zone, unread_tz, zone

    name, unread = local_zone()[1], unread_tz()
    told = f"; TZ={unread} is none" if unread else ""
    try:
        return told, zone(name).key
    except UsageError:
        return f", {name}{told}", None


def set_value(home: str, key: str, text: str) -> Value | None:
    """Set one of SETTINGS, or remove it when the text is empty; return what it is now.

    UsageError for an unknown key, and for a value that would not be accepted.
    """
    _known(key)
    source = read_settings(home)
    others = {name: value for name, value in source.data.items() if name != key}
    parse_config(others, source.path)  # what is wrong elsewhere is said as it stands
    value = _value(key, text.strip())
    wanted = others if value is None else {**others, key: value}
    try:
        parse_config(wanted, UNCHANGED)
    except CcmeterError as error:
        raise UsageError(str(error)) from None
    save(home, source, _changed(source, key, value), wanted)
    return value


def _known(key: str) -> None:
    if key in SETTINGS:
        return
    meant = nearest(key, SETTINGS)
    hint = f" Did you mean {meant}?" if meant else ""
    raise UsageError(f"there is no setting {key!r}.{hint} The settings are {', '.join(SETTINGS)}.")


def _value(key: str, text: str) -> Value | None:
    if not text:
        return None
    if key in _NUMBERS and text.isdecimal():
        return int(text)
    return _FLAGS.get(text.lower(), text) if key in _FLAG_KEYS else text


def _changed(source: Source, key: str, value: Value | None) -> str | None:
    if value is not None and key not in source.data:
        return _inserted(source.text, key, value)

    def change(document: "TOMLDocument") -> None:
        if value is None:
            document.pop(key, None)
        else:
            document[key] = value

    return edited(source.text, change)


def _inserted(text: str, key: str, value: Value) -> str:
    """Put a new key behind the last one above all tables; what describes a table stays with it."""
    import tomlkit

    lines = text.splitlines(keepends=True)
    at = _end_of_keys(lines)
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    below = lines[at].strip() if at < len(lines) else ""
    line = tomlkit.dumps({key: value}) + ("\n" if below else "")
    return "".join([*lines[:at], line, *lines[at:]])


def _end_of_keys(lines: list[str]) -> int:
    """The number of lines up to the last key that belongs to no table."""
    tables = (n for n, line in enumerate(lines) if line.lstrip().startswith("["))
    # a line of a nested list starts like a table; what is above it is no whole document
    first = next((n for n in tables if meaning("".join(lines[:n])) is not None), len(lines))
    keys = [n for n in range(first) if lines[n].strip() and not lines[n].lstrip().startswith("#")]
    if keys:
        return keys[-1] + 1
    return _end_of_title(lines[:first]) if first < len(lines) else first


def _end_of_title(lines: list[str]) -> int:
    """The number of lines of a comment that opens the file and is set apart by an empty line."""
    empty = next((n for n, line in enumerate(lines) if not line.strip()), None)
    return 0 if empty is None else empty + 1
