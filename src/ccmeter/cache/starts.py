"""Sizes of cold starts by client version (R9), and lines per request (R10)."""

from collections.abc import Iterable
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ccmeter.cache.alerts import INFO, Alert
from ccmeter.cache.releases import order
from ccmeter.cache.thresholds import LIMITS, Limits


class ColdStart(NamedTuple):
    """The first request of the main thread of a session that was not copied from another one."""

    project: str
    model: str
    version: str
    session: str
    time_ms: int
    prompt_tokens: int


class _Group(NamedTuple):
    version: str
    starts: list[ColdStart]

    @property
    def size(self) -> float:
        return median(start.prompt_tokens for start in self.starts)


def cold_start_alerts(starts: Iterable[ColdStart], limits: Limits = LIMITS) -> list[Alert]:
    """Return R9 for each version that starts larger than the one before it.

    Compared are the same project and model, versions with enough sessions only.
    """
    groups: dict[tuple[str, str], dict[str, list[ColdStart]]] = {}
    for start in starts:
        if start.version:
            versions = groups.setdefault((start.project, start.model), {})
            versions.setdefault(start.version, []).append(start)
    found = [alert for versions in groups.values() for alert in _steps_up(versions, limits)]
    return sorted(found, key=lambda alert: (alert.time_ms, alert.message))


def _steps_up(versions: dict[str, list[ColdStart]], limits: Limits) -> Iterable[Alert]:
    least = limits.cold_start_sessions
    known = [_Group(v, s) for v, s in versions.items() if len({x.session for x in s}) >= least]
    known.sort(key=lambda group: (order(group.version), group.version))
    for before, after in pairwise(known):
        grown = after.size - before.size
        if grown >= limits.cold_start_tokens and grown >= limits.cold_start_share * before.size:
            yield _alert(before, after)


def _alert(before: _Group, after: _Group) -> Alert:
    message = (
        f"Sessions on client {after.version} start with {after.size:,.0f} tokens, on "
        f"{before.version} with {before.size:,.0f} (medians of {len(after.starts)} and "
        f"{len(before.starts)} sessions, same project and model)."
    )
    advice = "Compare /context on both versions: tools, skills, memory and MCP servers."
    time_ms = min(start.time_ms for start in after.starts)
    grown = int(after.size - before.size)
    return Alert("R9", INFO, "", "", time_ms, message, advice, grown, version=after.version)


def line_alert(lines: int, requests: int, time_ms: int, limits: Limits = LIMITS) -> Alert | None:
    """Return R10, the factor by which counting lines would overcount; None when it is 1."""
    if not requests or lines <= limits.lines_per_request * requests:
        return None
    message = (
        f"{lines:,} lines tell of {requests:,} requests: {lines / requests:.2f} lines each. "
        "ccmeter counts each request once; tools that add up lines show that much more."
    )
    return Alert("R10", INFO, "", "", time_ms, message, "Nothing to do.")
