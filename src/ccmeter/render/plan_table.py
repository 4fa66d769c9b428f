"""The plan sections of a report: the three scenarios side by side, and users side by side."""

from decimal import Decimal

from rich.table import Table
from rich.text import Text

from ccmeter.pricing.plan import LIST
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import BreakEven, PlanResult
from ccmeter.render import units
from ccmeter.render.table import Column, table
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals

_TENTH = Decimal("0.1")


def scenario_table(report: Report, result: PlanResult | None) -> Table:
    """Low, mid and high: cost to serve, provider's result, and where it breaks even."""
    grid = Table(
        box=None, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False, show_edge=False
    )
    grid.add_column("", no_wrap=True)
    for name in SCENARIOS:
        grid.add_column(name, justify="right")
    grid.add_row("cost to serve", *map(units.usd, report.totals.compute))
    grid.add_row("of list", *_shares(report.totals))
    if result and result.billing != LIST and result.provider_result_usd:
        grid.add_row("provider's result", *map(signed, result.provider_result_usd))
        grid.add_row("breaks even at list, a month", *_even(result.break_even_month_usd))
    return grid


def standing_lines(report: Report, width: int) -> list[Text]:
    """A line per user: the plan, what was paid, and what serving leaves to the provider of it."""
    known = {each.user: each.result for each in report.standings}
    results = [known.get(user) for user in report.users]
    scenarios = [
        Column(name, [_left(result, name) for result in results], keep=keep, right=True)
        for name, keep in zip(SCENARIOS, (2, 0, 2), strict=True)
    ]
    columns = [
        Column("user", [units.tail(user, 24) for user in report.users]),
        Column("plan", [(result and result.name) or "not set" for result in results]),
        Column("paid", [units.usd(result and result.price_usd) for result in results], right=True),
        Column("value", [_multiple(result) for result in results], keep=1, right=True),
        *scenarios,
    ]
    return table(columns, width)


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
