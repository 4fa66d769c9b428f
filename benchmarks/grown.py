"""Warm reports over histories of several sizes: with the files that the client keeps, and all."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import corpora
import timing
from figures import Figure, seconds
from measure import METER, Bench
from subject import LAST_WEEK
from timing import Failed, median

KEPT_DAYS = 30  # for which Claude Code keeps a transcript, unless it is told otherwise
_MOST = 1.5  # times as long, with ten times the responses


class Growth(NamedTuple):
    """Warm reports of the last seven days over one history."""

    responses: int
    days: int
    files: int  # that are still there
    seconds: Sequence[float]


class Grown(NamedTuple):
    """The histories, the smallest first."""

    usual: list[Growth]  # with the transcripts of the last KEPT_DAYS
    whole: list[Growth]  # with all


def growth(bench: Bench, folder: Path, kinds: Sequence[tuple[int, int]]) -> Grown:
    """Measure histories of so many responses in so many days."""
    stands = [_stand(bench, folder, *kind) for kind in kinds]
    whole = _reports(bench, stands)
    with ExitStack() as stack:
        for corpus, _ in stands:
            stack.enter_context(corpora.cleaned_up(corpus, KEPT_DAYS))
        return Grown(_reports(bench, stands), whole)


def _stand(bench: Bench, folder: Path, responses: int, days: int) -> tuple[Path, int]:
    bench.say(f"a database of {responses:,} responses in {days:,} days")
    corpus = corpora.build(folder, "--responses", str(responses), "--days", str(days))
    sync = bench.meter.program(METER, "sync")
    bench.empty(corpus, sync)
    bench.run(corpus, sync)
    return corpus, days


def _reports(bench: Bench, stands: Sequence[tuple[Path, int]]) -> list[Growth]:
    report = bench.meter.program(METER, *LAST_WEEK)
    for corpus, _ in stands:
        bench.run(corpus, report)  # what it keeps ready is kept
    taken, failed = timing.in_turn(
        max(3, bench.rounds),
        {
            corpus.name: lambda corpus=corpus: bench.run(corpus, report).seconds  # type: ignore[misc]
            for corpus, _ in stands
        },
    )
    if failed:
        raise Failed("; ".join(failed.values()))
    return [
        Growth(
            corpora.count(corpus, "responses"),
            days,
            sum(1 for _ in (corpus / "projects").rglob("*.jsonl")),
            taken[corpus.name],
        )
        for corpus, days in stands
    ]


def rows(found: Grown) -> Iterator[Figure]:
    """Compare each history with the smallest that has lost, or kept, as many days of files."""
    for how, histories in (("", found.usual), (", no file ever deleted", found.whole)):
        first, *rest = histories
        base = median(first.seconds)
        for each in rest:
            ratio = median(each.seconds) / base
            yield Figure(
                f"warm report of 7 days, {each.responses:,} responses in {each.days:,} days,"
                f" {each.files:,} files{how}",
                seconds(median(each.seconds)),
                f"{first.responses:,} in {first.days} days, {first.files:,} files {seconds(base)}",
                f"{ratio:.2f}",
                f"≤ {_MOST} ×",
                ratio <= _MOST,
            )
