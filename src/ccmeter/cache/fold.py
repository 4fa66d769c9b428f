"""One call for the requests of a thread that are new: verdicts, alerts and sums in one pass."""

from collections.abc import Iterable
from typing import NamedTuple

from ccmeter.cache.alerts import Alert
from ccmeter.cache.judge import Judged, ThreadState, judge_next
from ccmeter.cache.messages import Rewritten, unknown
from ccmeter.cache.rules import Watch, watch_next
from ccmeter.cache.steps import Step
from ccmeter.cache.tally import Tally, tally_next
from ccmeter.cache.thresholds import LIMITS, Limits

Ran = tuple[str, str]  # version and provider


class Thread(NamedTuple):
    """All that the next request of a thread is judged by; see `keep` for how it is stored."""

    state: ThreadState | None = None
    watch: Watch = Watch()


class Folded(NamedTuple):
    """What new requests of one thread come to."""

    thread: Thread
    judged: list[Judged]  # the rebuilds, or every request
    raised: list[Alert]  # to be settled with what its session has been told
    tallies: dict[Ran, Tally]  # sums over the new requests, to be added to the old ones


def fold(
    thread: Thread,
    steps: Iterable[Step],
    limits: Limits = LIMITS,
    rewritten: Rewritten = unknown,
    *,
    every: bool = False,
) -> Folded:
    """Judge new requests of one thread, in order of their start.

    Folding twice, the second time from where the first ended, gives the same as folding once.
    """
    state, watch = thread
    kept: list[Judged] = []
    found: list[Alert] = []
    tallies: dict[Ran, Tally] = {}
    ran: Ran = ("", "")
    sums = Tally()
    for step in steps:
        state, judged = judge_next(state, step, limits, rewritten)
        watch, raised = watch_next(watch, judged, limits)
        if raised:
            found.extend(raised)
        if every or judged.cause is not None:
            kept.append(judged)
        if step.version != ran[0] or step.provider != ran[1]:
            tallies[ran] = sums
            ran = (step.version, step.provider)
            sums = tallies.get(ran) or Tally()
        sums = tally_next(sums, judged)
    tallies[ran] = sums
    return Folded(
        Thread(state, watch), kept, found, {r: t for r, t in tallies.items() if t.requests}
    )
