"""What the measurements say: every figure against its peer or limit, and whether it is met."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from measure import EMPTY, METER, Measured, OnCorpus
from timing import median

MB = 1_000_000
_GROWS = 1.1  # "not growing": what a peak may vary by between two sizes


class Figure(NamedTuple):
    """A row of the table of results. `met` is None where there is no target."""

    figure: str
    ccmeter: str
    peer: str
    ratio: str
    target: str
    met: bool | None


def seconds(value: float) -> str:
    """Return 1.24 s, or 35 ms below a second."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def size(value: float) -> str:
    """Return 215 MB, or 3.4 MB."""
    return f"{value / MB:,.1f} MB" if value < 10 * MB else f"{value / MB:,.0f} MB"


def times(ratio: float) -> str:
    """Return a ratio with three digits that matter."""
    return f"{ratio:.3g}" if ratio < 100 else f"{ratio:.0f}"


def against(
    figure: str, mine: float, name: str, theirs: float, most: float | None = None
) -> Figure:
    """Return a row with a ratio of two times."""
    ratio = mine / theirs
    target = f"≤ {most:g} ×" if most else ""
    met = ratio <= most if most else None
    return Figure(figure, seconds(mine), f"{name} {seconds(theirs)}", times(ratio), target, met)


def row_of(result: OnCorpus, name: str) -> Measured | None:
    """Return what was measured of a program, None if it was not or failed."""
    return next((row for row in result.programs if row.program.name == name and row.cold), None)


def cold(result: OnCorpus) -> Iterator[Figure]:
    """The first report, from nothing."""
    mine = row_of(result, METER)
    if not mine:
        return
    reports = {
        "last 7 days, on the screen": result.shown,
        "last 7 days, and all is stored": result.first,
        "everything": mine.cold,
    }
    for what, took in reports.items():
        figure = f"cold report, {what}, {result.name}"
        for row in result.programs if took else ():
            if row.cold and row.program.name != METER:
                most = 0.5 if row.program.name == "ccusage" else None
                yield against(figure, median(took), row.program.name, median(row.cold), most)
        if took:
            yield against(figure, median(took), "reading the bytes", result.reading)


def warm(result: OnCorpus) -> Iterator[Figure]:
    """The next report, when nothing is new."""
    mine = row_of(result, METER)
    if not mine or not result.week:
        return
    targets = {"ccusage": 0.08, "tokscale": 0.15}
    reports = {"everything": median(mine.warm), "last 7 days": median(result.week)}
    for row in result.programs:
        name = row.program.name
        if not row.warm or name == METER:
            continue
        for what, took in reports.items():
            if what == "everything" or name in targets:
                figure = f"warm report, {what}, {result.name}"
                yield against(figure, took, name, median(row.warm), targets.get(name))


def memory(results: Sequence[OnCorpus]) -> Iterator[Figure]:
    """Peaks of first reports, and whether they grow with the history."""
    rows = [(result, mine) for result in results if (mine := row_of(result, METER))]
    week = [(result, result.together) for result, _ in rows if result.together]
    yield from _peaks("last 7 days", week)
    yield from _peaks("everything", [(result, mine.together) for result, mine in rows])


def _peaks(what: str, found: Sequence[tuple[OnCorpus, int]]) -> Iterator[Figure]:
    for result, most in found:
        title = f"peak memory, cold report, {what}, {result.name}"
        yield Figure(title, size(most), "", "", "≤ 150 MB", most <= 150 * MB)
        if ccusage := row_of(result, "ccusage"):
            ratio = f"{most / ccusage.together:.2f}"
            yield Figure(title, size(most), f"ccusage {size(ccusage.together)}", ratio, "", None)
    for (small, before), (large, after) in pairwise(found):
        growth = after / before
        yield Figure(
            f"peak memory, {what}, {large.name} over {small.name}",
            size(after),
            f"{small.name} {size(before)}",
            f"{growth:.2f}",
            f"≤ {_GROWS:g} × (not growing)",
            growth <= _GROWS,
        )


def database(results: Sequence[OnCorpus]) -> Iterator[Figure]:
    """The database's bytes over the transcripts' bytes."""
    for result in results:
        if result.database:
            share = result.database / result.counts["bytes"]
            yield Figure(
                f"database, {result.name}",
                size(result.database),
                f"transcripts {size(result.counts['bytes'])}",
                f"{share:.4f}",
                "≤ 0.02 ×",
                share <= 0.02,
            )


def appended(name: str, after: Sequence[float], empty: Sequence[float]) -> Figure:
    """A sync after 1 MB of new lines over an empty sync."""
    more = median(after) - median(empty)
    return Figure(
        f"sync after 1 MB of new lines, {name}",
        seconds(median(after)),
        f"empty sync {seconds(median(empty))}",
        f"{more * 1000:+.0f} ms",
        "≤ +100 ms",
        more <= 0.1,
    )


def statusline(lines: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    """The statusline's whole process."""
    if not lines.get(METER):
        return
    mine = median(lines[METER])
    what = "statusline, whole process"
    yield Figure(what, seconds(mine), "", "", "≤ 40 ms", mine <= 0.04)
    for name, took in lines.items():
        if name != METER and took:
            yield against(what, mine, name, median(took), None if name == EMPTY else 0.5)
