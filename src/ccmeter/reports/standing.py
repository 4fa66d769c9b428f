"""Who gains: what each user paid for the period against what the usage was worth."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ccmeter.config import Tier
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
    user: str, pieces: Iterable[Priced], period: Period, tiers: Sequence[Tier]
) -> Standing:
    plans = prorated(tiers, period.since, period.until)
    items = ((piece.slice.local_day, worth(piece)) for piece in pieces)
    return Standing(user, plans, plan_result(plans, by_segment(plans, items)))
