"""What a user paid for a period: plans, changes of plan and of price, day by day.

A day costs the price of a month divided by the days of its calendar month, so a calendar month
costs its price, wherever the billing cycle begins. Days are the user's own, as in the reports.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from ccmeter.config import Tier
from ccmeter.pricing.plan import PLAN, PlanPrice
from ccmeter.pricing.plans import canonical_tier, dated, load_plans, tier_name

ANNUAL_UNKNOWN = "annual-price-unknown"  # the monthly price was taken instead
PRICE_UNKNOWN = "price-unknown"
PRICE_APPROXIMATE = "price-date-approximate"  # the price began during the period, about then
PER_SEAT = "per-seat"  # sold to teams: the price of one seat
_DAY = timedelta(days=1)
_ZERO = Decimal()


class Segment(NamedTuple):
    """A part of a period with one plan at one price. Both ends inclusive."""

    tier: str  # id of the plan
    name: str  # what it was called on the last day
    annual: bool
    since: date
    until: date
    billing: str  # plan.PLAN, plan.LIST
    month_usd: Decimal | None  # None: unknown
    price_usd: Decimal | None  # of these days, without tokens billed at list
    notes: tuple[str, ...]  # the constants of this module

    @property
    def days(self) -> int:
        """How many days the segment has."""
        return (self.until - self.since).days + 1


class PlanPeriod(NamedTuple):
    """The plans of a period. Days without a plan are in no segment."""

    since: date
    until: date
    segments: tuple[Segment, ...]

    @property
    def price_usd(self) -> Decimal | None:
        """The price of all segments; None when one is unknown, or no day has a plan."""
        prices = [segment.price_usd for segment in self.segments]
        known = [price for price in prices if price is not None]
        return sum(known, _ZERO) if known and len(known) == len(prices) else None

    @property
    def days_without_plan(self) -> int:
        """How many days of the period no plan is known for."""
        whole = (self.until - self.since).days + 1
        return whole - sum(segment.days for segment in self.segments)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all segments, each once."""
        return tuple(dict.fromkeys(note for each in self.segments for note in each.notes))


def prorated(tiers: Sequence[Tier], since: date, until: date) -> PlanPeriod:
    """Return the plans of the days from `since` to `until`, both inclusive, and their prices.

    `tiers` are those of the config, in any order and by any name. A tier holds from its day
    until the next; before the first there is no plan. The annual price is taken where the tier
    is annual and that price is known.

    Raises:
        UsageError: A tier has an unknown name.
    """
    chosen = sorted(tiers, key=lambda tier: tier.since)
    spans = groupby(_days(since, until), key=lambda day: _on(chosen, day))
    segments = (
        _segment(tier, price, list(days)) for (tier, price), days in spans if tier is not None
    )
    return PlanPeriod(since, until, tuple(segments))


def segment_on(period: PlanPeriod, day: date) -> int | None:
    """Return the place in `segments` of the one that holds the day, or None without a plan."""
    for place, segment in enumerate(period.segments):
        if segment.since <= day <= segment.until:
            return place
    return None


def _days(since: date, until: date) -> Iterator[date]:
    while since <= until:
        yield since
        since += _DAY


def _on(tiers: Iterable[Tier], day: date) -> tuple[Tier | None, PlanPrice | None]:
    """The plan of a day, and its price."""
    begun = [tier for tier in tiers if tier.since <= day.isoformat()]
    if not begun:
        return None, None
    return begun[-1], dated(load_plans().tiers[canonical_tier(begun[-1].tier)].prices, day)


def _segment(tier: Tier, price: PlanPrice | None, days: Sequence[date]) -> Segment:
    id = canonical_tier(tier.tier)
    month = _month_price(price, tier.annual)
    return Segment(
        tier=id,
        name=tier_name(id, days[-1]),
        annual=tier.annual,
        since=days[0],
        until=days[-1],
        billing=price.billing if price else PLAN,
        month_usd=month,
        price_usd=None if month is None else price_of(month, days),
        notes=tuple(_notes(id, tier.annual, price, days[0])),
    )


def _month_price(price: PlanPrice | None, annual: bool) -> Decimal | None:
    if price is None:
        return None
    return price.annual_month if annual and price.annual_month is not None else price.monthly


def price_of(month_usd: Decimal, days: Iterable[date]) -> Decimal:
    """Return what the days cost at one monthly price. Whole months are exact."""
    months = groupby(days, key=lambda day: (day.year, day.month))
    return sum((month_usd * len(list(group)) / _length(*month) for month, group in months), _ZERO)


def _length(year: int, month: int) -> int:
    """The days of a calendar month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - date(year, month, 1)).days


def _notes(id: str, annual: bool, price: PlanPrice | None, first: date) -> Iterator[str]:
    if price is None or price.monthly is None:
        yield PRICE_UNKNOWN
    elif annual and price.annual_month is None and price.monthly:
        yield ANNUAL_UNKNOWN
    if price is not None and price.approximate and price.since == first:
        yield PRICE_APPROXIMATE
    if load_plans().tiers[id].min_seats > 1:
        yield PER_SEAT
