"""What the report's JSON says of plans, and of the same tokens elsewhere."""

from typing import Any

from ccmeter.pricing.elsewhere import Elsewhere
from ccmeter.pricing.plan import LIST
from ccmeter.pricing.replay import Replay
from ccmeter.pricing.worth import BreakEven, PlanResult
from ccmeter.render.numbers import SCHEMA, dump, money, triple
from ccmeter.reports.overview import Report
from ccmeter.reports.replayed import PlansReport


def plan_keys(report: Report) -> dict[str, Any]:
    """`plan` for one user, `plans` for several; absent where no plan is set."""
    found: dict[str, Any] = {}
    if len(report.users) == 1 and report.standings:
        found["plan"] = plan(report.standings[0].result)
    elif report.standings:
        found["plans"] = [{"user": each.user, **plan(each.result)} for each in report.standings]
    if report.elsewhere:
        found["elsewhere"] = hosts(report.elsewhere)
    return found


def plan(result: PlanResult) -> dict[str, Any]:
    """The plan block. Users who are billed at list price have no value multiple."""
    keys = {
        "tier": result.tier,
        "price_usd": result.price_usd,
        "extra_usage_usd": result.extra_usage_usd,
        "total_usd": result.total_usd,
    }
    if result.billing != LIST:
        keys |= {
            "list_usd": result.list_usd,
            "value_multiple": result.value_multiple,
            "saving_usd": result.saving_usd,
        }
    found: dict[str, Any] = {
        key: value if isinstance(value, str) else money(value)
        for key, value in keys.items()
        if value is not None
    }
    if result.provider_result_usd is not None:
        found["provider_result_usd"] = triple(result.provider_result_usd)
    if any(result.break_even_month_usd):
        found["break_even_list_usd"] = _break_even(result.break_even_month_usd)
    return found


def _break_even(amounts: BreakEven) -> dict[str, float | None]:
    """List dollars a month at which serving costs the price; null where they are unknown."""
    return {
        name: None if amount is None else money(amount)
        for name, amount in amounts._asdict().items()
    }


def hosts(found: Elsewhere) -> list[dict[str, Any]]:
    """The same tokens on open-weight models, the cheapest first."""
    return [
        {
            "model": host.model,
            "provider": host.provider,
            "usd": money(host.usd),
            "reads_as_input": host.reads_as_input,
        }
        for host in found.hosts
    ]


def plans_json(report: PlansReport) -> str:
    """The replay on every plan as one JSON document."""
    period = report.period
    document = {
        "schema": SCHEMA,
        "period": {
            "since": period.since.isoformat(),
            "until": period.until.isoformat(),
            "timezone": period.zone_name,
        },
        "list_cost_usd": money(report.totals.list_cost),
        "compute_cost_usd": triple(report.totals.compute),
        "plans": [_replay(each, each.tier in report.own) for each in report.replays],
    }
    if report.elsewhere:
        document["elsewhere"] = hosts(report.elsewhere)
    document["warnings"] = [warning._asdict() for warning in report.warnings]
    return dump(document)


def _replay(each: Replay, own: bool) -> dict[str, Any]:
    found = {"own": own, **plan(each.result), "limits": each.verdict}
    if each.budget_usd is not None:
        found["budget_usd"] = money(each.budget_usd)
    if each.hint is not None:
        found["budget_source"] = each.hint.source
        found["budget_measured"] = each.hint.measured
    return found
