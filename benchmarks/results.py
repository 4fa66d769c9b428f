"""RESULTS.md: figures and measurements as tables."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from figures import Figure, seconds, size
from measure import Measured, OnCorpus
from peers import Missing
from timing import median

_PLACES = re.compile(r"\S+://\S+|(?<![\w.])/[\w.]\S+")  # no host and no folder of a machine
_MET = {True: "yes", False: "**no**", None: ""}


class Document(NamedTuple):
    """All that a run has to say."""

    command: str
    how: str  # how ccmeter was started
    machine: Sequence[tuple[str, str]]
    figures: Sequence[Figure]
    results: Sequence[OnCorpus]
    missing: Sequence[Missing]
    unmeasured: Sequence[str]
    rounds: int
    right_after: bool = True  # ccmeter's totals, after new lines


def render(document: Document) -> str:
    """Return the page as Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield "# Results"
    yield ""
    yield f"Written by `{document.command}`; [README.md](README.md) says what is measured and how."
    yield ""
    yield from table(("", ""), document.machine)
    yield ""
    yield f"ccmeter is {document.how}. Medians of {document.rounds} rounds in turn, the page"
    yield "cache warm for all; what takes more than a minute is run twice. Memory is what all"
    yield "processes of a program hold together at their peak, in a run that is not timed."
    yield ""
    yield "## Figures"
    yield ""
    head = ("figure", "ccmeter", "peer or limit", "ratio", "target", "met")
    yield from table(head, [(*figure[:5], _MET[figure.met]) for figure in document.figures])
    for words in document.unmeasured:
        yield ""
        yield f"Not measured in this run: {placeless(words)}."
    for result in document.results:
        yield from _corpus(result)
    yield from _missing(document.missing)


def _corpus(result: OnCorpus) -> Iterator[str]:
    counts = result.counts
    yield ""
    yield f"## {result.name}"
    yield ""
    yield (
        f"{counts['bytes'] / 1e6:,.0f} MB in {counts['files']:,} files, {counts['lines']:,} lines, "
        f"{counts['responses']:,} responses. Reading the bytes alone: {seconds(result.reading)}."
    )
    yield ""
    head = ("program", "version", "cold", "warm", "memory", "largest process", "totals", "remark")
    yield from table(head, [_program(row) for row in result.programs])


def _program(row: Measured) -> tuple[str, ...]:
    program = row.program
    if row.failed:
        return (
            program.name,
            program.version,
            "",
            "",
            "",
            "",
            f"failed: {placeless(row.failed)}",
            "",
        )
    return (
        program.name,
        program.version,
        spread(row.cold),
        spread(row.warm),
        size(row.together),
        size(row.largest),
        row.verdict.words,
        program.remark,
    )


def spread(values: Sequence[float]) -> str:
    """Return the median with the least and the most: 2.21 s (2.19-2.40)."""
    if not values:
        return ""
    middle, least, most = seconds(median(values)), min(values), max(values)
    unit = middle.partition(" ")[2]
    scale, places = (1, 2) if unit == "s" else (1000, 0)
    return f"{middle} ({least * scale:.{places}f}-{most * scale:.{places}f})"


def _missing(missing: Sequence[Missing]) -> Iterator[str]:
    if missing:
        yield ""
        yield "## Peers that could not be had"
        yield ""
        reasons = [(name, placeless(reason)) for name, reason in missing]
        yield from table(("peer", "reason"), reasons)


def placeless(text: str) -> str:
    """Return the words without addresses and paths."""
    return _PLACES.sub("...", text)


def shown(arguments: Sequence[str]) -> list[str]:
    """Return the options without those that only name folders of this machine."""
    parts = iter(arguments)
    kept = []
    for part in parts:
        name, _, value = part.partition("=")
        if name not in ("--cache", "--out", "--python"):
            kept.append(part)
        elif not value:
            next(parts, None)
    return kept


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
