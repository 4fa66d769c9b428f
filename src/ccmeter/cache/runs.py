"""Rebuilds that belong together: the same floor, the same pause, the same hour."""

from typing import NamedTuple

from ccmeter.cache.alerts import Money, plus
from ccmeter.cache.judge import Judged
from ccmeter.cache.thresholds import Limits


class Run(NamedTuple):
    """Several rebuilds of one thread. `usd` is None when one of them is unpriced."""

    floor: int  # tokens that the first of them read
    times: int
    tokens: int  # lost
    usd: Money
    since_ms: int


def extend(run: Run | None, judged: Judged) -> Run:
    """Return the run with one more rebuild, or a new one."""
    step, tokens, usd = judged.step, judged.lost_tokens, judged.excess_usd
    if run is None:
        return Run(step.cache_read_tokens, 1, tokens, usd, step.start_ms)
    return run._replace(times=run.times + 1, tokens=run.tokens + tokens, usd=plus(run.usd, usd))


def is_same_floor(run: Run, judged: Judged, limits: Limits) -> bool:
    """Whether the rebuild read as much as the run, but for a small difference."""
    allowed = max(limits.pinned_tokens, limits.pinned_share * run.floor)
    return abs(judged.step.cache_read_tokens - run.floor) <= allowed
