"""The rules of the audit by name: what they are called in reports, and their warnings' codes."""

from collections.abc import Iterable
from typing import NamedTuple

from ccmeter.cache.alerts import Alert


class RuleName(NamedTuple):
    """How a rule is called."""

    code: str  # of a warning in a report
    title: str  # a few words


NAMES = {
    "R1": RuleName("cache-rebuild", "cache rebuilt"),
    "R1A": RuleName("cache-inflation", "session inflated"),
    "R1W": RuleName("cache-inflation", "session inflated"),
    "R2": RuleName("pinned-read", "cache pinned"),
    "R2b": RuleName("pinned-read", "cache pinned"),
    "R3": RuleName("resume-lost-cache", "lost on resume"),
    "R4": RuleName("cache-lifetime", "writes live 5 min"),
    "R4S": RuleName("cache-downgrade", "1 h asked, 5 min billed"),
    "R5": RuleName("rebuild-cluster", "rebuilds within an hour"),
    "R6": RuleName("low-hit-ratio", "low hit ratio"),
    "R7": RuleName("uncached-prompt", "prompt not cached"),
    "R8": RuleName("client-version", "client version"),
    "R9": RuleName("prompt-grew", "prompt grew"),
    "idle": RuleName("cache-idle", "long pauses"),
    "compactions": RuleName("compactions", "compactions"),
    "ping-pong": RuleName("switches", "switches"),
}


def rule_name(rule: str) -> RuleName:
    """Return how the rule is called."""
    return NAMES.get(rule, RuleName(rule.lower(), rule))


def newest(alerts: Iterable[Alert]) -> list[Alert]:
    """Return the last alert of each rule in each session, which holds what those before it held.

    The order stays.
    """
    every = list(alerts)
    last: dict[tuple[str, str, str], Alert] = {}
    for alert in sorted(every, key=lambda alert: alert.time_ms):
        last[alert.rule, alert.session, "" if alert.session else alert.version] = alert
    kept = set(map(id, last.values()))
    return [alert for alert in every if id(alert) in kept]
