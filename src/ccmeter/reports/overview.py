"""The report: from a period and filters to everything that is shown."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.pricing.elsewhere import Elsewhere, elsewhere
from ccmeter.pricing.money import Money
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.asked import Filters
from ccmeter.reports.cache_use import CacheUse, cache_use
from ccmeter.reports.coverage import Coverage, cover
from ccmeter.reports.estimator import load_missing
from ccmeter.reports.grouping import Row, group, months, with_coverage
from ccmeter.reports.hidden import Hidden, load_hidden, summed
from ccmeter.reports.models import understood
from ccmeter.reports.period import Period, stretches
from ccmeter.reports.priced import Priced, Totals, join, price, price_list, total
from ccmeter.reports.standing import Standing, TiersOf, standings
from ccmeter.reports.warnings import Beside, Warning, find_warnings
from ccmeter.store.read import load_slices, skip_counts


class People(NamedTuple):
    """Whose Claude folder it is, and which plans a user has."""

    user_of: Callable[[str], str]
    tiers_of: TiersOf


class Extras(NamedTuple):
    """What is added to the totals and rows on request. Neither is a count of transcript lines."""

    hidden: bool = False  # calls of which only telemetry tells
    missing: bool = False  # estimated output of unfinished responses


COUNTED = Extras()  # nothing but what was counted


class Report(NamedTuple):
    """All rows of a report. `days`, `models` and `projects` serve the overview."""

    period: Period
    by: str
    scenario: str  # of Totals.chosen
    totals: Totals
    rows: Sequence[Row]
    days: Sequence[Row]
    months: Sequence[Row]
    models: Sequence[Row]
    projects: Sequence[Row]
    sessions: int
    users: Sequence[str]
    of_whole_users: bool  # not of a project, model or session alone
    standings: Sequence[Standing]  # of the users whose plan is known; none but of whole users
    elsewhere: Elsewhere | None  # None: nothing was used
    coverage: Coverage
    hidden: Hidden | None  # None: telemetry tells of none
    cache: CacheUse | None  # None: nothing has been judged
    warnings: Sequence[Warning]


def make_report(
    connection: sqlite3.Connection,
    money: Money,
    period: Period,
    by: str,
    filters: Filters,
    people: People,
    scenario: str,
    today: date,
    extras: Extras = COUNTED,
    limits: Limits = LIMITS,
) -> Report:
    """Return the report of the period, grouped and filtered. Reads the database only."""
    user_of = people.user_of
    filters = understood(filters, connection, money.book)
    found = _found(connection, money, period, scenario, extras)
    kept = _Found(*([piece for piece in part if filters.keep(piece, user_of)] for part in found))
    pieces = [*kept.shown, *kept.missing, *(kept.hidden if extras.hidden else ())]
    sessions = {piece.slice.who.session for piece in kept.shown}
    coverage = cover(connection, sessions, found.shown, period, money.book)
    hidden = summed(kept.hidden, extras.hidden, coverage)
    views = _views(pieces, user_of)
    totals = join(row.totals for row in views["day"])
    lived = _lived(period, pieces, today)
    standing = standings(pieces, lived, user_of, people.tiers_of) if filters.whole_users else []
    bad_lines = sum(count for _, count in skip_counts(connection))
    beside = Beside(hidden, extras.missing)
    return Report(
        period,
        by,
        scenario,
        totals,
        with_coverage(views.get(by) or group(pieces, by, user_of), by, coverage),
        views["day"],
        views["month"],
        views["model"],
        views["project"],
        len({piece.slice.who.session for piece in pieces}),
        sorted({user_of(piece.slice.who.root) for piece in pieces}),
        filters.whole_users,
        standing,
        same_tokens_elsewhere(pieces, totals, money, standing),
        coverage,
        hidden,
        cache_use(connection, period, kept.shown, filters, user_of, limits),
        [
            *(() if pieces else unmatched_among(connection, filters, period, found.shown, people)),
            *find_warnings(totals, pieces, money.book, today, bad_lines, beside),
        ],
    )


def unmatched_among(
    connection: sqlite3.Connection,
    filters: Filters,
    period: Period,
    inside: Sequence[Priced],
    people: People,
) -> list[Warning]:
    """Return why nothing is left of what is inside the period, where filters are the reason."""
    if filters._replace(is_whole=False) == Filters():
        return []
    from ccmeter.reports.unmatched import find_unmatched  # imported here: mostly there is something

    return find_unmatched(connection, filters, period, inside, people.user_of)


def _views(pieces: Sequence[Priced], user_of: Callable[[str], str]) -> dict[str, list[Row]]:
    """The rows that an overview shows, by what they stand for."""
    days = group(pieces, "day", user_of)
    return {
        "day": days,
        "month": months(days),
        "model": group(pieces, "model", user_of),
        "project": group(pieces, "project", user_of),
    }


def _lived(period: Period, pieces: Sequence[Priced], today: date) -> Period:
    """The period without days to come: nobody has paid for them yet."""
    last = max((piece.slice.local_day for piece in pieces), default=today)  # clocks may be ahead
    return period._replace(until=max(period.since, min(period.until, max(today, last))))


class _Found(NamedTuple):
    """What the database holds of a period."""

    shown: Sequence[Priced]  # responses
    missing: Sequence[Priced]  # their output that no line tells of: estimated
    hidden: Sequence[Priced]  # calls without a response


def _found(
    connection: sqlite3.Connection, money: Money, period: Period, scenario: str, extras: Extras
) -> _Found:
    cuts, bounds = stretches(period), thresholds(money.book)
    shown = load_slices(connection, cuts, bounds)
    missing = load_missing(connection, cuts, bounds, counted=extras.missing)
    hidden = load_hidden(connection, cuts, shown)
    return _Found(
        price(shown, money, scenario),
        price(missing, money, scenario) if extras.missing else price_list(missing, money.book),
        price(hidden, money, scenario),
    )


def same_tokens_elsewhere(
    pieces: Sequence[Priced], totals: Totals, money: Money, standing: Sequence[Standing]
) -> Elsewhere | None:
    """Return what the priced responses would cost elsewhere, so that all amounts compare.

    `totals` are those of the pieces.
    """
    if totals.unpriced_models:
        totals = total(piece for piece in pieces if piece.list_cost is not None)
    if not any(totals.usage):
        return None
    return elsewhere(money.assumptions, totals.usage, totals.list_cost, paid(standing))


def paid(standing: Sequence[Standing]) -> Decimal | None:
    """Return what all users with a plan paid; None when nobody's price is known."""
    prices = [each.result.price_usd for each in standing]
    known = [price for price in prices if price is not None]
    return sum(known, Decimal()) if known else None
