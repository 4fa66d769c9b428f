"""The report: from a period and filters to everything that is shown."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from ccmeter.pricing.book import Book, age_days
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.grouping import Filters, Row, group
from ccmeter.reports.period import Period, stretches
from ccmeter.reports.priced import Totals, price, total
from ccmeter.reports.warnings import Warning, find_warnings
from ccmeter.store.read import load_slices, skip_counts


class Report(NamedTuple):
    """All rows of a report. `days`, `models` and `projects` serve the overview."""

    period: Period
    by: str
    totals: Totals
    rows: Sequence[Row]
    days: Sequence[Row]
    months: Sequence[Row]
    models: Sequence[Row]
    projects: Sequence[Row]
    sessions: int
    warnings: Sequence[Warning]


def make_report(
    connection: sqlite3.Connection,
    book: Book,
    period: Period,
    by: str,
    filters: Filters,
    user_of: Callable[[str], str],
    today: date,
) -> Report:
    """Return the report of the period, grouped and filtered. Reads the database only."""
    slices = load_slices(connection, stretches(period), thresholds(book))
    pieces = [p for p in price(slices, book) if filters.keep(p, user_of)]
    totals = total(pieces)
    bad_lines = sum(count for _, count in skip_counts(connection))
    return Report(
        period,
        by,
        totals,
        group(pieces, by, user_of),
        group(pieces, "day", user_of),
        group(pieces, "month", user_of),
        group(pieces, "model", user_of),
        group(pieces, "project", user_of),
        len({p.slice.who.session for p in pieces}),
        find_warnings(totals, pieces, age_days(book, today), bad_lines),
    )
