"""Sums over judged requests: what a session's figures and the statistics of versions need."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.cache.causes import EXPECTED, IDLE, SUSPECT, Cause
from ccmeter.cache.judge import EXPOSED, PARTIAL_REBUILD, Judged

_ZERO = Decimal()
_PLACES = {SUSPECT: 0, IDLE: 1, EXPECTED: 2, PARTIAL_REBUILD: 3}


class Losses(NamedTuple):
    """Rebuilds of one class. Money in USD, without those that have no price."""

    events: int = 0
    tokens: int = 0
    usd: Decimal = _ZERO
    since_ms: int = 0  # start of the first


_NONE = (Losses(),) * 4


class Tally(NamedTuple):
    """Sums over requests. Money in USD; `cost_usd` and losses leave unpriced requests out."""

    requests: int = 0
    prompt_tokens: int = 0
    read_tokens: int = 0
    cost_usd: Decimal = _ZERO
    unpriced: int = 0
    exposed: int = 0  # warm boundaries that nothing excuses
    losses: tuple[Losses, ...] = _NONE  # by class, see the properties

    @property
    def suspect(self) -> Losses:
        """Material rebuilds without an ordinary cause."""
        return self.losses[0]

    @property
    def idle(self) -> Losses:
        """Rebuilds after the lifetime of the entry, of any size."""
        return self.losses[1]

    @property
    def expected(self) -> Losses:
        """Rebuilds that the user or the client caused knowingly, of any size."""
        return self.losses[2]

    @property
    def partial(self) -> Losses:
        """Small rebuilds without an ordinary cause: each below notice, together perhaps not."""
        return self.losses[3]


class Figures(NamedTuple):
    """What a session, or any set of requests, did with its cache. None: nothing to divide by."""

    requests: int
    hit_ratio: float | None  # tokens read / tokens sent
    cost_usd: Decimal
    suspect_usd: Decimal
    idle_usd: Decimal
    expected_usd: Decimal
    partial_usd: Decimal
    inflation_bug: float | None  # cost / cost without the suspect rebuilds


def tally_next(tally: Tally, judged: Judged) -> Tally:
    """Return the sums with one more request."""
    step = judged.step
    cost, prompt, verdict = step.cost_usd, judged.prompt_tokens, judged.verdict
    return Tally(
        tally.requests + 1,
        tally.prompt_tokens + prompt,
        tally.read_tokens + step.cache_read_tokens,
        tally.cost_usd if cost is None else tally.cost_usd + cost,
        tally.unpriced + (cost is None),
        tally.exposed + (verdict in EXPOSED),
        tally.losses if judged.cause is None else _with_loss(tally, judged, judged.cause),
    )


def tally(judged: Iterable[Judged]) -> Tally:
    """Return the sums over the requests."""
    found = Tally()
    for one in judged:
        found = tally_next(found, one)
    return found


def _with_loss(tally: Tally, judged: Judged, cause: Cause) -> tuple[Losses, ...]:
    losses = tally.losses
    place = _PLACES.get(judged.verdict, _PLACES[cause.kind])
    old = losses[place]
    usd = old.usd + (judged.excess_usd or _ZERO)
    since = old.since_ms if old.events else judged.step.start_ms
    new = Losses(old.events + 1, old.tokens + judged.lost_tokens, usd, since)
    return (*losses[:place], new, *losses[place + 1 :])


def add(one: Tally, other: Tally) -> Tally:
    """Return the sums over both sets of requests."""
    return Tally(
        one.requests + other.requests,
        one.prompt_tokens + other.prompt_tokens,
        one.read_tokens + other.read_tokens,
        one.cost_usd + other.cost_usd,
        one.unpriced + other.unpriced,
        one.exposed + other.exposed,
        tuple(map(_joined, one.losses, other.losses)),
    )


def _joined(one: Losses, other: Losses) -> Losses:
    if not one.events or not other.events:
        return one if one.events else other
    return Losses(
        one.events + other.events,
        one.tokens + other.tokens,
        one.usd + other.usd,
        min(one.since_ms, other.since_ms),
    )


def figures(tally: Tally) -> Figures:
    """Return the ratios of the sums."""
    return Figures(
        tally.requests,
        _ratio(tally.read_tokens, tally.prompt_tokens),
        tally.cost_usd,
        tally.suspect.usd,
        tally.idle.usd,
        tally.expected.usd,
        tally.partial.usd,
        inflation(tally.cost_usd, tally.suspect.usd),
    )


def inflation(cost_usd: Decimal, excess_usd: Decimal) -> float | None:
    """Return actual cost / cost without the excess, or None when nothing would be left."""
    healthy = cost_usd - excess_usd
    return float(cost_usd / healthy) if healthy > 0 else None


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
