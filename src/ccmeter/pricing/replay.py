"""The same usage on every plan: what each would have cost, and whether its limits might hold."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from ccmeter.config import Tier
from ccmeter.pricing.plan import LIST, BudgetHint
from ccmeter.pricing.plans import load_plans
from ccmeter.pricing.prorate import prorated
from ccmeter.pricing.worth import PlanResult, Worth, by_segment, plan_result

FITS, OVER, UNKNOWN = "fits", "over", "unknown"
_WINDOW_DAYS = {"week": 7, "month": 30}
_WEEK = 7


class Replay(NamedTuple):
    """A plan for the whole period, and whether its limit would have let the usage through."""

    tier: str
    result: PlanResult
    verdict: str  # FITS, OVER, UNKNOWN; never certain, see hint
    budget_usd: Decimal | None  # list dollars of the period that the hint allows
    hint: BudgetHint | None  # None: no limit (billed at list), or nothing measured


def replay(
    items: Sequence[tuple[date, Worth]],
    since: date,
    until: date,
    annual: bool = False,
    yearly: Collection[str] = (),
) -> tuple[Replay, ...]:
    """Return the usage of the days from `since` to `until` (inclusive) on every plan.

    `items` are dated sums, as `by_segment` takes them; one a day is enough. Prices are those of a
    year when `annual`, and for the `yearly` plans (ids), which the user pays by the year. The
    budget is the one measured nearest to the period that is comparable with list dollars, scaled
    to the days of the period; limits are weekly, so a shorter period may use up a whole week's. A
    limit known only as "at least" never makes a plan too small. All are single observations of
    limits that change.
    """
    return tuple(
        _on(tier, items, since, until, annual or tier in yearly) for tier in load_plans().tiers
    )


def _on(
    tier: str, items: Sequence[tuple[date, Worth]], since: date, until: date, annual: bool
) -> Replay:
    period = prorated((Tier(tier, "", annual),), since, until)
    result = plan_result(period, by_segment(period, items))
    if result.billing == LIST:
        return Replay(tier, result, FITS, None, None)
    hint = nearest_hint(tier, since, until)
    budget = hint and allowed(hint, (until - since).days + 1)
    return Replay(tier, result, _verdict(result.list_usd, budget, hint), budget, hint)


def _verdict(used: Decimal, budget: Decimal | None, hint: BudgetHint | None) -> str:
    if budget is None or hint is None:
        return UNKNOWN
    if used <= budget:
        return FITS
    return UNKNOWN if hint.floor else OVER


def nearest_hint(tier: str, since: date, until: date) -> BudgetHint | None:
    """Return the budget of a week or month measured nearest to the period; the later of two."""
    found = [
        hint
        for hint in load_plans().budgets
        if hint.tier == tier and hint.usd is not None and hint.window in _WINDOW_DAYS
    ]
    return min(
        found, key=lambda hint: (_distance(hint, since, until), -hint.day.toordinal()), default=None
    )


def _distance(hint: BudgetHint, since: date, until: date) -> timedelta:
    return max(since - hint.day, hint.day - until, timedelta())


def allowed(hint: BudgetHint, days: int) -> Decimal | None:
    """Return the list dollars that the hint allows in so many days, at least a week's."""
    if hint.usd is None or hint.window not in _WINDOW_DAYS:
        return None
    return hint.usd * max(days, _WEEK) / _WINDOW_DAYS[hint.window]
