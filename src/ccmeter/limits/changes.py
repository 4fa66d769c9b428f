"""Known days on which limits changed: bundled dated data."""

import os
import tomllib
from datetime import UTC, date, datetime, time
from functools import cache
from typing import NamedTuple

_BUNDLED = os.path.join(os.path.dirname(__file__), "changes.toml")


class Change(NamedTuple):
    """A day from which on some windows are of another size, or are used up otherwise."""

    since: date
    windows: frozenset[str]
    text: str
    source: str

    @property
    def since_ms(self) -> int:
        """The first moment of the day, in UTC epoch milliseconds."""
        return round(datetime.combine(self.since, time(), UTC).timestamp() * 1000)


@cache
def load_changes() -> tuple[Change, ...]:
    """Return all known changes, the oldest first."""
    with open(_BUNDLED, "rb") as file:
        raw = tomllib.load(file)["changes"]
    found = (Change(e["from"], frozenset(e["windows"]), e["text"], e["source"]) for e in raw)
    return tuple(sorted(found, key=lambda change: change.since))


def changes_of(kind: str) -> tuple[Change, ...]:
    """Return the known changes of one kind of windows, the oldest first."""
    return tuple(change for change in load_changes() if kind in change.windows)
