"""Plan limits: where the windows stand, what 100 % is worth, and how it was week by week."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import NamedTuple

from ccmeter.limits.calibrate import Usd
from ccmeter.limits.pace import LOOK_BACK_MS, Pace, by_list, by_samples
from ccmeter.limits.samples import DAY_MS, FIVE_HOUR, SEVEN_DAY, Seen, Window, windows
from ccmeter.pricing.book import Book
from ccmeter.reports.limit_weeks import Week, weeks
from ccmeter.reports.limit_worth import Fit, breaks_of, fits, measure
from ccmeter.reports.overview import People
from ccmeter.reports.plan_cost import plan_costs
from ccmeter.reports.unmatched import without_percentages
from ccmeter.reports.warnings import Warning
from ccmeter.store.limits import load_seen

MEASURED = (FIVE_HOUR, SEVEN_DAY)  # other windows are limits of one model, or of money
HISTORY_MS = 26 * 7 * DAY_MS


class Current(NamedTuple):
    """The window of a kind that was seen last."""

    window: Window
    is_open: bool  # not reset since
    pace: Pace | None  # None: not open, or nothing is known about its pace


class UserLimits(NamedTuple):
    """The limits of one user."""

    user: str
    current: Sequence[Current]  # 5 hours, 7 days, others
    fits: Sequence[Fit]  # by kind, then by time
    weeks: Sequence[Week]


class LimitsReport(NamedTuple):
    """The limits of all users whose percentages were seen in the last half year."""

    now_ms: int
    zone: tzinfo
    zone_name: str
    users: Sequence[UserLimits]
    warnings: Sequence[Warning]


def make_limits_report(
    connection: sqlite3.Connection,
    book: Book,
    people: People,
    zone: tuple[tzinfo, str],
    now_ms: int,
    user: str | None = None,
) -> LimitsReport:
    """Return the limits of the users, or of one of them. Reads the database only."""
    found = seen_by_user(connection, people.user_of, now_ms - HISTORY_MS)
    one = partial(_user_limits, connection, book, people, zone[0], now_ms)
    chosen = [name for name in sorted(found) if user in (None, name)]
    unmatched = without_percentages(user, sorted(found)) if user is not None and not chosen else []
    return LimitsReport(now_ms, *zone, [one(name, found[name]) for name in chosen], unmatched)


def seen_by_user(
    connection: sqlite3.Connection, user_of: Callable[[str], str], since_ms: int
) -> dict[str, list[Seen]]:
    """Return what was seen of the windows that are reset since then, by user."""
    found: dict[str, list[Seen]] = {}
    for each in load_seen(connection, since_ms):
        found.setdefault(user_of(each.folder), []).append(each)
    return found


def _user_limits(
    connection: sqlite3.Connection,
    book: Book,
    people: People,
    zone: tzinfo,
    now_ms: int,
    user: str,
    seen: Iterable[Seen],
) -> UserLimits:
    def is_user(root: str) -> bool:
        return people.user_of(root) == user

    found = windows(seen)
    known: list[Fit] = []
    measured = []
    for kind in MEASURED:
        own = [window for window in found if window.kind == kind]
        if own:
            changes = breaks_of(kind, people.tiers_of(user), zone)
            breaks = [moment for moment in changes if moment <= now_ms]
            rises = measure(connection, book, own, breaks, is_user)
            known += fits(kind, breaks, rises)
            measured += rises
    return UserLimits(
        user,
        current_windows(connection, book, found, worths(known), is_user, now_ms),
        known,
        weeks(connection, book, found, measured, zone, is_user),
    )


def worths(known: Iterable[Fit]) -> dict[str, Usd]:
    """Return what 100 % of each kind is worth today, where that is known."""
    return {fit.kind: fit.worth.mid for fit in known if fit.worth and fit.until_ms is None}


def current_windows(
    connection: sqlite3.Connection,
    book: Book,
    found: Sequence[Window],
    worth: Mapping[str, Usd],
    is_user: Callable[[str], bool],
    now_ms: int,
) -> list[Current]:
    """Return the window of each kind that was seen last; much quicker than the whole report.

    `found` are the windows of one user, `worth` what 100 % are worth by kind, `is_user` tells of
    a Claude folder whether it is one of the user's.
    """
    latest: dict[str, Window] = {}
    for window in sorted(found, key=lambda window: window.last.last_ms):
        latest[window.kind] = window
    kinds = sorted(latest, key=lambda kind: (kind not in MEASURED, kind))
    pace = partial(_pace, connection, book, worth, is_user, now_ms)
    return [
        Current(window, is_open := window.resets_ms > now_ms, pace(window) if is_open else None)
        for window in map(latest.__getitem__, kinds)
    ]


def _pace(
    connection: sqlite3.Connection,
    book: Book,
    worth: Mapping[str, Usd],
    is_user: Callable[[str], bool],
    now_ms: int,
    window: Window,
) -> Pace | None:
    look_back = LOOK_BACK_MS.get(window.kind)
    if look_back is None:
        return None
    usd = worth.get(window.kind)
    if not usd:
        return by_samples(window, look_back, now_ms)
    spans = [(now_ms - look_back, now_ms), (window.last.last_ms, now_ms)]
    spent, since = plan_costs(connection, book, spans, is_user)
    return by_list(window, usd, spent.usd, since.usd, look_back, now_ms)
