"""The measurements: every one a list of seconds or a number of bytes, nothing judged yet."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import corpora
import timing
import totals
from peers import Program, fresh_home, statusline
from subject import EVERYTHING, LAST_WEEK, Meter, database_bytes, payload
from timing import Failed, environment

METER, WEEK = "ccmeter", "ccmeter, last 7 days"
EMPTY = "Python that does nothing"
Say = Callable[[str], None]


class Measured(NamedTuple):
    """A program on one corpus. Empty lists and 0 where it failed."""

    program: Program
    cold: Sequence[float] = ()
    warm: Sequence[float] = ()
    largest: int = 0  # bytes of its largest process, cold
    together: int = 0  # bytes of all its processes at once, cold
    verdict: totals.Verdict = totals.Verdict(None, "not run")
    failed: str = ""


class OnCorpus(NamedTuple):
    """All programs on one corpus."""

    name: str
    counts: Mapping[str, int]
    reading: float  # seconds for the bytes alone
    programs: Sequence[Measured]
    shown: Sequence[float]  # ccmeter's report of the last seven days, cold: until it is shown
    first: Sequence[float]  # and until everything is stored
    week: Sequence[float]  # the same, warm
    together: int  # bytes of all its processes at once, in the first; 0 where it failed
    database: int  # bytes


class Bench:
    """Where and how everything is run."""

    def __init__(self, work: Path, meter: Meter, rounds: int, timeout: float, say: Say) -> None:
        self.work, self.meter, self.rounds, self.timeout = work, meter, rounds, timeout
        self.say = say

    def program(self) -> Program:
        """Return ccmeter's report on everything, which is what the peers do."""
        return self.meter.program(METER, *EVERYTHING)

    def home(self, corpus: Path, program: Program) -> Path:
        """Return the home of a program that works on a corpus."""
        return self.work / f"{corpus.name}-homes" / program.name.replace(" ", "-").replace(",", "")

    def empty(self, corpus: Path, program: Program) -> Path:
        """Return that home, emptied of all that the program kept."""
        home = self.home(corpus, program)
        fresh_home(home, corpus)
        if program.name in (METER, WEEK):
            self.meter.fresh_home(home)
        return home

    def run(self, corpus: Path, program: Program, sums: bool = False) -> timing.Run:
        """Run it once, on what it kept."""
        words, env = self.how(corpus, program, sums)
        return timing.run(words, env, timeout=self.timeout, codes=program.codes)

    def peak(self, corpus: Path, program: Program) -> int:
        """Run it once, slowly; return the bytes of all its processes at their peak."""
        words, env = self.how(corpus, program)
        return timing.peak(words, env, timeout=self.timeout, codes=program.codes)

    def how(
        self, corpus: Path, program: Program, sums: bool = False
    ) -> tuple[list[str], dict[str, str]]:
        """Return the words and the environment that run it."""
        home = self.home(corpus, program)
        env = environment(home, **program.variables(home, corpus))
        return program.words(home, corpus, sums), env

    def told(self, corpus: Path, program: Program) -> totals.Verdict:
        """Hold the program's totals against the truth."""
        try:
            done = self.run(corpus, program, sums=True)
        except Failed as error:
            return totals.Verdict(None, str(error))
        home = self.home(corpus, program)
        written = program.writes.replace("{home}", str(home))
        out = Path(written).read_bytes() if written else done.out
        assert program.reads
        return totals.check(totals.truth_of(corpus), program.reads(out))


