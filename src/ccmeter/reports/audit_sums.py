"""Sums of the audit: of a period, and of the main thread of each session by client version."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ccmeter.audit.threads import PROVIDERS
from ccmeter.cache.causes import EXPECTED, IDLE, SUSPECT
from ccmeter.cache.judge import PARTIAL_REBUILD
from ccmeter.cache.steps import MAIN, provider_of
from ccmeter.cache.tally import Losses, Tally
from ccmeter.cache.versions import Tallied
from ccmeter.reports.audit_events import CacheEvent
from ccmeter.store.audit_read import SessionSums

_ZERO = Decimal()
_CLASSES = (SUSPECT, IDLE, EXPECTED, PARTIAL_REBUILD)  # the order of Tally.losses


def total(sums: Iterable[SessionSums], events: Iterable[CacheEvent]) -> Tally:
    """Return the sums of requests, and of what was lost in rebuilds."""
    tally = Tally()
    for one in sums:
        tally = _added(tally, one)
    return tally._replace(losses=losses(events))


def losses(events: Iterable[CacheEvent]) -> tuple[Losses, ...]:
    """Return what was lost, by class in the order of `Tally.losses`."""
    found = dict.fromkeys(_CLASSES, Losses())
    for event in events:
        one = event.found
        name = one.verdict if one.verdict == PARTIAL_REBUILD else one.kind
        old = found[name]
        found[name] = Losses(
            old.events + 1,
            old.tokens + one.lost_tokens,
            old.usd + (one.excess_usd or _ZERO),
            old.since_ms if old.events else one.start_ms,
        )
    return tuple(found.values())


def tallied(sums: Sequence[SessionSums], events: Iterable[CacheEvent]) -> list[Tallied]:
    """Return the main threads of Claude models by session, client version and provider."""
    lost: dict[tuple[str, str, str], list[CacheEvent]] = {}
    for event in events:
        if event.who.agent == MAIN and event.is_claude:
            provider = provider_of(event.found.message_id)
            lost.setdefault((event.who.session, event.who.version, provider), []).append(event)
    return [
        _tallied(one, lost.get((one.session, one.version, PROVIDERS[one.provider]), ()))
        for one in sums
        if one.main and one.claude
    ]


def _tallied(one: SessionSums, events: Iterable[CacheEvent]) -> Tallied:
    tally = _added(Tally(), one)._replace(losses=losses(events))
    return Tallied(one.version, one.session, tally, PROVIDERS[one.provider], one.last_ms)


def _added(tally: Tally, one: SessionSums) -> Tally:
    return tally._replace(
        requests=tally.requests + one.requests,
        prompt_tokens=tally.prompt_tokens + one.prompt_tokens,
        read_tokens=tally.read_tokens + one.read_tokens,
        cost_usd=tally.cost_usd + one.cost_usd,
        unpriced=tally.unpriced + one.unpriced,
        exposed=tally.exposed + one.exposed,
    )
