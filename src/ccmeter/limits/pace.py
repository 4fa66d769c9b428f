"""When a window will be used up if things go on like this. Pure."""

from decimal import Decimal
from typing import NamedTuple

from ccmeter.limits.calibrate import Usd
from ccmeter.limits.samples import DAY_MS, FIVE_HOUR, HOUR_MS, SEVEN_DAY, WHOLE, Window

BY_LIST, BY_SAMPLES = "list", "samples"
LOOK_BACK_MS = {FIVE_HOUR: HOUR_MS // 2, SEVEN_DAY: DAY_MS}  # what "like this" means
_SHORTEST_MS = 300_000  # less time says nothing about a pace


class Pace(NamedTuple):
    """Where a window stands now and where it goes. Percentages are hundredths of a percent."""

    basis: str  # list: from what was spent, and what 100 % are worth; samples: from percentages
    used: int  # now; with basis samples as it was last seen
    per_hour: int
    at_reset: int  # may be more than a whole
    runs_out_ms: int | None  # None: not before the reset


def by_list(
    window: Window, worth: Usd, spent: Usd, spent_since: Usd, look_back_ms: int, now_ms: int
) -> Pace:
    """Return the pace by money: `spent` in the time looked back on, `spent_since` the last sight.

    `worth` is what 100 % cost at list price.
    """
    used = window.last.used + round(spent_since * WHOLE / worth)
    per_hour = spent * WHOLE / worth * HOUR_MS / look_back_ms
    return _pace(BY_LIST, min(max(used, 0), max(WHOLE, window.last.used)), per_hour, window, now_ms)


def by_samples(window: Window, look_back_ms: int, now_ms: int) -> Pace | None:
    """Return the pace by percentages alone; None when they reach too short a time back."""
    start = now_ms - look_back_ms
    known = [step for step in window.steps if step.first_ms <= start]
    if known:
        since, used = start, known[-1].used
    elif window.start_ms is not None and window.start_ms >= start:
        since, used = window.start_ms, 0
    else:
        since, used = window.steps[0].first_ms, window.steps[0].used
    if now_ms - since < _SHORTEST_MS:
        return None
    per_hour = Decimal(window.last.used - used) * HOUR_MS / (now_ms - since)
    return _pace(BY_SAMPLES, window.last.used, per_hour, window, now_ms)


def _pace(basis: str, used: int, per_hour: Decimal, window: Window, now_ms: int) -> Pace:
    left_ms = max(0, window.resets_ms - now_ms)
    at_reset = used + round(per_hour * left_ms / HOUR_MS)
    runs_out = None
    if used >= WHOLE:
        runs_out = now_ms
    elif at_reset >= WHOLE:
        runs_out = now_ms + round((WHOLE - used) * HOUR_MS / per_hour)
    return Pace(basis, used, round(per_hour), at_reset, runs_out)
