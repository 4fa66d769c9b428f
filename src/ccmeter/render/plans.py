"""The replay on every plan, and the same tokens elsewhere, on a terminal."""

from decimal import Decimal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ccmeter.pricing.elsewhere import Elsewhere
from ccmeter.pricing.plan import LIST
from ccmeter.pricing.replay import Replay
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.render import units
from ccmeter.render.lines import say
from ccmeter.reports.replayed import PlansReport

_NARROW = 76  # below that, one scenario is shown instead of three
_CAVEATS = (
    "Limits (fits, over) compare with what single users measured, never with a published"
    " figure; a question mark means that nothing comparable was measured."
)
_ELSEWHERE = (
    "Another model would have used other tokens for the same work, and hosts without a price for"
    " cache reads (*) bill them as input."
)


def print_plans(console: Console, report: PlansReport) -> None:
    """Print a row per plan, then a row per host."""
    period = report.period
    head = Text.assemble(("Your usage on every plan", "title"), "  ")
    head.append(units.days(period.since, period.until))
    console.print(head)
    console.print()
    if not report.totals.list_cost:
        console.print("No priced responses in this period.", style="quiet")
        return
    served = " / ".join(units.usd(amount) for amount in report.totals.compute)
    say(console, f"{units.usd(report.totals.list_cost)} at list price; serving it plausibly cost"
                  f" {served} (low / mid / high).")  # fmt: skip
    console.print()
    console.print(Padding(_plans(console, report), (0, 0, 0, 2), expand=False))
    console.print()
    say(console, _CAVEATS, "quiet")
    if report.elsewhere:
        _print_elsewhere(console, report.elsewhere)


def _plans(console: Console, report: PlansReport) -> Table:
    shown = SCENARIOS if console.width >= _NARROW else ("mid",)
    table = _grid()
    table.add_column("plan", no_wrap=True)
    table.add_column("price", justify="right")
    table.add_column("value", justify="right")
    for name in shown:
        table.add_column(f"provider {name}" if name == "mid" else name, justify="right")
    table.add_column("limits", no_wrap=True)
    for each in report.replays:
        own = each.tier in report.own
        table.add_row(*_cells(each, own, shown), style="title" if own else "")
    return table


def _cells(each: Replay, own: bool, shown: tuple[str, ...]) -> list[str]:
    result = each.result
    value = "list" if result.billing == LIST else "-"
    if result.value_multiple is not None:
        value = f"{result.value_multiple:.1f}x"
    amounts = result.provider_result_usd
    results = [_signed(getattr(amounts, name)) if amounts else "-" for name in shown]
    name = f"{'> ' if own else '  '}{result.name or each.tier}"
    return [name, units.dollars(result.price_usd), value, *results, _limits(each)]


def _limits(each: Replay) -> str:
    if each.result.billing == LIST:
        return "none"
    if each.budget_usd is None:
        return "?"
    return f"{each.verdict} ({units.dollars(each.budget_usd)})"


def _signed(amount: Decimal) -> str:
    """Dollars with their sign, also a plus."""
    return f"+{units.dollars(amount)}" if amount >= 0 else units.dollars(amount)


def _print_elsewhere(console: Console, found: Elsewhere) -> None:
    console.print()
    console.print("The same tokens elsewhere", style="title")
    table = _grid()
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    table.add_column("USD", justify="right")
    for host in found.hosts:
        star = "*" if host.reads_as_input else ""
        table.add_row(host.model + star, host.provider, units.dollars(host.usd))
    table.add_row("Claude", "API, list price", units.dollars(found.api_usd))
    if found.reseller_result_usd is not None:
        row = ("Claude", "reseller paying list, at your plan's price: result")
        table.add_row(*row, _signed(found.reseller_result_usd))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    console.print()
    say(console, _ELSEWHERE, "quiet")


def _grid() -> Table:
    return Table(box=None, header_style="quiet", padding=(0, 2, 0, 0), pad_edge=False)
