"""The subscription plans: bundled dated data, and how to find a plan by what people call it."""

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Protocol, TypeVar

from ccmeter.errors import UsageError
from ccmeter.pricing.fields import suggestion
from ccmeter.pricing.plan import (
    PLAN,
    BudgetHint,
    Credit,
    LimitHint,
    Name,
    Plan,
    PlanPrice,
    Plans,
)

_BUNDLED = os.path.join(os.path.dirname(__file__), "plans.toml")
_Table = Mapping[str, Any]


class _Dated(Protocol):
    @property
    def since(self) -> date: ...


D = TypeVar("D", bound=_Dated)


@cache
def load_plans() -> Plans:
    """Return all plans and the measured budgets."""
    with open(_BUNDLED, encoding="utf-8") as file:
        raw = tomllib.loads(file.read(), parse_float=Decimal)
    texts = raw["sources"]
    return Plans(
        {id: _plan(id, about, texts) for id, about in raw["tiers"].items()},
        tuple(_budget(about, texts) for about in raw["budgets"]),
        raw["checked"].isoformat(),
    )


def canonical_tier(name: str) -> str:
    """Return the id of the plan that people call so: old, new and the client's own names.

    Raises:
        UsageError: There is no such plan; the message lists the names.
    """
    known = _names()
    written = name.strip().lower().replace("_", "-").replace(" ", "-")
    if written in known:
        return known[written]
    raise UsageError(f"there is no plan {name!r}: {suggestion(written, tier_names())}")


def tier_names() -> tuple[str, ...]:
    """Return the names to offer: every id, and what it is called today where that differs."""
    found: dict[str, None] = {}
    for plan in load_plans().tiers.values():
        found[plan.id] = None
        found[plan.names[-1].name.lower().replace(" ", "-")] = None
    return tuple(found)


@cache
def _names() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for plan in load_plans().tiers.values():
        shown = (entry.name for entry in plan.names)
        for name in (plan.id, *plan.aliases, *shown):
            known[name.lower().replace("_", "-").replace(" ", "-")] = plan.id
    return known


def tier_name(tier: str, day: date) -> str:
    """Return what the plan of this id was called on a day; before it existed, its first name."""
    names = load_plans().tiers[tier].names
    return (dated(names, day) or names[0]).name


def api_credit(tier: str, day: date) -> Credit | None:
    """Return the monthly API credit that came with the plan on a day, or None."""
    return dated(load_plans().tiers[tier].credits, day)


def dated(entries: Sequence[D], day: date) -> D | None:
    """Return the newest entry that had begun on the day, or None."""
    begun = [entry for entry in entries if entry.since <= day]
    return begun[-1] if begun else None


def _plan(id: str, raw: _Table, texts: Mapping[str, str]) -> Plan:
    return Plan(
        id,
        tuple(raw["aliases"]),
        _oldest_first(Name(entry["from"], entry["name"]) for entry in raw["names"]),
        _oldest_first(_price(entry, texts) for entry in raw["prices"]),
        _oldest_first(_credit(entry, texts) for entry in raw.get("credits", ())),
        _oldest_first(_limit(entry, texts) for entry in raw.get("limits", ())),
        raw.get("min_seats", 1),
    )


def _oldest_first(entries: Iterable[D]) -> tuple[D, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.since))


def _price(raw: _Table, texts: Mapping[str, str]) -> PlanPrice:
    return PlanPrice(
        raw["from"],
        raw.get("approximate", False),
        _amount(raw, "monthly_usd"),
        _amount(raw, "annual_month_usd"),
        _amount(raw, "annual_usd"),
        raw.get("billing", PLAN),
        raw.get("note"),
        _sources(raw, texts),
    )


def _credit(raw: _Table, texts: Mapping[str, str]) -> Credit:
    return Credit(raw["from"], Decimal(raw["monthly_usd"]), raw.get("note"), _sources(raw, texts))


def _limit(raw: _Table, texts: Mapping[str, str]) -> LimitHint:
    return LimitHint(raw["from"], raw["text"], _sources(raw, texts))


def _budget(raw: _Table, texts: Mapping[str, str]) -> BudgetHint:
    return BudgetHint(
        raw["tier"],
        raw["day"],
        raw["measured"],
        raw["window"],
        _amount(raw, "usd_list"),
        _amount(raw, "usd_list_no_cache"),
        raw.get("credits"),
        raw.get("floor", False),
        texts[raw["source"]],
        raw.get("note"),
    )


def _amount(raw: _Table, key: str) -> Decimal | None:
    return Decimal(raw[key]) if key in raw else None


def _sources(raw: _Table, texts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(texts[key] for key in raw["sources"])
