"""What 100 % of a limit is worth: increases of the percentage against what was spent meanwhile."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, tzinfo
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from ccmeter.config import Tier
from ccmeter.limits.calibrate import Ratio, Rise, Worth, ratio, rises, spread, worth
from ccmeter.limits.changes import changes_of
from ccmeter.limits.samples import FIVE_HOUR, SEVEN_DAY, Window
from ccmeter.pricing.book import Book
from ccmeter.pricing.plans import canonical_tier, load_plans
from ccmeter.reports.period import midnight_ms
from ccmeter.reports.plan_cost import PlanCost, plan_costs
from ccmeter.store.spans import Span

LATE_MS = 60_000  # a percentage may leave out what was spent in the minute before its sight
_FITTED = {FIVE_HOUR: 60, SEVEN_DAY: 12}  # the latest windows: limits change unannounced too


class Measured(NamedTuple):
    """An increase, and what it says of the worth."""

    rise: Rise
    ratio: Ratio
    without_reads: Ratio  # the same if cache reads counted for nothing


class Fit(NamedTuple):
    """What is known of the worth of 100 % between two changes of the limit."""

    kind: str
    since_ms: int | None  # the change before; None: none is known
    until_ms: int | None  # the change after; None: it holds today
    windows: int  # that rose enough to be measured
    points: int  # hundredths of a percent that they rose by
    worth: Worth | None  # None: too few windows
    spread_without_reads: Decimal | None  # what the spread would be if cache reads were free


def breaks_of(kind: str, tiers: Sequence[Tier], zone: tzinfo) -> list[int]:
    """Return the times at which the limit changed for a user: known changes, and those of plan."""
    days = {tier.since for tier in tiers if tier.since}
    plans = load_plans().tiers
    days |= {
        hint.since.isoformat() for tier in tiers for hint in plans[canonical_tier(tier.tier)].limits
    }
    changed = {midnight_ms(date.fromisoformat(day), zone) for day in days}
    return sorted(changed | {change.since_ms for change in changes_of(kind)})


def measure(
    connection: sqlite3.Connection,
    book: Book,
    windows: Iterable[Window],
    breaks: Sequence[int],
    is_user: Callable[[str], bool],
) -> list[Measured]:
    """Return what each window of one kind says, those left out in which nothing was spent here.

    Left out are also those with responses whose price is not known.
    """
    found = rises(windows, breaks)
    spans = [span for rise in found for span in _spans(rise)]
    costs = iter(plan_costs(connection, book, spans, is_user))
    measured = zip(found, costs, costs, costs, strict=True)
    return [_measured(*each) for each in measured if each[1].usd and not each[1].unpriced]


def _spans(rise: Rise) -> Iterator[Span]:
    """The increase, and what its two ends may have left out."""
    yield rise.since_ms, rise.until_ms
    yield rise.since_ms - LATE_MS, rise.since_ms
    yield max(rise.since_ms, rise.until_ms - LATE_MS), rise.until_ms


def _measured(rise: Rise, cost: PlanCost, before: PlanCost, behind: PlanCost) -> Measured:
    each = (cost, before, behind)
    return Measured(
        rise,
        ratio(rise, *(part.usd for part in each)),
        ratio(rise, *(part.usd - part.reads_usd for part in each)),
    )


def fits(kind: str, breaks: Sequence[int], measured: Sequence[Measured]) -> list[Fit]:
    """Return what is known between the changes of the limit, the time after the last one last."""
    pieces = {
        piece: list(group) for piece, group in groupby(measured, key=lambda each: each.rise.piece)
    }
    return [
        _fit(kind, piece, breaks, pieces.get(piece, [])[-_FITTED[kind] :])
        for piece in sorted({*pieces, len(breaks)})
    ]


def _fit(kind: str, piece: int, breaks: Sequence[int], measured: Sequence[Measured]) -> Fit:
    known = worth([each.ratio for each in measured], seed=f"{kind} {piece}")
    return Fit(
        kind,
        breaks[piece - 1] if piece else None,
        breaks[piece] if piece < len(breaks) else None,
        len(measured),
        sum(each.rise.points for each in measured),
        known,
        spread([each.without_reads for each in measured]) if known else None,
    )
