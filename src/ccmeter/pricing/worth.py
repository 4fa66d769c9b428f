"""What usage is worth against what was paid for it: who gains, and from where on. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ccmeter.pricing.compute import Triple
from ccmeter.pricing.plan import LIST, PLAN
from ccmeter.pricing.prorate import PlanPeriod, segment_on

_ZERO = Decimal()
EARNS, LOSES, DEPENDS = "earns", "loses", "depends"


class Worth(NamedTuple):
    """The money of some priced usage in USD: at list, and to serve."""

    list_cost: Decimal = _ZERO
    compute: Triple = Triple()
    extra_usage: Decimal = _ZERO  # fast mode, billed outside the plan; part of list_cost
    extra_compute: Triple = Triple()  # of the same responses; part of compute

    def plus(self, other: "Worth") -> "Worth":
        """Return the sums."""
        return Worth(
            self.list_cost + other.list_cost,
            self.compute.plus(other.compute),
            self.extra_usage + other.extra_usage,
            self.extra_compute.plus(other.extra_compute),
        )


class BreakEven(NamedTuple):
    """List dollars for each bundled scenario, where they are known."""

    low: Decimal | None = None
    mid: Decimal | None = None
    high: Decimal | None = None


class PlanResult(NamedTuple):
    """A period's plan against its usage. Money in USD.

    `billing` is plan.PLAN, plan.LIST where all days are billed at list price (no plan talk), or
    "mixed". On days billed at list, the tokens are part of the price, fast mode too.
    """

    tier: str | None  # id of the last day's plan; None: no plan on any day
    name: str | None
    billing: str | None
    price_usd: Decimal | None  # None: unknown
    list_usd: Decimal  # of the usage that the price pays for
    extra_usage_usd: Decimal  # fast mode on a plan: a bill of its own, at list
    total_usd: Decimal | None  # price and extra usage: what the user pays
    value_multiple: Decimal | None  # list / price; None where all is billed at list
    saving_usd: Decimal | None  # list - price: what the plan saves against the API; may be a loss
    provider_result_usd: Triple | None  # price - cost to serve
    break_even_list_usd: (
        BreakEven  # list dollars of this mix at which that result is 0, this period
    )
    break_even_month_usd: BreakEven  # the same for a whole month of the last day's plan
    price_used: Triple | None  # cost to serve / price: 1 is break-even
    stands: str | None  # EARNS, LOSES in every scenario, or DEPENDS on it: the provider
    days_without_plan: int
    notes: tuple[str, ...]


def by_segment(period: PlanPeriod, items: Iterable[tuple[date, Worth]]) -> tuple[Worth, ...]:
    """Return the sums of the usage on the days of each segment; other days are left out."""
    sums = [Worth()] * len(period.segments)
    for day, worth in items:
        place = segment_on(period, day)
        if place is not None:
            sums[place] = sums[place].plus(worth)
    return tuple(sums)


def plan_result(period: PlanPeriod, worths: Sequence[Worth]) -> PlanResult:
    """Return the result of a period from the usage on each of its segments (`by_segment`).

    Break-even is the price times list / compute: the list dollars of this very mix of tokens at
    which serving costs what was paid. It is None where nothing was used, where the price is
    unknown, and where tokens are billed at list: there it is no question.
    """
    paid = Worth()
    extra, listed = _ZERO, _ZERO
    for segment, worth in zip(period.segments, worths, strict=True):
        if segment.billing == LIST:
            listed += worth.list_cost
            paid = paid.plus(worth._replace(extra_usage=_ZERO, extra_compute=Triple()))
        else:
            extra += worth.extra_usage
            paid = paid.plus(_inside(worth))
    seats = period.price_usd
    price = None if seats is None else seats + listed
    return _result(period, paid, extra, price)


def _inside(worth: Worth) -> Worth:
    """The part that the plan pays for."""
    return Worth(worth.list_cost - worth.extra_usage, worth.compute.minus(worth.extra_compute))


def _result(period: PlanPeriod, paid: Worth, extra: Decimal, price: Decimal | None) -> PlanResult:
    last = period.segments[-1] if period.segments else None
    billing = _billing(period)
    on_plan = billing == PLAN
    result = None if price is None else Triple(price, price, price).minus(paid.compute)
    return PlanResult(
        tier=last.tier if last else None,
        name=last.name if last else None,
        billing=billing,
        price_usd=price,
        list_usd=paid.list_cost,
        extra_usage_usd=extra,
        total_usd=None if price is None else price + extra,
        value_multiple=paid.list_cost / price if price and billing != LIST else None,
        saving_usd=None if price is None else paid.list_cost - price,
        provider_result_usd=result,
        break_even_list_usd=break_even(price, paid) if on_plan else BreakEven(),
        break_even_month_usd=break_even(last.month_usd, paid) if last and on_plan else BreakEven(),
        price_used=Triple(*(cost / price for cost in paid.compute)) if price else None,
        stands=None if result is None else _stands(result),
        days_without_plan=period.days_without_plan,
        notes=period.notes,
    )


def _billing(period: PlanPeriod) -> str | None:
    kinds = {segment.billing for segment in period.segments}
    if not kinds:
        return None
    return kinds.pop() if len(kinds) == 1 else "mixed"


def break_even(price: Decimal | None, paid: Worth) -> BreakEven:
    """Return the list dollars of this mix whose cost to serve equals the price, by scenario."""
    if price is None:
        return BreakEven()
    return BreakEven(*(price * paid.list_cost / cost if cost else None for cost in paid.compute))


def _stands(result: Triple) -> str:
    if min(result) >= 0:
        return EARNS
    return LOSES if max(result) < 0 else DEPENDS
