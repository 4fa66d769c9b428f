"""Time zones by name, and the one of this machine."""

import os
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from io import BytesIO
from struct import pack
from zoneinfo import ZoneInfo

from ccmeter.errors import UsageError


def zone(name: str) -> ZoneInfo:
    """Return the time zone of that name. UsageError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # each for another kind of wrong name
        raise UsageError(
            f"there is no time zone {name!r}. Use a name such as UTC, Europe/Berlin or"
            " America/Los_Angeles."
        ) from None


def local_zone() -> tuple[tzinfo, str]:
    """Return the machine's time zone and a name for it.

    Rules are needed, not only today's offset: a report may span a change of clocks.
    """
    found = _of_environment() or _named(_linked_name())
    if found:
        return found
    offset = datetime.now(UTC).astimezone().tzinfo or UTC
    return offset, str(offset)


def unread_tz() -> str:
    """Return what $TZ says, if that is no time zone and the machine's is used in its place."""
    return "" if _of_environment() else os.environ.get("TZ", "")


def _of_environment() -> tuple[tzinfo, str] | None:
    """The zone of $TZ: a name, a file, or rules such as CET-1CEST,M3.5.0,M10.5.0/3."""
    said = os.environ.get("TZ", "").removeprefix(":")
    return _in_file(said) if said.startswith("/") else _named(said) or _ruled(said)


def _named(name: str) -> tuple[tzinfo, str] | None:
    with suppress(UsageError):
        return (zone(name), name) if name else None
    return None


def _in_file(path: str) -> tuple[tzinfo, str] | None:
    """The zone of a file; by its name, where it stands among all zones."""
    found = _named(_name_of(path))
    if found:
        return found
    with suppress(ValueError, OSError), open(path, "rb") as file:
        return ZoneInfo.from_file(file), path
    return None


def _ruled(rules: str) -> tuple[tzinfo, str] | None:
    """The zone of POSIX rules: they are what a zone's file ends with, so they make one."""
    if not rules or not rules.isascii() or "\n" in rules:
        return None
    # a header of version 2, no changes of clocks, one type of time (UTC) with its name
    part = b"TZif2" + bytes(15) + pack(">6l", 0, 0, 0, 0, 1, 4) + bytes(6) + b"UTC\0"
    with suppress(ValueError):
        return ZoneInfo.from_file(BytesIO(part * 2 + f"\n{rules}\n".encode())), rules
    return None


def _linked_name() -> str:
    """The zone that /etc/localtime points to; "" where the system does it otherwise."""
    return _name_of("/etc/localtime")


def _name_of(path: str) -> str:
    try:
        target = os.path.realpath(path)
    except OSError:
        return ""
    return target.partition("/zoneinfo/")[2].removeprefix("Etc/")
