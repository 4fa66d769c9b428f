"""How much of what Claude Code itself metered the transcripts hold, session by session.

Whole sessions are compared, whatever part of them lies in the period, at the client's own prices.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from ccmeter.cache.releases import order
from ccmeter.model import Usage
from ccmeter.pricing.book import Book, without_own
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.period import Period
from ccmeter.reports.priced import Priced, price_list
from ccmeter.reports.shown_meter import shown_meters
from ccmeter.store.coverage import ForkPoint, Meter, Reading, fork_points, meters
from ccmeter.store.read import Slice, load_slices

KNOWN, UNKNOWN = "known", "unknown"
NO_METER = "no-meter"  # older than 2.1.283, or killed
CUT = "cut"  # the meter holds less than the transcript, or not all of the session
UNKNOWN_MODEL = "unknown-model"  # the client guessed a price
UNPRICED = "unpriced"  # no price of ours, or none that is the client's
RUNNING = "running"  # the session went on after the last reading

_order = cache(order)
_ZERO = Decimal()
_EXACT = Decimal("0.000001")  # the client adds up in binary fractions
_SHORT_WRITES = (2, 1, 143)  # up to here the client priced each cache write as one for 5 minutes
_LONG_WRITES = (2, 1, 222)  # from here on one for an hour costs twice the input; between: unknown
_SHORT_SHARE = Decimal("0.625")  # of the price of a write for an hour
_US_SURCHARGE = (2, 1, 239)  # from here on the client knows it


class SessionCoverage(NamedTuple):
    """One session: what its transcripts hold, and what the client metered besides.

    The amounts are None unless the state is known. Of a fork they leave out what its meter took
    over from its parent, so that sums over sessions count every dollar once.
    """

    state: str  # known, unknown
    why: str = ""  # it is unknown
    visible: Decimal | None = None  # USD at the client's prices
    client: Decimal | None = None
    hidden: Decimal | None = None


class Coverage(NamedTuple):
    """All sessions of a report. Sums are over those that could be compared."""

    sessions: Mapping[str, SessionCoverage]
    transcript_usd: Decimal
    client_usd: Decimal
    hidden_usd: Decimal
    compared: int
    unknown: int


class _Seen(NamedTuple):
    """What the transcripts hold of one session."""

    usage: Usage
    cost: Decimal | None  # None: some price is not known


def cover(
    connection: sqlite3.Connection,
    sessions: Collection[str],
    pieces: Iterable[Priced],
    period: Period,
    book: Book,
) -> Coverage:
    """Return the coverage of the sessions; `pieces` are all that the period holds of them."""
    found = _meters(connection, sessions)
    worth = {name: meter for name, meter in found.items() if not _hopeless(meter.last)}
    starts = _starts(connection, worth)
    seen = _seen(connection, worth, pieces, period, book)
    states = {name: SessionCoverage(UNKNOWN, NO_METER) for name in sessions}
    for name, meter in found.items():
        why = _hopeless(meter.last)
        states[name] = (
            SessionCoverage(UNKNOWN, why) if why else _compared(meter, starts[name], seen[name])
        )
    return _summed(states)


def _meters(connection: sqlite3.Connection, sessions: Collection[str]) -> dict[str, Meter]:
    """The readings; with what status lines showed last, where they do not tell of a session."""
    found = meters(connection, sessions)
    lacking = {
        name
        for name in sessions
        if name not in found
        or _hopeless(found[name].last) in (CUT, RUNNING)
        or not _alive(found[name])
    }
    return {**found, **shown_meters(connection, lacking, found)}


def _hopeless(last: Reading) -> str:
    """Why the meter cannot be believed, as far as its last reading alone tells."""
    if last.unknown_model:
        return UNKNOWN_MODEL
    if last.cleared or not last.cost:
        return CUT
    return RUNNING if last.went_on else ""


def _starts(
    connection: sqlite3.Connection, found: Mapping[str, Meter]
) -> dict[str, Reading | None]:
    """What each session's meter started from; None where it cannot be told."""
    points = fork_points(connection, found)
    parents = meters(connection, {point.parent for point in points.values()})
    return {name: _start(meter, points.get(name), parents) for name, meter in found.items()}


def _start(meter: Meter, point: ForkPoint | None, parents: Mapping[str, Meter]) -> Reading | None:
    """Zero, or for a fork the reading of its parent that it took over with the start time.

    A /branch copies the conversation, but its meter starts anew.
    """
    nothing = meter.last._replace(cost=_ZERO, used=Usage())
    began = meter.last.start_ms
    if point is None:
        return nothing if began <= meter.first_ms else None
    if began > point.first_ms:
        return nothing
    readings = parents[point.parent].readings if point.parent in parents else ()
    taken = [
        r
        for r in readings
        if r.start_ms == began and r.after_ms is not None and r.after_ms <= point.last_ms
    ]
    return taken[-1] if taken else None


