"""A first report in a history of 30 days: that is what Claude Code's clean-up leaves of any."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import corpora
import timing
from figures import Figure, against
from grown import KEPT_DAYS
from measure import WEEK, Bench, clean
from peers import Program
from subject import LAST_WEEK
from timing import Failed, median

PEER = "ccusage"
_MOST = 0.5  # of its time


class First(NamedTuple):
    """Cold runs on such a history, in seconds. Nothing of the peer where there is none."""

    name: str
    shown: Sequence[float]  # ccmeter's report of the last seven days, until it is shown
    stored: Sequence[float]  # and until everything is stored
    peer: Sequence[float]
    reading: float  # the bytes alone


def first(bench: Bench, folder: Path, size: str, programs: Sequence[Program]) -> First:
    """Measure it on a history of that size; Failed where ccmeter does."""
    bench.say(f"{size} of {KEPT_DAYS} days: corpus")
    corpus = corpora.build(folder, "--size", size, "--days", str(KEPT_DAYS))
    corpora.read_seconds(corpus)  # into the page cache
    reading = corpora.read_seconds(corpus)
    week = bench.meter.program(WEEK, *LAST_WEEK)
    shown: list[float] = []

    def mine() -> float:
        bench.empty(corpus, week)
        done = bench.run(corpus, week)
        shown.append(done.shown_seconds)
        return done.seconds

    def theirs(program: Program) -> float:
        bench.empty(corpus, program)
        return bench.run(corpus, program).seconds

    bench.say("cold")
    runs = {p.name: partial(theirs, p) for p in programs if p.name == PEER}
    taken, failed = timing.in_turn(bench.rounds, {WEEK: mine, **runs})
    clean(bench, corpus)
    if WEEK in failed:
        raise Failed(failed[WEEK])
    return First(f"{size} of {KEPT_DAYS} days", shown, taken[WEEK], taken.get(PEER, ()), reading)


def rows(found: First) -> Iterator[Figure]:
    """The times against the peer's, or against the bytes."""
    for what, took in (("on the screen", found.shown), ("and all is stored", found.stored)):
        figure = f"cold report, last 7 days, {what}, {found.name}"
        if found.peer:
            yield against(figure, median(took), PEER, median(found.peer), _MOST)
        yield against(figure, median(took), "reading the bytes", found.reading)
