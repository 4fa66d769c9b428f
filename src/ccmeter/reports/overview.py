"""The report: from a period and filters to everything that is shown."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ccmeter.pricing.book import age_days
from ccmeter.pricing.elsewhere import Elsewhere, elsewhere
from ccmeter.pricing.money import Money
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.grouping import Filters, Row, group
from ccmeter.reports.period import Period, stretches
from ccmeter.reports.priced import Priced, Totals, price, total
from ccmeter.reports.standing import Standing, TiersOf, standings
from ccmeter.reports.warnings import Warning, find_warnings
from ccmeter.store.read import load_slices, skip_counts


class People(NamedTuple):
    """Whose Claude folder it is, and which plans a user has."""

    user_of: Callable[[str], str]
    tiers_of: TiersOf


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
    standings: Sequence[Standing]  # of the users whose plan is known
    elsewhere: Elsewhere | None  # None: nothing was used
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
) -> Report:
    """Return the report of the period, grouped and filtered. Reads the database only."""
    user_of = people.user_of
    slices = load_slices(connection, stretches(period), thresholds(money.book))
    priced = price(slices, money, scenario)
    pieces = [piece for piece in priced if filters.keep(piece, user_of)]
    totals = total(pieces)
    standing = standings(pieces, period, user_of, people.tiers_of)
    bad_lines = sum(count for _, count in skip_counts(connection))
    return Report(
        period,
        by,
        scenario,
        totals,
        group(pieces, by, user_of),
        group(pieces, "day", user_of),
        group(pieces, "month", user_of),
        group(pieces, "model", user_of),
        group(pieces, "project", user_of),
        len({piece.slice.who.session for piece in pieces}),
        sorted({user_of(piece.slice.who.root) for piece in pieces}),
        standing,
        same_tokens_elsewhere(pieces, money, standing),
        find_warnings(totals, pieces, age_days(money.book, today), bad_lines),
    )


def same_tokens_elsewhere(
    pieces: Sequence[Priced], money: Money, standing: Sequence[Standing]
) -> Elsewhere | None:
    """Return what the priced responses would cost elsewhere, so that all amounts compare."""
    totals = total(piece for piece in pieces if piece.list_cost is not None)
    if not any(totals.usage):
        return None
    return elsewhere(money.assumptions, totals.usage, totals.list_cost, paid(standing))


def paid(standing: Sequence[Standing]) -> Decimal | None:
    """Return what all users with a plan paid; None when nobody's price is known."""
    prices = [each.result.price_usd for each in standing]
    known = [price for price in prices if price is not None]
    return sum(known, Decimal()) if known else None
