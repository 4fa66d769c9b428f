"""Which models a history knows."""

import sqlite3

from ccmeter.pricing.book import Book
from ccmeter.pricing.rate import billed_model
from ccmeter.reports.asked import Filters
from ccmeter.store.read import load_terms


def understood(filters: Filters, connection: sqlite3.Connection, book: Book) -> Filters:
    """Return the filters; a model that is the whole name of one in the history means that one."""
    if filters.model is None:
        return filters
    return filters.among(billed_model(terms, book) for terms in load_terms(connection).values())
