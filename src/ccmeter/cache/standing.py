"""Rules about what is written and what stays uncached: R4, R4S and R7."""

from typing import NamedTuple

from ccmeter.cache import wording
from ccmeter.cache.alerts import ALARM, WARNING, WATCH, Alert
from ccmeter.cache.judge import Judged
from ccmeter.cache.steps import Step
from ccmeter.cache.thresholds import Limits

_HOUR, _MINUTES = "h", "m"


class Standing(NamedTuple):
    """What these rules remember of one thread."""

    tiers: str = ""  # of the last writes: h an hour, m five minutes
    tier: str = ""  # the majority of them
    tails: int = 0  # requests in a row with an uncached tail
    tail_tokens: int = 0
    tail_since_ms: int = 0
    steady: str = ""  # lifetime of all of the last writes, 1h or 5m


STANDING = Standing()


def stand(standing: Standing, judged: Judged, limits: Limits) -> tuple[Standing, tuple[Alert, ...]]:
    """Return what is remembered after one more request, and the alerts that it raises."""
    step = judged.step
    standing, alert = _tail(standing, judged, limits)
    raised = [alert]
    if not step.agent and not step.untyped_write and _is_write(judged, limits):
        standing, downgraded = _lifetime(standing, step, limits)
        raised += [downgraded, _broken_promise(step)]
    return standing, tuple(alert for alert in raised if alert is not None)


def _tail(standing: Standing, judged: Judged, limits: Limits) -> tuple[Standing, Alert | None]:
    """R7: several requests in a row leave much of their prompt uncached."""
    step = judged.step
    uncached = step.input_tokens
    if uncached < limits.tail_tokens or uncached < limits.tail_share * judged.prompt_tokens:
        if standing.tails:
            standing = standing._replace(tails=0, tail_tokens=0)
        return standing, None
    since = standing.tail_since_ms if standing.tails else step.start_ms
    tails, tokens = standing.tails + 1, standing.tail_tokens + uncached
    standing = standing._replace(tails=tails, tail_tokens=tokens, tail_since_ms=since)
    if tails < limits.tail_count:
        return standing, None
    message = wording.tails(tails, tokens, since, step.cache_requested)
    new = tokens if tails == limits.tail_count else uncached
    return standing, _alert(step, "R7", WARNING, message, wording.TAIL_ADVICE, new)


def _is_write(judged: Judged, limits: Limits) -> bool:
    return judged.written_tokens >= limits.tier_write_tokens


def _lifetime(standing: Standing, step: Step, limits: Limits) -> tuple[Standing, Alert | None]:
    """R4: the majority of the last writes fell from one hour to five minutes."""
    long = step.cache_write_1h_tokens >= step.cache_write_5m_tokens
    tiers = (standing.tiers + (_HOUR if long else _MINUTES))[-limits.tier_writes :]
    before, tier = standing.tier, standing.tier
    if len(tiers) == limits.tier_writes:
        tier = _HOUR if 2 * tiers.count(_HOUR) > len(tiers) else _MINUTES
    steady = {_HOUR * limits.tier_writes: "1h", _MINUTES * limits.tier_writes: "5m"}.get(tiers, "")
    standing = standing._replace(tiers=tiers, tier=tier, steady=steady)
    if (before, tier) != (_HOUR, _MINUTES):
        return standing, None
    message = wording.lifetime(step.cache_requested, step.start_ms)
    return standing, _alert(step, "R4", WATCH, message, wording.LIFETIME_ADVICE)


def _broken_promise(step: Step) -> Alert | None:
    """R4S: the client asked for an hour and the server billed five minutes."""
    short = step.cache_write_5m_tokens
    if step.cache_requested != "1h" or step.cache_write_1h_tokens or not short:
        return None
    message = wording.downgrade(short, step.start_ms)
    return _alert(step, "R4S", ALARM, message, wording.DOWNGRADE_ADVICE, short)


def _alert(step: Step, rule: str, level: str, message: str, advice: str, tokens: int = 0) -> Alert:
    place = (step.session, step.agent, step.start_ms)
    message = wording.of_agent(step.agent, message)
    return Alert(rule, level, *place, message, advice, tokens, None, step.version)
