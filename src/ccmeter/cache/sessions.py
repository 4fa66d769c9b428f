"""The verdict on a thread as a whole, from the sums of its Claude requests: R1W, R1A and R6."""

from decimal import Decimal

from ccmeter.cache import wording
from ccmeter.cache.alerts import ALARM, NOTICE, WARNING, WATCH, Alert
from ccmeter.cache.steps import MAIN, Step, is_helper
from ccmeter.cache.tally import Tally
from ccmeter.cache.thresholds import LIMITS, Limits

THREAD_RULES = frozenset({"R1W", "R1A", "R6"})  # raised anew by every request


def thread_alerts(last: Step, tally: Tally, limits: Limits = LIMITS) -> list[Alert]:
    """Return what the sums of a thread up to its last request raise, once it has enough of them.

    The sums are those of requests that Claude models answered, whoever answered the last one:
    another one's cache is not judged. The alerts hold the sums themselves, not what is new in
    them. The client's own helpers raise none.
    """
    if is_helper(last.agent):
        return []
    found = (_inflation(last, tally, limits), _low_hits(last, tally, limits))
    return [alert for alert in found if alert is not None]


def _inflation(last: Step, tally: Tally, limits: Limits) -> Alert | None:
    """R1W, R1A: what suspect rebuilds made of the cost.

    A single rebuild has had its own warning, so that its share in the cost is only a notice.
    """
    events, tokens, excess, since = tally.suspect
    grave = excess >= limits.inflation_usd or tokens >= limits.inflation_tokens
    healthy = tally.cost_usd - excess
    if tally.requests < limits.inflation_requests or not grave or healthy <= 0:
        return None
    ratio = tally.cost_usd / healthy
    if ratio < limits.inflation_warning:
        return None
    alarming = ratio >= limits.inflation_alarm
    warning = NOTICE if events == 1 else WARNING
    return _alert(
        last,
        "R1A" if alarming else "R1W",
        ALARM if alarming else warning,
        wording.inflated(last.agent, ratio, tokens, excess, since),
        wording.INFLATION_ADVICE,
        tokens,
        excess,
    )


def _low_hits(last: Step, tally: Tally, limits: Limits) -> Alert | None:
    """R6: the main thread reads too little of what it sends."""
    sent, read = tally.prompt_tokens, tally.read_tokens
    enough = tally.requests >= limits.low_hit_requests and sent >= limits.low_hit_prompt_tokens
    if last.agent != MAIN or not enough or read >= limits.low_hit_share * sent:
        return None
    message = wording.low_hits(read, sent, tally.requests)
    return _alert(last, "R6", WATCH, message, wording.LOW_HIT_ADVICE)


def _alert(
    last: Step,
    rule: str,
    level: str,
    message: str,
    advice: str,
    tokens: int = 0,
    usd: Decimal | None = None,
) -> Alert:
    place = (last.session, last.agent, last.start_ms)
    message = wording.of_agent(last.agent, message)
    return Alert(rule, level, *place, message, advice, tokens, usd, last.version, True)
