"""Who gains: what each user paid for the period against what the usage was worth."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ccmeter.config import Tier
from ccmeter.pricing.plan import LIST
from ccmeter.pricing.prorate import PlanPeriod, prorated
from ccmeter.pricing.worth import PlanResult, by_segment, plan_result
from ccmeter.reports.period import Period
from ccmeter.reports.priced import Priced, worth

TiersOf = Callable[[str], Sequence[Tier]]


class Standing(NamedTuple):
    """One user's plan in the period, and how it compares."""

    user: str
    plans: PlanPeriod
    result: PlanResult


def standings(
    pieces: Iterable[Priced], period: Period, user_of: Callable[[str], str], tiers_of: TiersOf
) -> list[Standing]:
    """Return the standing of every user with responses in the period and a plan in the config."""
    by_user: dict[str, list[Priced]] = {}
    for piece in pieces:
        by_user.setdefault(user_of(piece.slice.who.root), []).append(piece)
    return [
        _standing(user, members, period, tiers)
        for user, members in sorted(by_user.items())
        if (tiers := tiers_of(user))
    ]


def _standing(
    user: str, pieces: Sequence[Priced], period: Period, tiers: Sequence[Tier]
) -> Standing:
    plans = prorated(tiers, first_day(period, pieces), period.until)
    items = ((piece.slice.local_day, worth(piece)) for piece in pieces)
    result = plan_result(plans, by_segment(plans, items))
    priced = any(piece.list_cost is not None for piece in pieces)
    return Standing(user, plans, result if priced else _worth_unknown(result))


def first_day(period: Period, pieces: Iterable[Priced]) -> date:
    """Return the day from which a plan is paid: of all time, the first one that it was used on."""
    used = (piece.slice.local_day for piece in pieces) if period.is_all else ()
    return min(used, default=period.since)


def _worth_unknown(result: PlanResult) -> PlanResult:
    """The result without what it says of usage, none of which has a price."""
    return result._replace(
        price_usd=None if result.billing == LIST else result.price_usd,
        total_usd=None if result.billing == LIST else result.total_usd,
        value_multiple=None,
        saving_usd=None,
        provider_result_usd=None,
        price_used=None,
        stands=None,
    )
