"""One thread's requests as they are stored, to all that is stored about them."""

from collections.abc import Sequence
from typing import NamedTuple

from ccmeter.audit.steps import Steps
from ccmeter.audit.threads import Found, Past, judge_thread
from ccmeter.cache.thresholds import Limits
from ccmeter.store.audit import Row, ThreadId


class ThreadFound(NamedTuple):
    """What the new requests of a thread come to."""

    thread: ThreadId
    found: Found
    unread: Sequence[tuple[int, int]]  # fingerprints to wait for, and the starts of their requests
    requests: int


def find(
    thread: ThreadId,
    past: Past,
    first: int | None,
    rows: Sequence[Row],
    steps: Steps,
    limits: Limits,
) -> ThreadFound:
    """Judge the requests of a thread behind `past`; see `judge_thread` for `first`."""
    made = steps.of(thread, rows, past.closed_ms)
    ids = [row[0] for row in rows]
    found = judge_thread(past, first, made, ids, limits, steps.rewritten)
    # files may be read in any order: what is missing may still come
    unread = [(row[13], row[4]) for row in rows if row[13] is not None and row[14] is None]
    unread += [(request, 0) for request in steps.missing]
    steps.missing.clear()
    return ThreadFound(thread, found, unread, len(rows))
