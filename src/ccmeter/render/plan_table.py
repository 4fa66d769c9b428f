"""The plan sections of a report: the three scenarios side by side, and users side by side."""

from decimal import Decimal

from ccmeter.pricing.plan import LIST
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import BreakEven, PlanResult
from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals

_KEEP = {"low": 2, "mid": 0, "high": 2}  # of the scenarios' columns
_TENTH = Decimal("0.1")


def scenario_table(report: Report) -> list[Column]:
    """Low, mid and high: cost to serve, provider's result, and where it breaks even."""
    result = report.standings[0].result if len(report.standings) == 1 else None
    rows = [
        ("cost to serve", *map(units.usd, report.totals.compute)),
        ("of list", *_shares(report.totals)),
    ]
    if result and result.billing != LIST and result.provider_result_usd:
        rows.append(("provider's result", *map(signed, result.provider_result_usd)))
        rows.append(("breaks even at list, a month", *_even(result.break_even_month_usd)))
    names, *amounts = map(list, zip(*rows, strict=True))
    return [
        Column("", names),
        *(
            Column(scenario, cells, _KEEP[scenario], right=True)
            for scenario, cells in zip(SCENARIOS, amounts, strict=True)
        ),
    ]


def standing_table(report: Report) -> list[Column]:
    """A row per user: the plan, what was paid, and what serving leaves to the provider of it."""
    known = {each.user: each.result for each in report.standings}
    results = [known.get(user) for user in report.users]
    scenarios = [
        Column(name, [_left(result, name) for result in results], _KEEP[name], right=True)
        for name in SCENARIOS
    ]
    return [
        Column("user", [units.tail(user, 24) for user in report.users]),
        Column("plan", [(result and result.name) or "not set" for result in results]),
        Column("paid", [units.usd(result and result.price_usd) for result in results], right=True),
        Column("value", [_multiple(result) for result in results], keep=1, right=True),
        *scenarios,
    ]


def _multiple(result: PlanResult | None) -> str:
    """How many times the price the usage was worth at list price."""
    if result is None or result.value_multiple is None:
        return "-"
    return "<0.1x" if result.value_multiple < _TENTH else f"{result.value_multiple:.1f}x"


def _left(result: PlanResult | None, scenario: str) -> str:
    if result is None or result.billing == LIST or result.provider_result_usd is None:
        return "-"
    return signed(getattr(result.provider_result_usd, scenario))


def _shares(totals: Totals) -> list[str]:
    return [units.share(amount, totals.list_cost) for amount in totals.compute]


def _even(amounts: BreakEven) -> list[str]:
    return [units.usd(amount) for amount in amounts]


def signed(amount: Decimal) -> str:
    """Money with its sign, also a plus."""
    return f"+{units.usd(amount)}" if amount >= 0 else units.usd(amount)
