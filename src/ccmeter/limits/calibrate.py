"""What 100 % of a plan limit is worth at list price, from increases and their cost. Pure.

The percentages are rounded and late, so every increase gives an interval for the worth and not a
number. The weighted median over windows is robust against windows that were used elsewhere too,
and the bootstrap over windows says how much they disagree.
"""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from ccmeter.limits.samples import WHOLE, Step, Window

NEEDED = 3  # windows, for a first estimate
LEAST = 500  # hundredths of a percent that a window has to rise by

_RESAMPLES = 1000
_TAIL = 0.025  # on either side: 95 %
_SIGHTS = 2  # that make an increase
_STEPS = (100, 10)  # hundredths of a percent that percentages can be multiples of

Usd = Decimal


class Rise(NamedTuple):
    """The longest increase of one window without a limit change or another account in it."""

    window: Window
    piece: int  # how many of the limit's changes lie before it
    since_ms: int
    until_ms: int
    points: int  # hundredths of a percent
    step: int  # hundredths of a percent that the percentages are rounded to


class Ratio(NamedTuple):
    """What 100 % were worth by one window, in USD at list price: surely between low and high."""

    points: int  # hundredths of a percent that it rests on
    low: Usd
    mid: Usd
    high: Usd


class Worth(NamedTuple):
    """What 100 % are worth in USD at list price, with an interval of 95 %."""

    low: Usd
    mid: Usd
    high: Usd
    spread: Decimal  # half of the windows lie farther from mid than by this share, half nearer


def rises(windows: Iterable[Window], breaks: Sequence[int]) -> list[Rise]:
    """Return the increases of one user's windows of one kind that can be measured, in order.

    `breaks` are the times in order, at which the limit changed. Where sights of two windows
    alternate there are two accounts, or the limit was reset: no increase reaches across that.
    """
    found: dict[tuple[int, int], Rise] = {}
    for rise in _runs(windows, breaks):
        key = (rise.window.resets_ms, rise.piece)
        if rise.points >= LEAST and (key not in found or rise.points > found[key].points):
            found[key] = rise
    return sorted(found.values(), key=lambda rise: rise.since_ms)


def _runs(windows: Iterable[Window], breaks: Sequence[int]) -> Iterator[Rise]:
    sights = [(step.first_ms, window, step) for window in windows for step in window.steps]
    ordered = sorted(sights, key=lambda sight: (sight[0], sight[1].resets_ms))

    def run(sight: tuple[int, Window, Step]) -> tuple[int, int]:
        return sight[1].resets_ms, bisect_right(breaks, sight[0])

    for (_, piece), group in groupby(ordered, key=run):
        found = list(group)
        window, steps = found[0][1], [step for _, _, step in found]
        # the first sight is of some age; a later one is of the moment in which it was reached
        first, last = steps[1 if len(steps) > _SIGHTS else 0], steps[-1]
        points = last.used - first.used
        yield Rise(window, piece, first.first_ms, last.first_ms, points, rounding(window))


def rounding(window: Window) -> int:
    """Return what the percentages of the window are multiples of, in hundredths of a percent."""
    fits = (size for size in _STEPS if all(step.used % size == 0 for step in window.steps))
    return next(fits, 1)


def ratio(rise: Rise, cost: Usd, before: Usd, behind: Usd) -> Ratio:
    """Return what the increase says of the worth.

    `cost` is that of the time of the increase; `before` and `behind` are what the first and the
    last percentage may have left out, as they are older than their sight: parts of what was spent
    just before them. Both ends are rounded alike, so their difference is off by less than a step.
    """
    return Ratio(
        rise.points,
        max(cost - behind, Decimal()) * WHOLE / (rise.points + rise.step),
        cost * WHOLE / rise.points,
        (cost + before) * WHOLE / (rise.points - rise.step),
    )


def worth(ratios: Sequence[Ratio], seed: str) -> Worth | None:
    """Return what all windows together say; None of fewer than NEEDED. Same seed, same result."""
    if len(ratios) < NEEDED:
        return None
    mid = together(ratios).mid
    lows, highs = zip(*_resampled(ratios, seed), strict=True)
    return Worth(
        min(mid, _quantile(lows, _TAIL)),
        mid,
        max(mid, _quantile(highs, 1 - _TAIL)),
        spread(ratios),
    )


def together(ratios: Sequence[Ratio]) -> Ratio:
    """Return the medians of the windows' worths, each weighing as much as it has points."""
    points = sum(each.points for each in ratios)
    return Ratio(points, *(_median(_weighed(ratios, end)) for end in ("low", "mid", "high")))


def _weighed(ratios: Iterable[Ratio], end: str) -> list[tuple[Usd, int]]:
    return sorted((getattr(each, end), each.points) for each in ratios)


def spread(ratios: Sequence[Ratio]) -> Decimal:
    """Return how far the windows typically lie from their median, as a share of it."""
    mid = together(ratios).mid
    if not mid:
        return Decimal()
    return _median(sorted((abs(each.mid / mid - 1), each.points) for each in ratios))


def _median(ordered: Sequence[tuple[Decimal, int]]) -> Decimal:
    half, passed = sum(weight for _, weight in ordered) / 2, 0
    for value, weight in ordered:
        passed += weight
        if passed >= half:
            return value
    raise ValueError("no median of nothing")


def _resampled(ratios: Sequence[Ratio], seed: str) -> Iterator[tuple[Usd, Usd]]:
    """The median low and the median high of windows drawn at random, with replacement."""
    by_low = sorted(range(len(ratios)), key=lambda n: ratios[n].low)
    by_high = sorted(range(len(ratios)), key=lambda n: ratios[n].high)
    draw = random.Random(seed).choices
    for _ in range(_RESAMPLES):
        drawn = Counter(draw(by_low, k=len(ratios)))
        low = _median([(ratios[n].low, ratios[n].points * drawn[n]) for n in by_low])
        yield low, _median([(ratios[n].high, ratios[n].points * drawn[n]) for n in by_high])


def _quantile(values: Sequence[Usd], share: float) -> Usd:
    return sorted(values)[round(share * (len(values) - 1))]
