"""Rules about rebuilds: R1, R2, R2b, R3, R5, and the advice on what only costs."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.cache import wording
from ccmeter.cache.alerts import ADVICE, ALARM, INFO, NOTICE, WARNING, Alert, Money, plus
from ccmeter.cache.causes import IDLE, SUSPECT
from ccmeter.cache.judge import SUSPECT_REBUILD, Judged
from ccmeter.cache.runs import Run, extend, is_same_floor
from ccmeter.cache.steps import MAIN, is_started
from ccmeter.cache.thresholds import Limits

_ZERO = Decimal()
_FLOORS = 8  # different ones that are remembered of a thread
_SWITCHES = frozenset({"model_changed", "effort_changed", "fast_mode"})


class Event(NamedTuple):
    """One suspect material rebuild."""

    time_ms: int
    tokens: int
    usd: Money
    is_grey: bool


class Patterns(NamedTuple):
    """What these rules remember of one thread."""

    run: Run | None = None  # pinned rebuilds up to the last request
    floors: tuple[Run, ...] = ()
    recent: tuple[Event, ...] = ()
    clusters: int = 0
    resumes: tuple[bool, ...] = ()  # of the last ones: was the cache lost?
    greys: int = 0
    idle: Run = Run(0, 0, 0, _ZERO, 0)
    compactions: int = 0
    switches: tuple[int, ...] = ()  # times of the last ones


QUIET = Patterns()

Found = tuple[Patterns, Alert | None]


def recognise(
    patterns: Patterns, judged: Judged, limits: Limits
) -> tuple[Patterns, tuple[Alert, ...]]:
    """Return what is remembered after one more request, and the alerts that it raises."""
    raised = []
    rules = _SUSPECT_RULES if judged.verdict == SUSPECT_REBUILD else _OTHER_RULES
    for rule in rules:
        patterns, alert = rule(patterns, judged, limits)
        if alert is not None:
            raised.append(alert)
    return patterns, tuple(raised)


def _one(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """R1: every suspect material rebuild; its level grows with what it cost."""
    usd, tokens = judged.excess_usd, judged.lost_tokens
    if _is_grey(judged, limits):
        patterns = patterns._replace(greys=patterns.greys + (tokens >= limits.grey_tokens))
        told = tokens >= limits.grey_tokens and patterns.greys >= limits.grey_occasions
        level = NOTICE if told else INFO
    else:
        level = _size(tokens, usd, limits)
    message, advice = wording.rebuild(judged), wording.what_to_do(judged)
    return patterns, _alert(judged, "R1", level, message, advice)


def _size(tokens: int, usd: Money, limits: Limits) -> str:
    known = usd or _ZERO
    if known >= limits.warning_usd or tokens >= limits.warning_tokens:
        return WARNING
    if known >= limits.notice_usd or tokens >= limits.notice_tokens:
        return NOTICE
    return INFO


def _is_grey(judged: Judged, limits: Limits) -> bool:
    """In the 5-minute tier entries often vanish early; only evidence makes that a suspicion."""
    sure = judged.cause is not None and judged.cause.sure
    gap = judged.gap_ms or 0
    return judged.tier == "5m" and gap >= limits.grey_from_ms and not sure


def _in_a_row(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """R2: consecutive rebuilds that read the same and write most of the prompt again."""
    if not _is_pinning(judged, limits):
        return (patterns._replace(run=None) if patterns.run else patterns), None
    run = patterns.run
    run = extend(run if run and is_same_floor(run, judged, limits) else None, judged)
    patterns = patterns._replace(run=run)
    return patterns, _pinned(judged, "R2", run, limits, in_a_row=True)


def _is_pinning(judged: Judged, limits: Limits) -> bool:
    cause = judged.cause
    if cause is None or cause.kind != SUSPECT:
        return False
    return judged.written_tokens >= limits.pinned_write_share * judged.expected_read


def _again(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """R2b: suspect rebuilds that fall back to the same floor, hits in between or not."""
    known = [run for run in patterns.floors if is_same_floor(run, judged, limits)]
    run = extend(known[0] if known else None, judged)
    others = tuple(old for old in patterns.floors if old not in known[:1])
    patterns = patterns._replace(floors=(*others, run)[-_FLOORS:])
    return patterns, _pinned(judged, "R2b", run, limits, in_a_row=False)


def _pinned(judged: Judged, rule: str, run: Run, limits: Limits, in_a_row: bool) -> Alert | None:
    if run.times < limits.pinned_count:
        return None
    message = wording.pinned(run, in_a_row)
    new = (run.tokens, run.usd) if run.times == limits.pinned_count else None
    advice = wording.pinned_advice(judged.step.agent)
    return _alert(judged, rule, ALARM, message, advice, new)


def _resume(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """R3: the first request of a new process lost a cache that was still alive."""
    cause = judged.cause
    excused = cause is not None and cause.kind != SUSPECT
    if judged.step.agent != MAIN or not is_started(judged.step) or excused or not judged.tier:
        return patterns, None
    lost = judged.verdict == SUSPECT_REBUILD
    resumes = (*patterns.resumes, lost)[-limits.resumes_seen :]
    patterns = patterns._replace(resumes=resumes)
    if not lost:
        return patterns, None
    bad = sum(resumes)
    level = ALARM if bad >= limits.resumes_bad else NOTICE
    message = wording.resumes(bad, len(resumes), judged)
    return patterns, _alert(judged, "R3", level, message, wording.RESUME_ADVICE)


def _cluster(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """R5: several suspect material rebuilds within an hour."""
    now = judged.step.start_ms
    event = Event(now, judged.lost_tokens, judged.excess_usd, _is_grey(judged, limits))
    near = [old for old in patterns.recent if now - old.time_ms <= limits.cluster_ms]
    recent = (*near, event)[-limits.cluster_count :]
    patterns = patterns._replace(recent=recent)
    if len(recent) < limits.cluster_count:
        return patterns, None
    tokens = sum(old.tokens for old in recent)
    usd: Money = _ZERO
    for old in recent:
        usd = plus(usd, old.usd)
    new = None if patterns.clusters else (tokens, usd)
    level = NOTICE if all(old.is_grey for old in recent) else WARNING
    message = wording.cluster(len(recent), recent[0].time_ms, tokens, usd)
    patterns = patterns._replace(clusters=patterns.clusters + 1)
    return patterns, _alert(judged, "R5", level, message, wording.CLUSTER_ADVICE, new)


def _idle(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """Advice: what pauses beyond the lifetime cost in this thread."""
    if judged.cause is None or judged.cause.kind != IDLE:
        return patterns, None
    idle = extend(patterns.idle if patterns.idle.times else None, judged)
    patterns = patterns._replace(idle=idle)
    usd = idle.usd or _ZERO
    if usd < limits.advice_idle_usd and idle.tokens < limits.advice_idle_tokens:
        return patterns, None
    message = wording.idle(idle)
    alert = _alert(judged, "idle", ADVICE, message, wording.IDLE_ADVICE, (idle.tokens, idle.usd))
    return patterns, alert._replace(is_sum=True)


def _compactions(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """Advice: how often the thread was compacted."""
    if not any(mark.startswith("compact:") or mark == "compact" for mark in judged.step.marks):
        return patterns, None
    count = patterns.compactions + 1
    patterns = patterns._replace(compactions=count)
    if count < limits.advice_compactions:
        return patterns, None
    message, step = wording.compactions(count), wording.COMPACTION_ADVICE
    return patterns, _alert(judged, "compactions", ADVICE, message, step, (0, None))


def _switches(patterns: Patterns, judged: Judged, limits: Limits) -> Found:
    """Advice: model, effort or fast mode switched to and fro."""
    if judged.cause is None or judged.cause.name not in _SWITCHES:
        return patterns, None
    now = judged.step.start_ms
    near = [old for old in patterns.switches if now - old <= limits.advice_switches_ms]
    switches = (*near, now)[-limits.advice_switches :]
    patterns = patterns._replace(switches=switches)
    if len(switches) < limits.advice_switches:
        return patterns, None
    message = wording.switches(len(switches), switches[0])
    return patterns, _alert(judged, "ping-pong", ADVICE, message, wording.SWITCH_ADVICE)


def _alert(
    judged: Judged,
    rule: str,
    level: str,
    message: str,
    advice: str,
    new: tuple[int, Money] | None = None,
) -> Alert:
    """An alert at this request about `new`, which is the request's own loss if not given."""
    step = judged.step
    tokens, usd = new or (judged.lost_tokens, judged.excess_usd)
    message = wording.of_agent(step.agent, message)
    place = (step.session, step.agent, step.start_ms)
    return Alert(rule, level, *place, message, advice, tokens, usd, step.version)


Rule = Callable[[Patterns, Judged, Limits], Found]
_SUSPECT_RULES: tuple[Rule, ...] = (_one, _in_a_row, _again, _resume, _cluster, _compactions)
_OTHER_RULES: tuple[Rule, ...] = (_in_a_row, _resume, _idle, _compactions, _switches)
