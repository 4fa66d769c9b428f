"""What explains a rebuild: one cause, by the strongest evidence that there is."""

from collections.abc import Callable
from typing import NamedTuple

from ccmeter.cache.messages import Rewritten
from ccmeter.cache.steps import COMMAND, COMPACTED, CUT, DELTA, Kind, Step, is_started
from ccmeter.cache.thresholds import Limits

SUSPECT, EXPECTED, IDLE = "suspect", "expected", "idle"
API, HASHES, INFERRED = "api", "hashes", "inferred"

# models on which another effort leaves the cache alone
EFFORT_EXEMPT = frozenset(
    {"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-1"}
)
# commands after which another prompt is what the user asked for
ACTS = frozenset(
    COMMAND + name
    for name in (
        "add-dir", "agents", "compact", "config", "effort", "fast", "login", "logout", "mcp",
        "model", "output-style", "permissions", "plugin", "reload-plugins", "rewind", "undo",
    )
)  # fmt: skip
_DIAGNOSES = frozenset({"tools_changed", "system_changed", "messages_changed"})


class Cause(NamedTuple):
    """Why a prefix was written again."""

    name: str
    kind: str  # suspect, expected, idle
    evidence: str  # api, hashes, inferred
    sure: bool  # evidence, not absence of evidence


class Past(NamedTuple):
    """A request of the thread that was judged before, and what it left in the cache."""

    step: Step
    cached_tokens: int  # read + written
    prompt_tokens: int
    tier: str  # lifetime of the last write so far: 5m, 1h, "" before any


class Boundary(NamedTuple):
    """A request that read too little, and what it is compared with."""

    step: Step
    last: Past  # the previous request of the thread
    source: Past  # the one that left what should have been read
    prompt_tokens: int
    gap_ms: int
    dead: bool  # the entry had outlived its lifetime
    rewritten: Rewritten
    limits: Limits


UNEXPLAINED = Cause("unexplained", SUSPECT, INFERRED, False)
SERVER_SIDE = Cause("server_side", SUSPECT, HASHES, True)
RETRY = Cause("retry", EXPECTED, INFERRED, False)


def find_cause(boundary: Boundary) -> Cause:
    """Return the cause of the rebuild; `unexplained` when nothing speaks for another one."""
    for look in _ORDER:
        found = look(boundary)
        if found is not None:
            return _unless_unreliable(boundary, found)
    return _unless_unreliable(boundary, UNEXPLAINED)


def _unless_unreliable(b: Boundary, found: Cause) -> Cause:
    """No suspicion without a sound clock, or around a request that was tried again."""
    if found.kind != SUSPECT:
        return found
    if b.gap_ms < 0:
        return found._replace(kind=EXPECTED, sure=False)
    silent = not b.last.step.output_tokens or not b.step.output_tokens
    return RETRY if silent and b.gap_ms < b.limits.retry_ms else found


def _compaction(b: Boundary) -> Cause | None:
    kinds = {mark.partition(":")[0] for mark in b.step.marks}
    if kinds.isdisjoint(COMPACTED):
        return None
    name = "microcompact" if kinds & COMPACTED == {"microcompact"} else "compaction"
    return Cause(name, EXPECTED, INFERRED, True)


def _model(b: Boundary) -> Cause | None:
    if b.step.model != b.last.step.model:
        return Cause("model_changed", EXPECTED, INFERRED, True)
    if b.step.miss_reason == "model_changed":
        return Cause("model_changed", EXPECTED, API, True)
    return None


def _fingerprint(b: Boundary) -> Cause | None:
    """Compare the hashes of the two requests, where the client wrote them."""
    before, now = b.source.step.kind, b.step.kind
    if b.dead or before is None or now is None:
        return None
    rewritten = _rewritten(b)
    name = _changed_part(b, before, now, bool(rewritten))
    if name == "messages_rewritten" and _is_shorter(b):
        return Cause("rewound", EXPECTED, HASHES, True)
    if name:
        harmless = _is_acted(b) or (name == "messages_rewritten" and _follows_a_cut(b))
        name = "resume_changed_prompt" if is_started(b.step) else name
        return Cause(name, EXPECTED if harmless else SUSPECT, HASHES, True)
    return None if rewritten is None or _is_switched(b) else SERVER_SIDE


def _changed_part(b: Boundary, before: Kind, now: Kind, rewritten: bool) -> str:
    if before.shape != now.shape:
        return "tools_or_system_changed"
    others = (before.params, before.ttls) != (now.params, now.ttls)
    if others and not _is_switched(b):
        return "params_changed"
    return "messages_rewritten" if rewritten else ""


def _rewritten(b: Boundary) -> bool | None:
    before, now = b.source.step.request, b.step.request
    return None if before is None or now is None else b.rewritten(before, now)


def _diagnosis(b: Boundary) -> Cause | None:
    """The API's own word, which says nothing when the entry had expired anyway."""
    name = b.step.miss_reason
    if b.dead or name not in _DIAGNOSES:
        return None
    if name == "messages_changed" and _is_shorter(b):
        return Cause("rewound", EXPECTED, API, False)
    return Cause(name, EXPECTED if _is_acted(b) else SUSPECT, API, True)


def _switch(b: Boundary) -> Cause | None:
    if b.step.fast != b.last.step.fast:
        return Cause("fast_mode", EXPECTED, INFERRED, True)
    return Cause("effort_changed", EXPECTED, INFERRED, True) if _is_other_effort(b) else None


def _lifetime(b: Boundary) -> Cause | None:
    tier = b.source.tier or "5m"
    return Cause(f"ttl_expired_{tier}", IDLE, INFERRED, True) if b.dead else None


def _version(b: Boundary) -> Cause | None:
    before, now = b.last.step.version, b.step.version
    other = bool(before) and bool(now) and before != now
    return Cause("version_changed", EXPECTED, INFERRED, False) if other else None


def _process(b: Boundary) -> Cause | None:
    return Cause("resume", SUSPECT, INFERRED, False) if is_started(b.step) else None


def _act(b: Boundary) -> Cause | None:
    if any(mark.startswith(DELTA) for mark in b.step.marks):
        return Cause("tools_delta", EXPECTED, INFERRED, False)
    if _is_acted(b):
        return Cause("user_command", EXPECTED, INFERRED, False)
    return Cause("rewound", EXPECTED, INFERRED, False) if _is_shorter(b) else None


_ORDER: tuple[Callable[[Boundary], Cause | None], ...] = (
    _compaction, _model, _fingerprint, _diagnosis, _switch, _lifetime, _version, _process, _act,
)  # fmt: skip


def _is_acted(b: Boundary) -> bool:
    return not ACTS.isdisjoint(b.step.marks)


def _is_shorter(b: Boundary) -> bool:
    """Cut back by the user, or compacted where the record of it is missing."""
    return b.prompt_tokens < b.limits.rewound_share * b.last.prompt_tokens


def _follows_a_cut(b: Boundary) -> bool:
    before = b.last.step
    return before.aborted or not before.finished or CUT in b.step.marks


def _is_switched(b: Boundary) -> bool:
    return b.step.fast != b.last.step.fast or _is_other_effort(b)


def _is_other_effort(b: Boundary) -> bool:
    before, now = b.last.step.effort, b.step.effort
    return bool(before) and bool(now) and before != now and b.step.model not in EFFORT_EXEMPT
