"""The alerts of threads: judged requests in, alerts out. A fold, cheap while all is well.

Alerts are raised whenever a rule holds; `alerts.settle` decides which of them are told.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ccmeter.cache.alerts import ADVICE, Alert, settle
from ccmeter.cache.judge import Judged
from ccmeter.cache.patterns import QUIET, Patterns, recognise
from ccmeter.cache.sessions import thread_alerts
from ccmeter.cache.standing import STANDING, Standing, stand
from ccmeter.cache.steps import Step, is_helper
from ccmeter.cache.tally import tally
from ccmeter.cache.thresholds import LIMITS, Limits

_NONE: tuple[Alert, ...] = ()


class Watch(NamedTuple):
    """What the rules remember of one thread."""

    standing: Standing = STANDING
    patterns: Patterns = QUIET


def watch_next(
    watch: Watch, judged: Judged, limits: Limits = LIMITS
) -> tuple[Watch, tuple[Alert, ...]]:
    """Return what is remembered after one more request, and the alerts that it raises.

    Non-Claude models and the client's own helpers raise none.
    """
    step = judged.step
    standing, patterns = watch
    stands_out = (
        (judged.written_tokens >= limits.tier_write_tokens and not _is_steady(step, standing))
        or step.input_tokens >= limits.tail_tokens
        or standing.tails
    )
    speaks = judged.cause is not None or step.marks or step.new_process or patterns.run is not None
    if not (stands_out or speaks) or not step.is_claude or is_helper(step.agent):
        return watch, _NONE
    raised = _NONE
    if stands_out:
        standing, raised = stand(standing, judged, limits)
    if speaks:
        patterns, more = recognise(patterns, judged, limits)
        raised += more
    return Watch(standing, patterns), raised


def _is_steady(step: Step, standing: Standing) -> bool:
    """A write like the last ones before it, which no rule about lifetimes needs to look at."""
    if standing.steady == "1h":
        return not step.cache_write_5m_tokens
    asked = step.cache_requested == "1h"
    return standing.steady == "5m" and not step.cache_write_1h_tokens and not asked


def raised(judged: Sequence[Judged], limits: Limits = LIMITS) -> list[Alert]:
    """Return every alert that the requests of one thread raise, the whole thread's last."""
    watch = Watch()
    found: list[Alert] = []
    for one in judged:
        watch, more = watch_next(watch, one, limits)
        found.extend(more)
    if not judged:
        return found
    sums = tally(one for one in judged if one.step.is_claude)
    return found + thread_alerts(judged[-1].step, sums, limits)


def alerts(threads: Iterable[Sequence[Judged]], limits: Limits = LIMITS) -> list[Alert]:
    """Return the alerts of one session to tell, in order of time, without the advice."""
    return [alert for alert in _told(threads, limits) if alert.level != ADVICE]


def advice(threads: Iterable[Sequence[Judged]], limits: Limits = LIMITS) -> list[Alert]:
    """Return the advice on one session: what costs, though nothing is broken."""
    return [alert for alert in _told(threads, limits) if alert.level == ADVICE]


def _told(threads: Iterable[Sequence[Judged]], limits: Limits) -> list[Alert]:
    found = [alert for thread in threads for alert in raised(thread, limits)]
    return settle(found)[1]
