"""From lines of the spool to the windows of plan limits. Pure: no clock, no database, no files."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from ccmeter.transcripts.clock import parse_ms
from ccmeter.transcripts.repair import bindable, clean

FIVE_HOUR, SEVEN_DAY = "five_hour", "seven_day"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
WHOLE = 10_000  # hundredths of a percent in a whole window
SAME_MS = 600_000  # times of one reset, told by several responses, differ by less

_LENGTHS = {FIVE_HOUR: 5 * HOUR_MS, SEVEN_DAY: 7 * DAY_MS}
_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LINE_START = b'{"t":'
_FARTHEST_MS = 40 * DAY_MS  # of a reset from its sample: longer than any window
_FIRST_MS = 1_700_000_000_000  # before there were percentages
_LAST_MS = 32_503_680_000_000  # the year 3000
_SECONDS_BELOW = 100_000_000_000  # smaller times are seconds, not milliseconds
_MOST = 10 * WHOLE  # beyond 1000 % it is no percentage
_KINDS_A_LINE = 16


class Sample(NamedTuple):
    """One percentage that the client showed."""

    folder: str  # the Claude folder; "" where the line does not say
    session: str
    kind: str  # five_hour, seven_day, ...
    resets_ms: int
    used: int  # hundredths of a percent
    time_ms: int  # when it was seen, never behind the reset


class Seen(NamedTuple):
    """A percentage of a window, as it is stored."""

    folder: str
    kind: str
    resets_ms: int
    used: int  # hundredths of a percent
    first_ms: int
    last_ms: int


class Step(NamedTuple):
    """The first sight of a new maximum, and the last sight of it."""

    used: int  # hundredths of a percent
    first_ms: int
    last_ms: int


class Window(NamedTuple):
    """One window of a limit: its maxima in the order of time, at least one, each a larger one."""

    kind: str
    resets_ms: int
    steps: tuple[Step, ...]

    @property
    def last(self) -> Step:
        """The highest percentage seen."""
        return self.steps[-1]

    @property
    def start_ms(self) -> int | None:
        """When the window began; None where its length is not known."""
        length = _LENGTHS.get(self.kind)
        return None if length is None else self.resets_ms - length


def read_line(line: bytes) -> list[Sample]:
    """Return the percentages on one line of the spool; [] for garbage."""
    found = read_record(line)
    return samples_of(*found) if found else []


def read_record(line: bytes) -> tuple[Mapping[str, Any], int] | None:
    """Return what a line of the spool says, and when it was written; None for garbage.

    A line that begins with the rest of another one, cut off, is read from where it begins itself.
    """
    record = _loads(line)
    if record is None:
        record = _loads(line[max(0, line.rfind(_LINE_START)) :])
    moment = None if record is None else _moment(record.get("t"))
    if record is None or moment is None or not _FIRST_MS < moment < _LAST_MS:
        return None
    return record, moment


def samples_of(record: Mapping[str, Any], moment: int) -> list[Sample]:
    """Return the percentages in a record of the spool."""
    place = (_folder(record.get("config")), text(record.get("session")))
    found = (_sample(place, kind, value, moment) for kind, value in record.items())
    return [sample for sample in found if sample][:_KINDS_A_LINE]


def _loads(line: bytes) -> Mapping[str, Any] | None:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


def _sample(place: tuple[str, str], kind: str, value: object, moment: int) -> Sample | None:
    if not isinstance(value, dict) or not _KIND.fullmatch(kind):
        return None
    used, resets = number(value.get("used_percentage")), _moment(value.get("resets_at"))
    if used is None or resets is None or abs(resets - moment) > _FARTHEST_MS:
        return None
    hundredths = round(used * 100)
    if not 0 <= hundredths <= _MOST:
        return None
    return Sample(*place, kind, resets, hundredths, min(moment, resets))


def number(value: object) -> float | None:
    """Return a finite number, also one that is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _moment(value: object) -> int | None:
    """Epoch milliseconds of a time in seconds, in milliseconds, or in ISO 8601."""
    found = number(value)
    if found is None:
        return parse_ms(value)
    if not 0 < found < _LAST_MS:
        return None
    return round(found * 1000) if found < _SECONDS_BELOW else round(found)


def _folder(value: object) -> str:
    """The Claude folder of a line; "" when it cannot be told from here."""
    if not isinstance(value, str) or "\0" in value or not os.path.isabs(value):
        return ""
    return bindable(os.path.normpath(value))


def text(value: object) -> str:
    """Return a name, cut off where it is too long for one; "" for anything else."""
    return clean(value)[:200] if isinstance(value, str) else ""


def windows(seen: Iterable[Seen]) -> list[Window]:
    """Return the windows of one user, by kind and then by reset, the oldest first.

    Whichever folder they were seen in, sights of one reset are one window. Repeated and stale
    sights, those that are no new maximum, are left out.
    """
    ordered = sorted(seen, key=lambda each: (each.kind, each.resets_ms))
    return [_window(group) for group in _by_reset(ordered)]


def _by_reset(ordered: Iterable[Seen]) -> Iterator[list[Seen]]:
    group: list[Seen] = []
    for each in ordered:
        if group and not _same(group[0], each):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _same(first: Seen, other: Seen) -> bool:
    return first.kind == other.kind and other.resets_ms - first.resets_ms <= SAME_MS


def _window(group: list[Seen]) -> Window:
    steps: list[Step] = []
    for each in sorted(group, key=lambda each: (each.first_ms, -each.used)):
        if not steps or each.used > steps[-1].used:
            steps.append(Step(each.used, each.first_ms, each.last_ms))
        elif each.used == steps[-1].used:
            last = max(steps[-1].last_ms, each.last_ms)
            steps[-1] = steps[-1]._replace(last_ms=last)
    return Window(group[0].kind, group[-1].resets_ms, tuple(steps))
