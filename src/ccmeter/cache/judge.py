"""The verdict on each request of a thread: was what should be in the cache read back from it?

A fold: `judge_next` needs one small record of the past and costs the same however long the
thread is. The usual request takes the first exit.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.cache.causes import EXPECTED, IDLE, SUSPECT, Boundary, Cause, Past, find_cause
from ccmeter.cache.messages import Rewritten, unknown
from ccmeter.cache.steps import Step, StepPrices
from ccmeter.cache.thresholds import LIMITS, Limits

COLD, OK, UNCACHED, UNCACHED_TAIL = "cold", "ok", "uncached", "uncached_tail"
PARTIAL_OK = "partial_ok"  # more read than was known to be cached, less than the last prompt
SUSPECT_REBUILD, EXPECTED_REBUILD = "suspect_rebuild", "expected_rebuild"
IDLE_REBUILD = "idle_rebuild"
PARTIAL_REBUILD, PARTIAL_EXPECTED = "partial_rebuild", "partial_expected"
REBUILDS = frozenset(
    {SUSPECT_REBUILD, EXPECTED_REBUILD, IDLE_REBUILD, PARTIAL_REBUILD, PARTIAL_EXPECTED}
)
EXPOSED = frozenset({OK, PARTIAL_OK, UNCACHED_TAIL, PARTIAL_REBUILD, SUSPECT_REBUILD})

_MATERIAL = {SUSPECT: SUSPECT_REBUILD, EXPECTED: EXPECTED_REBUILD, IDLE: IDLE_REBUILD}
_ZERO = Decimal()
_MTOK = Decimal(1_000_000)
_OTHER_MODELS = 4  # whose last request is remembered
_RUNNING = 8  # parallel requests that are remembered


class Judged(NamedTuple):
    """The verdict on one request. Tokens are counts, `excess_usd` is None when unpriced."""

    step: Step
    verdict: str
    prompt_tokens: int
    written_tokens: int
    gap_ms: int | None = None  # start to start; None for the first request of a thread
    expected_read: int = 0
    tier: str = ""  # lifetime of what was expected to be read
    cause: Cause | None = None  # of a rebuild
    lost_tokens: int = 0  # of a rebuild: expected, but not read
    excess_usd: Decimal | None = _ZERO  # what it cost more than a hit

    @property
    def is_material(self) -> bool:
        """Whether most of a large prefix was lost."""
        return self.verdict in (SUSPECT_REBUILD, EXPECTED_REBUILD, IDLE_REBUILD)

    @property
    def gap_s(self) -> float | None:
        """Seconds from the start of the previous request to the start of this one."""
        return None if self.gap_ms is None else self.gap_ms / 1000


class ThreadState(NamedTuple):
    """All that the next verdict of a thread depends on."""

    last: Past
    before: Past | None = None  # what `last` was compared with
    others: tuple[Past, ...] = ()  # the last request of each other model
    running: tuple[Past, ...] = ()  # parallel ones, not ended when `last` began


def judge(
    steps: Iterable[Step], limits: Limits = LIMITS, rewritten: Rewritten = unknown
) -> list[Judged]:
    """Return the verdicts on the requests of one thread, given in order of their start."""
    state: ThreadState | None = None
    found = []
    for step in steps:
        state, judged = judge_next(state, step, limits, rewritten)
        found.append(judged)
    return found


def judge_next(
    state: ThreadState | None,
    step: Step,
    limits: Limits = LIMITS,
    rewritten: Rewritten = unknown,
) -> tuple[ThreadState, Judged]:
    """Return the verdict on the next request of a thread, and the state after it.

    `rewritten` compares the messages of two fingerprints; it is asked about rebuilds only.
    """
    read = step.cache_read_tokens
    written = step.cache_write_5m_tokens + step.cache_write_1h_tokens
    cached = read + written
    prompt = cached + step.input_tokens
    if state is None:
        past = Past(step, cached, prompt, _tier(step, ""))
        return ThreadState(past), Judged(step, COLD, prompt, written)
    last, before, others, running = state
    start = step.start_ms
    if last.step.model == step.model and last.step.end_ms <= start and not running:
        source: Past | None = last
    else:
        source, others, running = _look_back(state, step)
    tier = last.tier if source is None else source.tier
    past = Past(step, cached, prompt, _tier(step, tier) if written else tier)
    after = ThreadState(past, source or before, others, running)
    gap = start - last.step.start_ms
    if source is None or step.copied or (last.step.copied and _is_dead(source, step, limits)):
        return after, Judged(step, COLD, prompt, written, gap)
    known = source.cached_tokens
    expected = known if known < prompt else prompt
    if expected - read < limits.miss_tokens or read >= limits.hit_share * expected:
        plain = known and read and read <= known and step.input_tokens < limits.tail_tokens
        verdict = OK if plain else _hit(step, source, cached, prompt, limits)
        return after, Judged(step, verdict, prompt, written, gap, expected, tier)
    if step.cache_requested == "off" and not cached:
        return after, Judged(step, UNCACHED, prompt, written, gap)
    dead = _is_dead(source, step, limits)
    boundary = Boundary(step, last, source, prompt, gap, dead, rewritten, limits)
    return after, _miss(boundary, expected, written)


def _tier(step: Step, carried: str) -> str:
    """The lifetime of the last write: a request that writes nothing says nothing about it."""
    short, long = step.cache_write_5m_tokens, step.cache_write_1h_tokens
    if not short and not long:
        return carried
    return "1h" if long >= short else "5m"


def _hit(step: Step, source: Past, cached: int, prompt: int, limits: Limits) -> str:
    """Name a request that read what it should."""
    if not source.cached_tokens or not cached:
        return COLD if cached else UNCACHED
    uncached, read = step.input_tokens, step.cache_read_tokens
    if uncached >= limits.tail_tokens and uncached >= limits.tail_share * prompt:
        return UNCACHED_TAIL
    short = min(source.prompt_tokens, prompt) - read
    return PARTIAL_OK if read > source.cached_tokens and short >= limits.miss_tokens else OK


def _miss(b: Boundary, expected: int, written: int) -> Judged:
    step, limits = b.step, b.limits
    read = step.cache_read_tokens
    loss = expected - read
    cause = find_cause(b)
    if loss >= limits.material_tokens and read < limits.material_share * expected:
        verdict = _MATERIAL[cause.kind]
    else:
        verdict = PARTIAL_REBUILD if cause.kind == SUSPECT else PARTIAL_EXPECTED
    return Judged(
        step,
        verdict,
        b.prompt_tokens,
        written,
        b.gap_ms,
        expected,
        b.source.tier,
        cause,
        loss,
        _excess(step, loss, written),
    )


def _excess(step: Step, loss: int, written: int) -> Decimal | None:
    """What the lost tokens cost more than reading them, in USD; never negative."""
    if step.prices is None:
        return None
    rewritten = min(loss, written)
    dear = _write_price(step, step.prices, written) - step.prices.read if rewritten else _ZERO
    plain = step.prices.input - step.prices.read
    return max(_ZERO, (rewritten * dear + (loss - rewritten) * plain) / _MTOK)


def _write_price(step: Step, prices: StepPrices, written: int) -> Decimal:
    short = step.cache_write_5m_tokens * prices.write_5m
    return (short + step.cache_write_1h_tokens * prices.write_1h) / written


def _is_dead(source: Past, step: Step, limits: Limits) -> bool:
    long = source.tier == "1h"
    lifetime = limits.lifetime_1h_ms if long else limits.lifetime_5m_ms
    return step.start_ms - source.step.start_ms > lifetime - limits.lifetime_slack_ms


def _look_back(
    state: ThreadState, step: Step
) -> tuple[Past | None, tuple[Past, ...], tuple[Past, ...]]:
    """Return what the request should have read, the other models' past, and what still runs.

    After a switch of models that is the last request of its own model; among parallel requests
    the last one that had ended before this one began, or None.
    """
    last = state.last
    if last.step.model != step.model:
        own = [past for past in state.others if past.step.model == step.model]
        rest = [past for past in state.others if past.step.model != step.model]
        return (own[0] if own else last), (*rest, last)[-_OTHER_MODELS:], ()
    near = [past for past in (last, *state.running) if past.step.end_ms > step.start_ms]
    known = (last, *state.running, *((state.before,) if state.before else ()))
    ended = [
        past
        for past in known
        if past.step.end_ms <= step.start_ms and past.step.model == step.model
    ]
    source = max(ended, key=lambda past: past.step.end_ms, default=None)
    return source, state.others, tuple(near[:_RUNNING])
