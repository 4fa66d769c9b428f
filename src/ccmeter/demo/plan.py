"""First step of the demo: who worked when, in which project, with which client and model."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

DAYS = 30
OLDER, OLD, BUGGY, NEW = "2.1.312", "2.1.319", "2.1.326", "2.1.330"
_OLD_FROM = 21  # days before today when the client was updated
_BUG_WEEKDAYS = 3

OPUS, SONNET, FABLE = "claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-2"
_FABLE_START = date(2026, 11, 9)
GATEWAY = "glm-5.1"

_PROJECTS = {
    "/home/dev/acme-shop": 5,
    "/home/dev/acme-shop-api": 3,
    "/home/dev/dotfiles": 1,
    "/home/dev/thesis": 2,
}
_BRANCHES = ("main", "feature/checkout", "fix/flaky-tests")
_SLOTS = (8.2, 10.4, 13.1, 15.6)  # hours, UTC


class Sitting(NamedTuple):
    """One main session to be played: its story is a name in stories.py."""

    start_ms: int
    project: str
    branch: str
    version: str
    model: str
    requests: int
    story: str = "plain"


def bug_days(today: date) -> tuple[date, ...]:
    """Return the last three weekdays that ended before yesterday, all within the last week."""
    before = (today - timedelta(days=n) for n in range(2, 9))
    return tuple(sorted(day for day in before if day.weekday() < 5)[-_BUG_WEEKDAYS:])


def version_on(day: date, today: date) -> str:
    """Return the client of a day; the buggy one also runs on a weekend between its weekdays."""
    bug = bug_days(today)
    if day > bug[-1]:
        return NEW
    if day >= bug[0]:
        return BUGGY
    return OLD if (today - day).days <= _OLD_FROM else OLDER


def plan_month(today: date, rng: Random) -> list[Sitting]:
    """Return the sessions of the 30 days that end today, in order of time."""
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    sittings = [sitting for day in days for sitting in _plan_day(day, today, rng)]
    return _with_special_sessions(sittings, rng)


def _plan_day(day: date, today: date, rng: Random) -> Iterator[Sitting]:
    for number, hour in enumerate(_choose_slots(day, today, rng)):
        sitting = Sitting(
            start_ms=_at(day, hour + rng.uniform(0, 0.5)),
            project=rng.choices(tuple(_PROJECTS), weights=tuple(_PROJECTS.values()))[0],
            branch=rng.choice(_BRANCHES),
            version=version_on(day, today),
            model=_choose_model(day, rng),
            requests=rng.randint(50, 135),
        )
        pinned = day in bug_days(today) and number < 2
        if day == today:
            yield sitting._replace(requests=rng.randint(45, 75), story="short")
        else:
            yield _pinned(sitting, rng) if pinned else sitting


def _choose_slots(day: date, today: date, rng: Random) -> tuple[float, ...]:
    if day == today:
        return (6.5, 8.0)  # the day is not over
    if day.weekday() < 5:
        return _SLOTS if rng.random() < 0.8 else _SLOTS[:3]
    return (11.0,) if rng.random() < 0.6 else ()


def _choose_model(day: date, rng: Random) -> str:
    fable = 15 if day >= _FABLE_START else 0
    return rng.choices((OPUS, SONNET, FABLE), weights=(73, 12, fable))[0]


def _pinned(sitting: Sitting, rng: Random) -> Sitting:
    return sitting._replace(model=OPUS, requests=rng.randint(24, 30), story="pinned")


def _with_special_sessions(sittings: list[Sitting], rng: Random) -> list[Sitting]:
    """Turn a few plain sessions into the stories that happen once or twice a month."""
    plain = [i for i, s in enumerate(sittings) if s.story == "plain"]
    stories = ("compact", "fork", "switch", "abort", "abort")
    for story, index in zip(stories, rng.sample(plain, len(stories)), strict=True):
        requests = 120 if story == "compact" else sittings[index].requests
        changed = sittings[index]._replace(model=OPUS, requests=requests, story=story)
        sittings[index] = changed
    first = sittings[rng.choice(plain)]
    gateway = first._replace(
        start_ms=first.start_ms + 3 * 3_600_000,
        project="/home/dev/thesis",
        model=GATEWAY,
        requests=9,
        story="gateway",
    )
    return sorted([*sittings, gateway])


def _at(day: date, hour: float) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int((midnight + timedelta(hours=hour)).timestamp() * 1000)
