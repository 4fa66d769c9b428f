"""Whether there is anything to judge: asked by every start, so it loads next to nothing."""

import sqlite3

from ccmeter.cache.formats import KEPT
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.digests import blake2b
from ccmeter.pricing.book import Book
from ccmeter.store import audit as store
from ccmeter.store.read import newest_id

FORMAT = 3  # raised whenever what is stored means something else: then all is judged anew


def basis(book: Book, limits: Limits) -> str:
    """Return a digest of all that a judgement depends on but the requests themselves."""
    text = repr((FORMAT, KEPT, book, limits))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def is_judged(connection: sqlite3.Connection, book: Book, limits: Limits = LIMITS) -> bool:
    """Whether all that is stored has been judged, by these prices and thresholds."""
    progress = store.load_progress(connection)
    return progress is not None and progress.is_done and progress.basis == basis(book, limits)


def backlog(connection: sqlite3.Connection, book: Book, limits: Limits = LIMITS) -> int:
    """Return how many responses are to be judged, but for those that changed."""
    progress = store.load_progress(connection)
    if progress is None:
        return newest_id(connection)
    judged = progress.last_id if progress.basis == basis(book, limits) else 0
    return progress.newest_id - judged
