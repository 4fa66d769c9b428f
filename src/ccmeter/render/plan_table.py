"""The plan section of a report: paid, saved, and the three scenarios side by side."""

from decimal import Decimal

from rich.table import Table

from ccmeter.pricing.plan import LIST
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import BreakEven, PlanResult
from ccmeter.render import units
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import Totals


def scenario_table(report: Report, result: PlanResult | None) -> Table:
    """Low, mid and high: cost to serve, provider's result, and where it breaks even."""
    table = Table(
        box=None, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False, show_edge=False
    )
    table.add_column("", no_wrap=True)
    for name in SCENARIOS:
        table.add_column(name, justify="right")
    table.add_row("cost to serve", *map(units.usd, report.totals.compute))
    table.add_row("of list", *_shares(report.totals))
    if result and result.billing != LIST and result.provider_result_usd:
        table.add_row("provider's result", *map(signed, result.provider_result_usd))
        table.add_row("breaks even at list, a month", *_even(result.break_even_month_usd))
    return table


def _shares(totals: Totals) -> list[str]:
    return [units.share(amount, totals.list_cost) for amount in totals.compute]


def _even(amounts: BreakEven) -> list[str]:
    return [units.usd(amount) for amount in amounts]


def signed(amount: Decimal) -> str:
    """Money with its sign, also a plus."""
    return f"+{units.usd(amount)}" if amount >= 0 else units.usd(amount)
