"""Time zones by name, and the one of this machine."""

import os
from datetime import UTC, datetime, tzinfo
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
    for name in (os.environ.get("TZ", "").lstrip(":"), _linked_name()):
        if name:
            try:
                return zone(name), name
            except UsageError:
                continue
    offset = datetime.now(UTC).astimezone().tzinfo or UTC
    return offset, str(offset)


def _linked_name() -> str:
    """The zone that /etc/localtime points to; "" where the system does it otherwise."""
    try:
        target = os.path.realpath("/etc/localtime")
    except OSError:
        return ""
    _, found, name = target.partition("/zoneinfo/")
    return name.removeprefix("Etc/") if found else ""
