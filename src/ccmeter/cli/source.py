"""What a command reads: the database of a place, up to date, and the user's prices and plans."""

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import cache
from typing import NamedTuple

import click

from ccmeter.cache.thresholds import read_limits
from ccmeter.cli.judging import judge
from ccmeter.cli.meanwhile import look_meanwhile
from ccmeter.cli.place import Place
from ccmeter.cli.syncing import WAIT_S, sync
from ccmeter.config import Tier
from ccmeter.ingest import SyncStats
from ccmeter.pricing.assumptions import scenario_named
from ccmeter.pricing.here import book_of
from ccmeter.pricing.money import Money, load_money
from ccmeter.pricing.plans import canonical_tier
from ccmeter.reports.asked import Filters
from ccmeter.reports.overview import COUNTED, Extras, People, Report, make_report
from ccmeter.reports.period import Period
from ccmeter.reports.warnings import OUTSIDE, UNMATCHED, Warning, unreadable
from ccmeter.store.db import open_rw
from ccmeter.store.health import open_checked
from ccmeter.store.lock import LockBusyError

BUSY = Warning(
    "warning",
    "sync-running",
    "another ccmeter is still reading transcripts: these numbers are not complete yet.",
)

UNREADABLE = "unreadable-transcripts"

DEFAULT_SCENARIO = "mid"
# Between these waits it is looked whether what another ccmeter has yet to read matters.
# The first is longer than a watcher writes what is new; all are about WAIT_S.
_LOOKS_S = (0.1, 1.0, *[2.0] * 7)


class Missing(NamedTuple):
    """What is not in the database though all that is new was to be read."""

    warnings: Sequence[Warning] = ()  # what it is, and why
    postponed: bool = False  # transcripts of sessions that ended before the report begins
    elsewhere: bool = False  # another ccmeter is reading those


def bring_up_to_date(
    place: Place, since_ms: int | None = None, settled: bool = False, *, postpone: bool = False
) -> Missing:
    """Read and judge what is new; return what is not in the database all the same.

    Nothing waits for another ccmeter that does not get done, or, with `postpone`, for one that has
    only older transcripts to read. `since_ms` is as in `judging.judge`, `settled` as in
    `syncing.sync`. What is `postponed` is for `postponed.read_behind`.
    """

    def judge_read(connection: sqlite3.Connection, stats: SyncStats) -> None:
        judge(connection, place, since_ms=since_ms, unread=bool(stats.postponed))

    since = since_ms if postpone else None
    for wait_s in _LOOKS_S if since is not None else (WAIT_S,):
        with suppress(LockBusyError):
            stats = sync(
                place.home,
                place.roots,
                wait_s=wait_s,
                metered=place.metered,
                then=judge_read,
                settled=settled,
                since_ms=since,
            )
            return Missing(left_out(stats.unreadable), postponed=bool(stats.postponed))
        ready = look_meanwhile(place, since) if since is not None else None
        if ready:
            return Missing(left_out(ready.unreadable), ready.unread, elsewhere=ready.unread)
    return Missing([BUSY])


def left_out(paths: Sequence[str]) -> list[Warning]:
    """Return the warning about what a pass had no right to look at."""
    if not paths:
        return []
    message = f"{unreadable(paths)} Give yourself the right to read it."
    return [Warning("warning", UNREADABLE, f"{message} Details: ccmeter doctor")]


def tell(warnings: Sequence[Warning]) -> None:
    """Say on stderr what is missing from an answer that has no place for it."""
    for warning in warnings:
        click.echo(f"ccmeter: {warning.message}", err=True)


def tell_beside(warnings: Sequence[Warning], format_: str) -> None:
    """Say of a report what rows alone cannot: why there are none, and what was not read."""
    if format_ == "csv":
        codes = (BUSY.code, UNREADABLE, UNMATCHED, OUTSIDE)
        tell([warning for warning in warnings if warning.code in codes])


def reading(place: Place, stack: ExitStack) -> sqlite3.Connection:
    """Return a connection for reading; a first start without a sync makes the empty database."""
    connection = open_checked(place.home) or open_rw(place.home)
    stack.callback(connection.close)
    return connection


def build(
    connection: sqlite3.Connection,
    place: Place,
    period: Period,
    by: str,
    filters: Filters,
    *,
    tier: str | None = None,
    scenario: str = DEFAULT_SCENARIO,
    extras: Extras = COUNTED,
) -> Report:
    """Return the report of a place; `tier` stands in for the plans of the config."""
    dollars = money(place)
    return make_report(
        connection,
        dollars,
        period,
        by,
        filters,
        people(place, tier),
        scenario_named(dollars.assumptions, scenario).name,
        datetime.now(period.zone).date(),
        extras,
        read_limits(place.config.audit),
    )


def money(place: Place) -> Money:
    """Return list prices, fetched ones too, and assumptions, with config.toml over them."""
    book = book_of(place.home, place.config.prices)
    return load_money(book, place.config.compute)


def people(place: Place, tier: str | None = None) -> People:
    """Return who the users are and which plans they have, or would have with `tier`."""
    config = place.config
    what_if = (Tier(canonical_tier(tier), "", False),) if tier else None
    return People(cache(config.user_of), lambda user: what_if or config.tiers_of(user))
