"""The paragraph that opens a report: used, served, paid, who gains, how sure."""

from ccmeter.pricing.compute import Triple
from ccmeter.pricing.plan import LIST
from ccmeter.pricing.scenario import SCENARIOS
from ccmeter.pricing.worth import DEPENDS, PlanResult
from ccmeter.render import coverage, units
from ccmeter.reports.overview import Report, paid
from ccmeter.reports.standing import Standing

_A_PART = "What a plan is worth is only said of all usage, not of a part."
_NO_PLAN = (
    "To see who gains, name your plan (pro, max, ultra, api, ...): ccmeter config set tier PLAN"
)
_UNPRICED = "none of the models has a price"
_TOLD_APART = 2  # users, in the opening


def paragraph(report: Report) -> str:
    """Return the paragraph as one line of text, to be folded by the caller."""
    if not report.totals.list_cost:  # nothing has a price, so nothing can be compared
        return ""
    sentences = [_served(report), *_standings(report)]
    sentences.append(coverage.sentence(report.coverage))
    if not report.of_whole_users:
        sentences.append(_A_PART)
    elif not report.standings:
        sentences.append(_NO_PLAN)  # the last one, for it ends with a command
    return " ".join(sentence for sentence in sentences if sentence)


def _served(report: Report) -> str:
    low, mid, high = (units.usd(amount) for amount in report.totals.compute)
    what = "what has a price" if report.totals.unpriced_responses else "it"
    return f"Serving {what} plausibly cost {low} to {high} ({mid} in the middle scenario)."


def _standings(report: Report) -> list[str]:
    """A sentence per user; of many, one for all: a table says the rest."""
    if len(report.standings) <= _TOLD_APART:
        return [_standing(each, report) for each in report.standings]
    together = units.usd(paid(report.standings))
    return [f"The {len(report.standings)} users whose plan is set paid {together} together."]


def _standing(standing: Standing, report: Report) -> str:
    result = standing.result
    who = "You" if len(report.users) == 1 else standing.user
    if result.billing == LIST and result.price_usd is None:
        return f"What {who.lower() if who == 'You' else who} paid is not known: {_UNPRICED}."
    if result.billing == LIST:
        return f"{who} paid list price: {units.usd(result.price_usd)} with the API."
    if result.price_usd is None:
        return f"The price of {result.name} is not public, so who gains is not known."
    days = (standing.plans.until - standing.plans.since).days + 1
    share = "" if days > 27 else f", its share of {units.plural(days, 'day')}"
    plan = f"{who} paid {units.usd(result.price_usd)} ({result.name}{share})"
    if result.provider_result_usd is None:
        return f"{plan}; what that was worth is not known: {_UNPRICED}."
    value = _value(result, report.totals.unpriced_responses > 0)
    return f"{plan}{value}; {provider(result)}.{_fast(result)}"


def _value(result: PlanResult, is_part: bool) -> str:
    if result.value_multiple is None:
        return ""
    if result.value_multiple >= 1:
        return f" and got {result.value_multiple:.1f} times that at list price"
    saved = units.usd(-result.saving_usd) if result.saving_usd is not None else "-"
    of_what = " for what has a price" if is_part else ""
    return f", {saved} more than the API would have cost{of_what}"


def _fast(result: PlanResult) -> str:
    if not result.extra_usage_usd:
        return ""
    return f" Fast mode was billed on top: {units.usd(result.extra_usage_usd)}."


def provider(result: PlanResult) -> str:
    """Return who gains, as a clause: the provider earns or loses how much in which scenario."""
    amounts = result.provider_result_usd or Triple()
    if result.stands != DEPENDS:
        verb = "earns" if amounts.mid >= 0 else "loses"
        ends = sorted((abs(amounts.low), abs(amounts.high)))
        return f"the provider {verb} {units.usd(ends[0])} to {units.usd(ends[1])} on it"
    parts = [
        f"{'earns' if amount >= 0 else 'loses'} {units.usd(abs(amount))} ({name})"
        for name, amount in zip(SCENARIOS, amounts, strict=True)
    ]
    return "the provider " + ", ".join(parts)
