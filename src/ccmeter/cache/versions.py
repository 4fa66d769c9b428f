"""Statistics of client versions: does one rebuild the cache more often than the others here? R8."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ccmeter.cache import intervals
from ccmeter.cache.alerts import ALARM, WATCH
from ccmeter.cache.intervals import Interval, Pair
from ccmeter.cache.releases import NEWER, known_fault, order
from ccmeter.cache.tally import Tally, add, inflation
from ccmeter.cache.thresholds import LIMITS, Limits

OK = "ok"
_SEED = "ccmeter"


class Tallied(NamedTuple):
    """The sums over the main thread of one session, as far as one client version ran it."""

    version: str
    session: str
    tally: Tally
    provider: str = "anthropic"
    last_ms: int = 0  # time of its last request


class Base(NamedTuple):
    """What share of exposed requests is rebuilt anyway."""

    rate: float
    is_measured: bool  # on the other versions here; otherwise built in


class VersionRow(NamedTuple):
    """One client version of one provider. Shares are of exposed requests, money is USD."""

    version: str
    provider: str
    requests: int
    sessions: int
    exposed: int  # warm requests that nothing excuses
    suspect: int
    rate: float
    interval: Interval  # Wilson, 95 %
    base: Base
    verdict: str  # ok, watch, alarm, or "not enough data (k of n)"
    hit_ratio: float | None
    hit_interval: Interval | None
    hit_difference: float | None  # to the other versions
    hit_difference_interval: Interval | None
    inflation: float | None
    cost_usd: Decimal
    suspect_usd: Decimal
    suspect_tokens: int
    last_ms: int
    hint: str  # a known bad range, beside a measured event only


def version_table(rows: Iterable[Tallied], limits: Limits = LIMITS) -> list[VersionRow]:
    """Return the statistics of each version of each provider, the newest version first.

    Requests of an unknown version are left out. The sessions are drawn from in the order of their
    names: that in which they were read differs from one database to the next.
    """
    sessions: dict[tuple[str, str], dict[str, Tallied]] = {}
    for row in sorted(rows, key=lambda row: (row.session, row.version, row.provider)):
        if row.version:
            known = sessions.setdefault((row.provider, row.version), {})
            known[row.session] = _joined(known.get(row.session), row)
    table = [
        _row(provider, version, list(own.values()), _others(sessions, provider, version), limits)
        for (provider, version), own in sessions.items()
    ]
    return sorted(table, key=lambda r: (order(r.version), r.version, r.provider), reverse=True)


def _joined(old: Tallied | None, new: Tallied) -> Tallied:
    if old is None:
        return new
    return old._replace(tally=add(old.tally, new.tally), last_ms=max(old.last_ms, new.last_ms))


def _others(
    sessions: Mapping[tuple[str, str], Mapping[str, Tallied]], provider: str, version: str
) -> list[Tallied]:
    return [
        row
        for (served, other), rows in sessions.items()
        if served == provider and other != version
        for row in rows.values()
    ]


def _row(
    provider: str, version: str, own: list[Tallied], others: list[Tallied], limits: Limits
) -> VersionRow:
    total, rest = _sum(own), _sum(others)
    exposed, suspect = total.exposed, total.suspect.events
    base = base_rate(version, rest.suspect.events, rest.exposed, limits)
    pairs = [(row.tally.suspect.events, row.tally.exposed) for row in own]
    seed = f"{_SEED}:{provider}:{version}"
    mine, theirs = _hit_shares(own, limits, seed), _hit_shares(others, limits, seed + ":others")
    hit, other_hit = _hit(total), _hit(rest)
    return VersionRow(
        version,
        provider,
        total.requests,
        len(own),
        exposed,
        suspect,
        suspect / exposed if exposed else 0.0,
        intervals.wilson(suspect, exposed),
        base,
        verdict(pairs, base.rate, seed, limits),
        hit,
        intervals.quantiles(mine),
        None if hit is None or other_hit is None else hit - other_hit,
        _difference(mine, theirs, seed),
        inflation(total.cost_usd, total.suspect.usd),
        total.cost_usd,
        total.suspect.usd,
        total.suspect.tokens,
        max(row.last_ms for row in own),
        known_fault(version) if suspect else "",
    )


def verdict(sessions: Sequence[Pair], base: float, seed: str, limits: Limits = LIMITS) -> str:
    """Return the verdict on a version: its (suspect, exposed) by session against the base rate.

    Rebuilds come in clusters, so neither a share nor its interval is enough for an alarm: it
    must hold when the sessions are drawn anew.
    """
    suspect, exposed = sum(k for k, _ in sessions), sum(n for _, n in sessions)
    if exposed < limits.version_requests:
        return f"not enough data ({suspect} of {exposed})"
    hit = sum(k > 0 for k, _ in sessions)
    lower = intervals.wilson(suspect, exposed)[0]
    if (
        suspect >= limits.version_alarm_suspects
        and hit >= limits.version_alarm_sessions
        and lower > limits.version_alarm_factor * base
        and _holds(sessions, limits.version_bootstrap_factor * base, seed, limits)
    ):
        return ALARM
    watched = suspect >= limits.version_watch_suspects and hit >= limits.version_watch_sessions
    return WATCH if watched and lower > base else OK


def _holds(sessions: Sequence[Pair], rate: float, seed: str, limits: Limits) -> bool:
    resamples, blocks = limits.bootstrap_resamples, limits.bootstrap_blocks
    return intervals.stays_above(rate, sessions, resamples, blocks, seed)


def base_rate(version: str, suspect: int, exposed: int, limits: Limits = LIMITS) -> Base:
    """Return what to compare a version with: the other versions, or what is usual."""
    if exposed < limits.version_base_requests:
        new = order(version) >= NEWER
        return Base(limits.version_prior_new if new else limits.version_prior_old, False)
    return Base(max(limits.version_base_floor, (suspect + 0.5) / (exposed + 1)), True)


def _sum(rows: Iterable[Tallied]) -> Tally:
    total = Tally()
    for row in rows:
        total = add(total, row.tally)
    return total


def _hit(tally: Tally) -> float | None:
    return tally.read_tokens / tally.prompt_tokens if tally.prompt_tokens else None


def _hit_shares(rows: Iterable[Tallied], limits: Limits, seed: str) -> list[float]:
    pairs = [(row.tally.read_tokens, row.tally.prompt_tokens) for row in rows]
    resamples, blocks = limits.display_resamples, limits.bootstrap_blocks
    return intervals.bootstrap(pairs, resamples, blocks, seed + ":hit")


def _difference(mine: list[float], theirs: list[float], seed: str) -> Interval | None:
    return intervals.quantiles(intervals.differences(mine, theirs, seed))
