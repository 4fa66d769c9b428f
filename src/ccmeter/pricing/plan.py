"""What a subscription plan is: immutable records of dated data. Money is Decimal USD."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

PLAN = "plan"  # the price includes usage, up to limits
LIST = "list"  # every token is billed at API list price, on top of the price of the seat


class PlanPrice(NamedTuple):
    """What a month of a plan costs one person from a day on, until its next price."""

    since: date
    approximate: bool  # the day stands for a month that is known, or less
    monthly: Decimal | None  # None: not public
    annual_month: Decimal | None  # a month of the annual plan, as published; None: unknown
    annual: Decimal | None  # the year in one payment, where it differs from twelve months
    billing: str  # PLAN, LIST
    note: str | None
    sources: tuple[str, ...]


class Name(NamedTuple):
    """What a plan is called from a day on."""

    since: date
    name: str


class Credit(NamedTuple):
    """A monthly API credit that comes with a plan. It cannot be spent in Claude Code."""

    since: date
    monthly: Decimal
    note: str | None
    sources: tuple[str, ...]


class LimitHint(NamedTuple):
    """What was said about a plan's limits, for people."""

    since: date
    text: str
    sources: tuple[str, ...]


class Plan(NamedTuple):
    """A subscription plan, its prices and names oldest first."""

    id: str
    aliases: tuple[str, ...]
    names: tuple[Name, ...]
    prices: tuple[PlanPrice, ...]
    credits: tuple[Credit, ...]
    limits: tuple[LimitHint, ...]
    min_seats: int


class BudgetHint(NamedTuple):
    """What someone measured a plan's limit to be worth at list price. Never official."""

    tier: str
    day: date  # for ordering
    measured: str  # the date as the source gives it
    window: str  # 5h, week, month
    usd: Decimal | None  # list dollars
    usd_no_cache: Decimal | None  # list dollars if nothing had been cached: not comparable
    credits: int | None
    floor: bool  # the limit is at least this
    source: str
    note: str | None


class Plans(NamedTuple):
    """All plans by id, in order of price, and what was measured of their limits."""

    tiers: Mapping[str, Plan]
    budgets: tuple[BudgetHint, ...]
    checked: str