def on_corpus(bench: Bench, name: str, corpus: Path, peers: Sequence[Program]) -> OnCorpus:
    """Measure all programs on one corpus, cold and warm."""
    programs = {program.name: program for program in [bench.program(), *peers]}
    corpora.read_seconds(corpus)  # into the page cache
    reading = min(corpora.read_seconds(corpus) for _ in range(3))
    week = bench.meter.program(WEEK, *LAST_WEEK)
    together, broken = _peaks(bench, corpus, {**programs, WEEK: week})
    usable = {key: p for key, p in {**programs, WEEK: week}.items() if key not in broken}
    largest = dict.fromkeys(usable, 0)
    shown: dict[str, list[float]] = {key: [] for key in usable}

    def cold(program: Program) -> float:
        bench.empty(corpus, program)
        done = bench.run(corpus, program)
        largest[program.name] = max(largest[program.name], done.peak_bytes)
        shown[program.name].append(done.shown_seconds)
        return done.seconds

    bench.say("cold")
    colds, failed = timing.in_turn(bench.rounds, _each(cold, usable))
    broken |= failed
    usable = {key: program for key, program in usable.items() if key not in broken}
    bench.say("warm")
    if WEEK in usable:
        bench.run(corpus, week)  # judges what a first report leaves to the next command
    warm = _each(lambda program: bench.run(corpus, program).seconds, usable)
    warms, failed = timing.in_turn(bench.rounds, warm)
    broken |= failed
    bench.say("totals")
    rows = [
        Measured(program, failed=broken[key])
        if key in broken
        else Measured(
            *(program, colds[key], warms[key]),
            *(largest[key], max(largest[key], together[key])),
            bench.told(corpus, program),
        )
        for key, program in programs.items()
    ]
    counts = {
        what: corpora.count(corpus, what) for what in ("bytes", "files", "lines", "responses")
    }
    database = database_bytes(bench.home(corpus, bench.program()))
    first, again, most = colds.get(WEEK, ()), warms.get(WEEK, ()), together.get(WEEK, 0)
    seen = shown[WEEK] if first else ()
    return OnCorpus(name, counts, reading, rows, seen, first, again, most, database)


def _each(
    measure: Callable[[Program], float], programs: Mapping[str, Program]
) -> dict[str, Callable[[], float]]:
    def bound(program: Program) -> Callable[[], float]:
        return lambda: measure(program)

    return {name: bound(program) for name, program in programs.items()}


def _peaks(
    bench: Bench, corpus: Path, programs: Mapping[str, Program]
) -> tuple[dict[str, int], dict[str, str]]:
    bench.say("memory")
    taken, failed = {}, {}
    for name, program in programs.items():
        bench.empty(corpus, program)
        try:
            taken[name] = bench.peak(corpus, program)
        except Failed as error:
            failed[name] = str(error)
    return taken, failed


def after_append(bench: Bench, corpus: Path) -> tuple[Sequence[float], Sequence[float], bool]:
    """Return the seconds of a sync after 1 MB of new lines, and of an empty one; totals right?"""
    sync = bench.meter.program(METER, "sync")
    appended, empty = [], []
    for _ in range(bench.rounds):
        corpora.append(corpus, 1)
        appended.append(bench.run(corpus, sync).seconds)
        empty.append(bench.run(corpus, sync).seconds)
    return appended, empty, bench.told(corpus, bench.program()).right is True


def statuslines(
    bench: Bench, corpus: Path, cache: Path, with_peer: bool
) -> dict[str, Sequence[float]]:
    """Return the seconds of whole statusline processes on a corpus that was reported on."""
    stdin = payload(corpus)
    nothing = (bench.meter.python, "-S", "-c", "pass")
    lines = {
        METER: bench.meter.program(METER, "statusline"),
        EMPTY: Program(EMPTY, "", nothing),
    }
    if with_peer:
        # at its best, when it may answer from its cache, and when it may not
        cached = statusline(cache, "--refresh-interval", "3600")
        lines["ccusage (npm), its cache"] = cached
        lines["ccusage (npm), --no-cache"] = statusline(cache, "--no-cache")
        fresh_home(bench.home(corpus, cached), corpus)

    def once(program: Program) -> float:
        words, env = bench.how(corpus, program)
        return timing.run(words, env, stdin, timeout=bench.timeout).seconds

    bench.say("statuslines")
    timing.in_turn(1, _each(once, lines))  # the first fills caches
    seconds, failed = timing.in_turn(4 * bench.rounds, _each(once, lines))
    for name, reason in failed.items():
        bench.say(f"statusline of {name}: {reason}")
    return {name: took for name, took in seconds.items() if name not in failed}


def clean(bench: Bench, corpus: Path) -> None:
    """Remove what the programs kept."""
    shutil.rmtree(bench.work / f"{corpus.name}-homes", ignore_errors=True)
