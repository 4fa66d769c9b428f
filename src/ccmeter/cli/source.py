"""Where a command's numbers come from: the real history, or a made-up one."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import cache, partial
from typing import NamedTuple

from ccmeter.cache.thresholds import read_limits
from ccmeter.cli.judging import judge
from ccmeter.cli.lookahead import look, nothing_new
from ccmeter.cli.syncing import sync
from ccmeter.config import Config, Tier, load_config
from ccmeter.paths import data_home
from ccmeter.pricing.assumptions import scenario_named
from ccmeter.pricing.money import Money, load_money
from ccmeter.pricing.plans import canonical_tier
from ccmeter.reports.grouping import Filters
from ccmeter.reports.overview import COUNTED, Extras, People, Report, make_report
from ccmeter.reports.period import Period
from ccmeter.reports.warnings import Warning
from ccmeter.store.db import open_rw
from ccmeter.store.health import open_checked
from ccmeter.store.lock import LockBusyError

BUSY = Warning(
    "warning",
    "sync-running",
    "another ccmeter is still reading transcripts: these numbers are not complete yet.",
)

DEFAULT_SCENARIO = "mid"


class Place(NamedTuple):
    """A data folder, its settings, and the Claude folders that are read into it."""

    home: str
    config: Config
    roots: list[str]

    @property
    def metered(self) -> list[str]:
        """The user's own Claude folders, if the client's meter in .claude.json may be read."""
        return self.config.metered(self.roots)


def real() -> Place:
    """Return the user's own place."""
    home = data_home()
    config = load_config(home)
    return Place(home, config, config.roots())


def demo(stack: ExitStack) -> Place:
    """Return a temporary place with a made-up month, gone when the stack closes."""
    from tempfile import TemporaryDirectory

    from ccmeter.demo import write_demo

    folder = stack.enter_context(TemporaryDirectory(prefix="ccmeter-demo-"))
    claude = os.path.join(folder, "claude")
    write_demo(claude, datetime.now().astimezone().date())
    home = os.path.join(folder, "ccmeter")
    return Place(home, Config(), [claude])


def bring_up_to_date(
    place: Place, since_ms: int | None = None, meanwhile: Callable[[], object] | None = None
) -> bool:
    """Read and judge what is new; False when another ccmeter is at it and does not get done.

    `since_ms` is as in `judging.judge`. `meanwhile` is done while another process looks whether
    there is anything to read.
    """
    settled = None
    if meanwhile:
        looked = look(place.home, place.roots)
        meanwhile()
        settled = nothing_new(looked) if looked else None
    then = partial(judge, place=place, since_ms=since_ms)
    try:
        sync(place.home, place.roots, metered=place.metered, then=then, settled=settled)
    except LockBusyError:
        return False
    return True


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
