"""What a command reads: the database of a place, up to date, and the user's prices and plans."""

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cache, partial
from typing import NamedTuple

import click

from ccmeter.cache.thresholds import read_limits
from ccmeter.cli.judging import judge
from ccmeter.cli.place import Place
from ccmeter.cli.syncing import sync
from ccmeter.config import Tier
from ccmeter.ingest import SyncStats
from ccmeter.pricing.assumptions import scenario_named
from ccmeter.pricing.money import Money, load_money
from ccmeter.pricing.plans import canonical_tier
from ccmeter.reports.asked import Filters
from ccmeter.reports.overview import COUNTED, Extras, People, Report, make_report
from ccmeter.reports.period import Period
from ccmeter.reports.warnings import Warning, unreadable
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


class Missing(NamedTuple):
    """What is not in the database though all that is new was to be read."""

    warnings: Sequence[Warning] = ()  # what it is, and why
    postponed: bool = False  # transcripts of sessions that ended before the report begins


def bring_up_to_date(
    place: Place, since_ms: int | None = None, settled: bool = False, *, postpone: bool = False
) -> Missing:
    """Read and judge what is new; return what is not in the database all the same.

    Nothing waits for another ccmeter that does not get done. `since_ms` is as in `judging.judge`,
    `settled` as in `syncing.sync`. What is `postponed` is for `postponed.read_postponed`.
    """
    try:
        stats = sync(
            place.home,
            place.roots,
            metered=place.metered,
            then=partial(judge, place=place, since_ms=since_ms),
            settled=settled,
            since_ms=since_ms if postpone else None,
        )
    except LockBusyError:
        return Missing([BUSY])
    return Missing(left_out(stats), postponed=bool(stats.postponed))


def left_out(stats: SyncStats) -> list[Warning]:
    """Return the warning about what a pass had no right to look at."""
    if not stats.unreadable:
        return []
    message = f"{unreadable(stats.unreadable)} Give yourself the right to read it."
    return [Warning("warning", UNREADABLE, f"{message} Details: ccmeter doctor")]


def tell(warnings: Sequence[Warning]) -> None:
    """Say on stderr what is missing from an answer that has no place for it."""
    for warning in warnings:
        click.echo(f"ccmeter: {warning.message}", err=True)


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
    """Return list prices and assumptions, with what config.toml says over them."""
    return load_money(place.config.prices, place.config.compute)


def people(place: Place, tier: str | None = None) -> People:
    """Return who the users are and which plans they have, or would have with `tier`."""
    config = place.config
    what_if = (Tier(canonical_tier(tier), "", False),) if tier else None
    return People(cache(config.user_of), lambda user: what_if or config.tiers_of(user))
