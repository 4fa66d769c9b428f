"""What is remembered between two judgements, as text to be stored: derived, may be dropped."""

import json
from decimal import Decimal
from typing import Any

from ccmeter.cache.alerts import Money
from ccmeter.cache.causes import Past
from ccmeter.cache.fold import Thread
from ccmeter.cache.formats import KEPT
from ccmeter.cache.judge import ThreadState
from ccmeter.cache.patterns import Event, Patterns
from ccmeter.cache.rules import Watch
from ccmeter.cache.runs import Run
from ccmeter.cache.standing import Standing
from ccmeter.cache.steps import Kind, Step


def pack_thread(thread: Thread) -> str:
    """Return the thread as text; of its last requests only what the next one is judged by."""
    state = thread.state
    packed = None
    if state is not None:
        several = [[_past(past) for past in group] for group in (state.others, state.running)]
        before = None if state.before is None else _past(state.before)
        packed = [_past(state.last), before, *several]
    return _dump([KEPT, packed, thread.watch])


def unpack_thread(text: str) -> Thread | None:
    """Return the packed thread, or None when another release packed it."""
    number, packed, watch = json.loads(text)
    if number != KEPT:
        return None
    state = None
    if packed is not None:
        last, before, others, running = packed
        state = ThreadState(
            _to_past(last),
            None if before is None else _to_past(before),
            tuple(map(_to_past, others)),
            tuple(map(_to_past, running)),
        )
    standing, patterns = watch
    return Thread(state, Watch(Standing(*standing), _to_patterns(*patterns)))


def _past(past: Past) -> list[Any]:
    step = past.step
    facts = [
        step.model,
        step.start_ms,
        step.end_ms,
        step.version,
        step.output_tokens,
        step.effort,
        step.fast,
        step.finished,
        step.aborted,
        step.copied,
        step.kind,
        step.request,
    ]
    return [facts, *past[1:]]


def _to_past(packed: list[Any]) -> Past:
    facts, *rest = packed
    model, start, end, version, output, effort, fast, finished, aborted, copied, kind, ref = facts
    step = Step(
        "", "", "", start, end, model, True, version, 0, output, 0, 0, 0,
        effort=effort, fast=fast, finished=finished, aborted=aborted, copied=copied,
        kind=None if kind is None else Kind(*kind), request=ref,
    )  # fmt: skip
    return Past(step, *rest)


def _to_patterns(
    run: Any, floors: Any, recent: Any, clusters: int, resumes: Any, greys: int, idle: Any,
    compactions: int, switches: Any,
) -> Patterns:  # fmt: skip
    return Patterns(
        None if run is None else _to_run(*run),
        tuple(_to_run(*floor) for floor in floors),
        tuple(Event(time, lost, _to_money(usd), grey) for time, lost, usd, grey in recent),
        clusters,
        tuple(resumes),
        greys,
        _to_run(*idle),
        compactions,
        tuple(switches),
    )


def _to_run(floor: int, times: int, tokens: int, usd: str | None, since_ms: int) -> Run:
    return Run(floor, times, tokens, _to_money(usd), since_ms)


def _to_money(text: str | None) -> Money:
    return None if text is None else Decimal(text)


def _dump(value: object) -> str:
    return json.dumps(value, default=str, separators=(",", ":"))
