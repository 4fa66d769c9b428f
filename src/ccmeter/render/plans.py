"""The replay on every plan, and the same tokens elsewhere, on a terminal."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ccmeter.pricing.elsewhere import Elsewhere
from ccmeter.pricing.plan import LIST
from ccmeter.pricing.replay import Replay
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import PlanResult
from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.render.lines import say
from ccmeter.render.table import cut, print_table, print_title
from ccmeter.reports.replayed import PlansReport

_NARROW = 76  # below that, one scenario is shown instead of three
_HOST = 8  # characters of a host's name, at least
_BESIDE = 14  # characters besides models and hosts: indent, gaps and dollars
_CAVEATS = (
    "Value: your usage at list price, as a multiple of the plan's price. Provider: the price less"
    " the cost to serve. Limits (fits, over) compare with what single users measured, never with a"
    " published figure; a question mark means that nothing comparable was measured."
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
    for warning in report.warnings:
        say(console, warning.message, warning.level, "! ", "  ")
        console.print()
    if not report.totals.list_cost:
        console.print("No priced responses in this period.", style="quiet")
        return
    served = " / ".join(units.usd(amount) for amount in report.totals.compute)
    say(console, f"{units.usd(report.totals.list_cost)} at list price; serving it plausibly cost"
                  f" {served} (low / mid / high).")  # fmt: skip
    console.print()
    print_table(console, _plans(console, report))
    console.print()
    say(console, _CAVEATS, "quiet")
    if report.elsewhere:
        _print_elsewhere(console, report.elsewhere)


def _plans(console: Console, report: PlansReport) -> list[Column]:
    replays = report.replays
    results = [each.result for each in replays]
    styles = ["title" if each.tier in report.own else "" for each in replays]
    return [
        Column("plan", [_name(each, each.tier in report.own) for each in replays], styles=styles),
        Column("price", [units.dollars(r.price_usd) for r in results], 0, True, styles),
        Column("value", [_value(result) for result in results], 1, True, styles),
        *_scenarios(results, styles, every=console.width >= _NARROW),
        Column("limits", [_limits(each) for each in replays], keep=2, styles=styles),
    ]


def _scenarios(results: Sequence[PlanResult], styles: list[str], every: bool) -> Iterator[Column]:
    """What is left to the provider in each scenario, or in the middle one."""
    for name in SCENARIOS if every else ("mid",):
        title = f"provider\n{name}"
        amounts = [result.provider_result_usd for result in results]
        cells = [_signed(getattr(each, name)) if each else "-" for each in amounts]
        yield Column(title, cells, 0, True, styles)


def _name(each: Replay, own: bool) -> str:
    return f"{'> ' if own else '  '}{each.result.name or each.tier}"


def _value(result: PlanResult) -> str:
    if result.value_multiple is not None:
        return f"{result.value_multiple:.1f}x"
    return "list" if result.billing == LIST else "-"


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
    rows = [
        (host.model + ("*" if host.reads_as_input else ""), host.provider, units.dollars(host.usd))
        for host in found.hosts
    ]
    rows.append(("Claude", "API, list price", units.dollars(found.api_usd)))
    if found.reseller_result_usd is not None:
        reseller = "reseller paying list, at your plan's price: result"
        rows.append(("Claude", reseller, _signed(found.reseller_result_usd)))
    models, hosts, amounts = map(list, zip(*rows, strict=True))
    room = max(_HOST, console.width - _BESIDE - max(map(len, models)))  # a model is told whole
    hosts = [cut(host, room) for host in hosts]
    columns = [Column("", models), Column("", hosts), Column("USD", amounts, right=True)]
    print_title(console, "The same tokens elsewhere")
    print_table(console, columns)
    console.print()
    say(console, _ELSEWHERE, "quiet")
