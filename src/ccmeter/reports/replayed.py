"""The same usage on every plan, and elsewhere."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ccmeter.pricing.elsewhere import Elsewhere
from ccmeter.pricing.money import Money
from ccmeter.pricing.rate import thresholds
from ccmeter.pricing.replay import Replay, replay
from ccmeter.pricing.worth import Worth
from ccmeter.reports.asked import Filters
from ccmeter.reports.models import understood
from ccmeter.reports.overview import People, same_tokens_elsewhere, unmatched_among
from ccmeter.reports.period import Period, stretches
from ccmeter.reports.priced import Priced, Totals, price, total, worth
from ccmeter.reports.standing import Standing, first_day, standings
from ccmeter.reports.warnings import Warning, unpriced
from ccmeter.store.read import load_slices


class PlansReport(NamedTuple):
    """A period's usage on every plan."""

    period: Period
    totals: Totals
    replays: Sequence[Replay]
    own: frozenset[str]  # ids of the plans that the users have
    elsewhere: Elsewhere | None  # None: nothing was used
    warnings: Sequence[Warning]


def make_plans_report(
    connection: sqlite3.Connection,
    money: Money,
    period: Period,
    filters: Filters,
    people: People,
    annual: bool,
) -> PlansReport:
    """Return the usage of the period, filtered, on every plan. Reads the database only."""
    filters = understood(filters, connection, money.book)
    slices = load_slices(connection, stretches(period), thresholds(money.book))
    priced = price(slices, money, "mid")
    pieces = [piece for piece in priced if filters.keep(piece, people.user_of)]
    standing = standings(pieces, period, people.user_of, people.tiers_of)
    totals = total(pieces)
    unmatched = unmatched_among(connection, filters, period, priced, people) if not pieces else []
    if filters.whole_users:
        period = period._replace(since=first_day(period, pieces))
    return PlansReport(
        period,
        totals,
        replay(by_day(pieces), period.since, period.until, annual, _yearly(standing)),
        frozenset(each.result.tier for each in standing if each.result.tier),
        same_tokens_elsewhere(pieces, totals, money, standing),
        [*unpriced(totals), *unmatched],
    )


def _yearly(standing: Sequence[Standing]) -> set[str]:
    """Ids of the plans that users pay by the year at the end of the period."""
    last = [each.plans.segments[-1] for each in standing if each.plans.segments]
    return {segment.tier for segment in last if segment.annual}


def by_day(pieces: Sequence[Priced]) -> list[tuple[date, Worth]]:
    """Return the money of the pieces, one sum a day."""
    sums: dict[date, Worth] = {}
    for piece in pieces:
        day = piece.slice.local_day
        sums[day] = sums.get(day, Worth()).plus(worth(piece))
    return sorted(sums.items())
