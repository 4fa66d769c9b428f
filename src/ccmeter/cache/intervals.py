"""Small statistics in plain Python: intervals of shares, from counts and from sessions."""

import random
from collections.abc import Iterator, Sequence
from math import exp, sqrt

Interval = tuple[float, float]
Pair = tuple[int, int]  # part and whole of one session

_Z = 1.959963984540054  # 95 %, both sides
_LOWER, _UPPER = 0.025, 0.975  # 95 % of resampled shares lie between
_NEVER = 1e-9
_SHIFT = 80  # bits for the wholes when a pair is packed into one integer
_MASK = (1 << _SHIFT) - 1


def wilson(part: int, whole: int) -> Interval:
    """Return the 95 % Wilson interval of part / whole; (0, 1) when there is nothing to share."""
    if not whole:
        return (0.0, 1.0)
    share, z2 = part / whole, _Z * _Z
    scale = 1 + z2 / whole
    centre = (share + z2 / (2 * whole)) / scale
    half = _Z / scale * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    return (max(0.0, centre - half), min(1.0, centre + half))


def bootstrap(sessions: Sequence[Pair], resamples: int, blocks: int, seed: str) -> list[float]:
    """Return the shares (sum of parts / sum of wholes) of resampled sessions, in order.

    More sessions than `blocks` are pooled into that many, so that the time has a limit. The same
    seed gives the same shares. [] when no session has a whole.
    """
    return sorted(_resampled(_pooled(sessions, blocks), resamples, seed))


def _resampled(sessions: Sequence[Pair], resamples: int, seed: str) -> Iterator[float]:
    packed = [part << _SHIFT | whole for part, whole in sessions]
    if not any(pair & _MASK for pair in packed):
        return
    draw = random.Random(seed).choices
    sums = (sum(draw(packed, k=len(packed))) for _ in range(resamples))
    yield from ((s >> _SHIFT) / whole for s in sums if (whole := s & _MASK))


def stays_above(
    rate: float, sessions: Sequence[Pair], resamples: int, blocks: int, seed: str
) -> bool:
    """Whether the lower quantile of `bootstrap` is above the rate; mostly known long before all."""
    pooled = _pooled(sessions, blocks)
    if _surely_above(rate, pooled, resamples):
        return True
    count = low = 0
    for share in _resampled(pooled, resamples, seed):
        count += 1
        low += share <= rate
        if low > _lower(resamples):
            return False
    return count > 0 and low <= _lower(count)


def _surely_above(rate: float, sessions: Sequence[Pair], resamples: int) -> bool:
    """Whether no share of so many resamples will ever be the rate or less.

    It is where the sum of part - rate * whole over the sessions drawn is not positive. How likely
    that is at most, Bernstein's inequality tells.
    """
    excess = [part - rate * whole if whole else 0.0 for part, whole in sessions]
    count = len(excess)
    mean = sum(excess) / count if count else 0.0
    if mean <= 0:
        return False
    variance = sum((one - mean) ** 2 for one in excess) / count
    spread = variance + (mean - min(excess)) * mean / 3
    return not spread or resamples * exp(-count * mean * mean / (2 * spread)) < _NEVER


def _lower(count: int) -> int:
    """Return the place of the 2.5 % quantile among so many ordered shares."""
    return int(_LOWER * (count - 1))


def quantiles(shares: Sequence[float]) -> Interval | None:
    """Return the 2.5 % and 97.5 % quantiles of ordered shares."""
    if not shares:
        return None
    last = len(shares) - 1
    return (shares[_lower(len(shares))], shares[int(_UPPER * last + 0.5)])


def differences(ones: Sequence[float], others: Sequence[float], seed: str) -> list[float]:
    """Return the differences of two independent resamplings, in order."""
    mixed = list(others)
    random.Random(seed).shuffle(mixed)
    return sorted(one - other for one, other in zip(ones, mixed, strict=False))


def _pooled(sessions: Sequence[Pair], blocks: int) -> list[Pair]:
    if len(sessions) <= blocks:
        return list(sessions)
    return [
        (sum(part for part, _ in pool), sum(whole for _, whole in pool))
        for pool in (sessions[start::blocks] for start in range(blocks))
    ]
