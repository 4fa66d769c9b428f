"""One thread: what was remembered of it and its new requests, to what is found about them."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from ccmeter.cache.alerts import Alert
from ccmeter.cache.fold import Folded, Thread, fold
from ccmeter.cache.judge import Judged
from ccmeter.cache.keep import pack_thread, unpack_thread
from ccmeter.cache.messages import Rewritten
from ccmeter.cache.sessions import thread_alerts
from ccmeter.cache.steps import Step
from ccmeter.cache.tally import Losses, Tally, add
from ccmeter.cache.thresholds import Limits
from ccmeter.store.audit import Kept
from ccmeter.store.audit_found import SLOT_MS, Raised, Rebuild, Sums

OPEN = 4  # last requests that are judged anew: their answers may still change
PROVIDERS = ("anthropic", "bedrock", "vertex", "gateway")


class ThreadSums(NamedTuple):
    """Sums over all requests of a thread. Only those of Claude models are judged as a whole."""

    claude: Tally = Tally()
    others_prompt_tokens: int = 0  # of requests that other models answered
    others_read_tokens: int = 0

    def plus(self, tally: Tally, is_claude: bool) -> "ThreadSums":
        """The sums with these of requests that a Claude model, or another one, answered."""
        if is_claude:
            return self._replace(claude=add(self.claude, tally))
        return self._replace(
            others_prompt_tokens=self.others_prompt_tokens + tally.prompt_tokens,
            others_read_tokens=self.others_read_tokens + tally.read_tokens,
        )


class Past(NamedTuple):
    """A thread up to a request that is judged for good."""

    thread: Thread = Thread()
    sums: ThreadSums = ThreadSums()
    closed_ms: int | None = None  # start of that request


class Found(NamedTuple):
    """What a thread's new requests come to."""

    kept: Kept
    sums: Sequence[Sums]
    rebuilds: Sequence[Rebuild]
    raised: Sequence[Raised]


def judge_thread(
    past: Past,
    first_id: int | None,
    steps: Sequence[Step],
    ids: Sequence[int],
    limits: Limits,
    rewritten: Rewritten,
) -> Found:
    """Judge the requests behind `past`, at least one, in order of their start.

    `ids` are those of their rows, `first_id` is the thread's first one's if it is not among them.
    """
    border = _border(steps)
    closed = _Fold(past.thread, past.sums, limits, rewritten)
    closed.go_on(steps[:border], is_open=False)
    open_ = _Fold(closed.thread, closed.total, limits, rewritten)
    open_.go_on(steps[border:], is_open=True)
    last, state, total = steps[-1], open_.thread.state, open_.total
    raised = [*closed.raised, *open_.raised, *thread_alerts(last, total.claude, limits)]
    judged = [*closed.judged, *open_.judged]
    id_of = dict(zip((s.message_id for s in steps), ids, strict=True)) if judged else {}
    closed_ms = steps[border - 1].start_ms if border else past.closed_ms
    kept = Kept(
        ids[0] if first_id is None else first_id,
        last.start_ms,
        state.last.tier if state else "",
        total.claude.prompt_tokens + total.others_prompt_tokens,
        total.claude.read_tokens + total.others_read_tokens,
        closed_ms,
        ids[border:],
        None if closed_ms is None else pack(closed.thread, closed.total),
    )
    return Found(
        kept,
        [*closed.sums, *open_.sums],
        [_rebuild(one, id_of) for one in judged],
        [_raised(alert) for alert in raised],
    )


def _border(steps: Sequence[Step]) -> int:
    """How many requests are judged for good; it never lies between two of the same start."""
    border = max(0, len(steps) - OPEN)
    while border and steps[border - 1].start_ms == steps[border].start_ms:
        border -= 1
    return border


class _Fold:
    """Folds steps slot by slot, and collects what comes of it."""

    def __init__(
        self, thread: Thread, total: ThreadSums, limits: Limits, rewritten: Rewritten
    ) -> None:
        self.thread, self.total = thread, total
        self._limits, self._rewritten = limits, rewritten
        self.sums: list[Sums] = []
        self.judged: list[Judged] = []
        self.raised: list[Alert] = []

    def go_on(self, steps: Iterable[Step], is_open: bool) -> None:
        for (slot, claude), group in groupby(steps, _place):
            folded = fold(self.thread, group, self._limits, self._rewritten)
            self.thread = folded.thread
            self.judged += folded.judged
            self.raised += folded.raised
            self.sums += _sums(folded, is_open, slot, claude)
            for tally in folded.tallies.values():
                self.total = self.total.plus(tally, claude)


def _place(step: Step) -> tuple[int, bool]:
    """When its answer began, as in reports, which may be on the day after it was sent."""
    return step.end_ms // SLOT_MS, step.is_claude


def _sums(folded: Folded, is_open: bool, slot: int, claude: bool) -> Iterator[Sums]:
    for (version, provider), tally in folded.tallies.items():
        yield Sums(
            is_open,
            slot,
            claude,
            version,
            PROVIDERS.index(provider),
            tally.requests,
            tally.prompt_tokens,
            tally.read_tokens,
            tally.cost_usd,
            tally.unpriced,
            tally.exposed,
        )


def _rebuild(judged: Judged, id_of: dict[str, int]) -> Rebuild:
    cause = judged.cause
    finding = (judged.verdict, *cause) if cause else (judged.verdict, "", "", "", False)
    return Rebuild(
        judged.step.start_ms,
        id_of[judged.step.message_id],
        finding,
        judged.expected_read,
        judged.lost_tokens,
        judged.excess_usd,
        judged.gap_ms or 0,
    )


def _raised(alert: Alert) -> Raised:
    return Raised(
        alert.time_ms,
        alert.rule,
        alert.level,
        alert.message,
        alert.advice,
        alert.is_sum,
        alert.tokens,
        alert.usd,
        alert.version,
    )


def pack(thread: Thread, sums: ThreadSums) -> bytes:
    """Return a thread and its sums as bytes to be stored."""
    text = json.dumps(sums, default=str, separators=(",", ":"))
    return zlib.compress(f"{pack_thread(thread)}\n{text}".encode())


def unpack(state: bytes, closed_ms: int) -> Past | None:
    """Return what was packed; None when another release packed it."""
    packed, _, text = zlib.decompress(state).decode().partition("\n")
    thread = unpack_thread(packed)
    if thread is None:
        return None
    claude, *others = json.loads(text)
    return Past(thread, ThreadSums(_tally(*claude), *others), closed_ms)


def _tally(
    requests: int, prompt: int, read: int, cost: str, unpriced: int, exposed: int,
    losses: list[Any],
) -> Tally:  # fmt: skip
    return Tally(
        requests, prompt, read, Decimal(cost), unpriced, exposed,
        tuple(Losses(events, tokens, Decimal(usd), ms) for events, tokens, usd, ms in losses),
    )  # fmt: skip
