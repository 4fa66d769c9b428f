"""Whether there is anything to judge: asked by every start, so it loads next to nothing."""

import sqlite3

from ccmeter.cache.formats import KEPT
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.digests import blake2b
from ccmeter.pricing.book import Book
from ccmeter.store import audit as store
from ccmeter.store.read import newest_id

FORMAT = 3  # raised whenever what is stored means something else: then all is judged anew
_SINCE = " since "  # no digest holds it


def basis(book: Book, limits: Limits) -> str:
    """Return a digest of all that a judgement depends on but the requests themselves."""
    used = book._replace(refreshed=None)  # when prices were fetched changes no judgement
    text = repr((FORMAT, KEPT, used, limits))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def part(basis: str, since_ms: int) -> str:
    """Return the basis of who judged only the sessions that were answered since that moment."""
    return f"{basis}{_SINCE}{since_ms}"


def is_part(basis: str) -> bool:
    """Whether not everything was judged by it."""
    return _SINCE in basis


def is_judged_since(
    connection: sqlite3.Connection, book: Book, limits: Limits, since_ms: int
) -> bool:
    """Whether all sessions answered since that moment have been judged, whatever else is stored."""
    progress = store.load_progress(connection)
    if progress is None or progress.is_stale:
        return False
    by, _, judged_since = progress.basis.partition(_SINCE)
    if by != basis(book, limits) or (judged_since and int(judged_since) > since_ms):
        return False
    some_new = progress.newest_id > progress.last_id
    return not (some_new and store.has_new_since(connection, progress.last_id, since_ms))


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