def _compared(meter: Meter, start: Reading | None, seen: _Seen) -> SessionCoverage:
    last = meter.last
    if start is None or not _alive(meter):
        return SessionCoverage(UNKNOWN, CUT)
    if seen.cost is None:
        return SessionCoverage(UNKNOWN, UNPRICED)
    client = last.cost - start.cost
    hidden = client - seen.cost
    if hidden < -_EXACT or not _holds(last.used, start.used, seen.usage):
        return SessionCoverage(UNKNOWN, CUT)
    hidden = hidden if hidden > _EXACT else _ZERO
    return SessionCoverage(KNOWN, "", seen.cost, client, hidden)


def _alive(meter: Meter) -> bool:
    """Whether a meter of one process alone can have seen the whole session."""
    return bool(meter.last.start_ms) or meter.last.duration_ms >= meter.last_ms - meter.first_ms


def _holds(last: Usage | None, start: Usage | None, seen: Usage) -> bool:
    """Whether the meter counted every kind of token at least as often as the transcripts."""
    if last is None or start is None:
        return True
    return all(
        mine <= theirs - before
        for mine, theirs, before in zip(_joined(seen), _joined(last), _joined(start), strict=True)
    )


def _joined(usage: Usage) -> tuple[int, int, int, int]:
    written = usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
    return usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, written


def _summed(states: Mapping[str, SessionCoverage]) -> Coverage:
    known = [state for state in states.values() if state.state == KNOWN]
    return Coverage(
        states,
        sum((state.visible or _ZERO for state in known), _ZERO),
        sum((state.client or _ZERO for state in known), _ZERO),
        sum((state.hidden or _ZERO for state in known), _ZERO),
        len(known),
        len(states) - len(known),
    )


def _seen(
    connection: sqlite3.Connection,
    found: Mapping[str, Meter],
    pieces: Iterable[Priced],
    period: Period,
    book: Book,
) -> dict[str, _Seen]:
    """Sum up whole sessions: what the period holds, and what lies before and behind it."""
    inside = [piece for piece in pieces if piece.slice.who.session in found]
    listed = without_own(book)
    if book.models != listed.models:  # the client does not know the user's own prices
        inside = price_list((piece.slice for piece in inside), listed)
    outside = load_slices(connection, _outside(found, period), thresholds(listed), found)
    sums = dict.fromkeys(found, _Seen(Usage(), _ZERO))
    for piece in _as_metered([*inside, *price_list(outside, listed)], listed):
        session, usage = piece.slice.who.session, piece.slice.usage
        known = sums[session]
        cost = _client_cost(piece)
        sums[session] = _Seen(
            Usage(*(a + b for a, b in zip(known.usage, usage, strict=True))),
            None if known.cost is None or cost is None else known.cost + cost,
        )
    return sums


def _outside(found: Mapping[str, Meter], period: Period) -> list[tuple[int, int, int]]:
    """The times at which the sessions may have responses out of the period, without overlaps."""
    since, until = period.since_ms, period.until_ms
    before = min((m.first_ms for m in found.values()), default=since)
    behind = max((m.last_ms + 1 for m in found.values()), default=until)
    spans = ((before, since), (until, behind))
    return [(start, end, 0) for start, end in spans if start < end]


def _as_metered(pieces: Sequence[Priced], book: Book) -> Iterable[Priced]:
    """Take off what the client of its time did not charge for inference in the US only."""
    for piece in pieces:
        if piece.slice.terms.geo == "us" and _before(piece.slice, _US_SURCHARGE):
            terms = piece.slice.terms._replace(geo=None)
            (piece,) = price_list([piece.slice._replace(terms=terms)], book)
        yield piece


def _client_cost(piece: Priced) -> Decimal | None:
    """What the client of its time metered for the piece; None where that is not known."""
    if piece.list_cost is None or not piece.slice.usage.cache_write_1h_tokens:
        return piece.list_cost
    if not _before(piece.slice, _LONG_WRITES):
        return piece.list_cost
    if _order(piece.slice.who.version) > _SHORT_WRITES:
        return None
    return piece.list_cost - piece.costs[4] * (1 - _SHORT_SHARE)


def _before(piece: Slice, version: tuple[int, ...]) -> bool:
    """Whether the client is older; one without a version is not."""
    return () < _order(piece.who.version) < version
