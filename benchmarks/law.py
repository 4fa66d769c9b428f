"""A straight line through measurements, and what it says about sizes nobody has measured."""

from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """value = fixed + per * n, by least squares; `miss` is the largest relative distance to it."""

    fixed: float
    per: float
    miss: float

    def at(self, n: float) -> float:
        """Return the value that the line gives for n."""
        return self.fixed + self.per * n


def through(points: Sequence[tuple[float, float]]) -> Line:
    """Return the line through points (n, value), of which there are two or more."""
    n = sum(x for x, _ in points) / len(points)
    value = sum(y for _, y in points) / len(points)
    spread = sum((x - n) ** 2 for x, _ in points)
    per = sum((x - n) * (y - value) for x, y in points) / spread
    fixed = value - per * n
    miss = max(abs(fixed + per * x - y) / abs(y) if y else 0.0 for x, y in points)
    return Line(fixed, per, miss)
