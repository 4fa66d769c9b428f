"""The picture of a session as bars: one per request, or per few healthy ones in a long session."""

from collections.abc import Sequence
from typing import NamedTuple

from ccmeter.cache.causes import EXPECTED, IDLE, SUSPECT
from ccmeter.cache.judge import Judged

READ, WRITTEN, UNCACHED = "read", "written", "uncached"
_BANDS = 3  # rows of bars; what does not fit is put together


class Bar(NamedTuple):
    """Prompt tokens by what became of them; of several requests together their means."""

    read: float
    written: float
    uncached: float
    start_ms: int
    requests: int = 1
    mark: str = ""  # of a rebuild: what the legend calls it

    @property
    def total(self) -> float:
        """All tokens sent."""
        return self.read + self.written + self.uncached


class Marked(NamedTuple):
    """A rebuild and its letter: a capital when it has no ordinary cause."""

    mark: str
    judged: Judged


def marks(thread: Sequence[Judged]) -> list[Marked]:
    """Return the rebuilds of a thread with their letters, in order; * when letters run out."""
    found, used = [], {True: 0, False: 0}
    for one in thread:
        if one.cause is None:
            continue
        suspect = one.cause.kind == SUSPECT
        number = used[suspect]
        used[suspect] += 1
        letter = chr((ord("A") if suspect else ord("a")) + number) if number < 26 else "*"
        found.append(Marked(letter, one))
    return found


def bars(thread: Sequence[Judged], width: int) -> list[list[Bar]]:
    """Return rows of at most `width` bars, at most a few of them, rebuilds always by themselves.

    Only when there are more rebuilds than room are they put together as well.
    """
    width = max(1, width)
    letters = {id(found.judged): found.mark for found in marks(thread)}
    single = [_bar(judged, letters.get(id(judged), "")) for judged in thread]
    joined = single
    size = 1
    while len(joined) > _BANDS * width:
        size += 1
        joined = _joined(single, size, alone=size <= len(single) // width)
    return [joined[n : n + width] for n in range(0, len(joined), width)]


def _bar(judged: Judged, mark: str) -> Bar:
    step = judged.step
    return Bar(
        step.cache_read_tokens, judged.written_tokens, step.input_tokens, step.start_ms, 1, mark
    )


def _joined(single: Sequence[Bar], size: int, alone: bool) -> list[Bar]:
    """Put up to `size` neighbours together; those with a mark stay `alone`."""
    groups: list[list[Bar]] = []
    for bar in single:
        fits = bool(groups) and len(groups[-1]) < size
        if fits and not (alone and (bar.mark or groups[-1][0].mark)):
            groups[-1].append(bar)
        else:
            groups.append([bar])
    return [_mean(group) for group in groups]


def _mean(group: Sequence[Bar]) -> Bar:
    count = len(group)
    return Bar(
        sum(bar.read for bar in group) / count,
        sum(bar.written for bar in group) / count,
        sum(bar.uncached for bar in group) / count,
        group[0].start_ms,
        count,
        next((bar.mark for bar in group if bar.mark), ""),
    )


def cells(bar: Bar, top: float, height: int) -> list[str]:
    """Return what fills each cell of the bar from the bottom up; "" for an empty one.

    A request is never rounded away; small parts of it may be.
    """
    filled = max(1, round(height * bar.total / top)) if bar.total else 0
    parts = ((READ, bar.read), (WRITTEN, bar.written), (UNCACHED, bar.uncached))
    found: list[str] = []
    reached = 0.0
    for name, tokens in parts:
        reached += tokens
        until = round(filled * reached / bar.total) if bar.total else 0
        found += [name] * (until - len(found))
    return found + [""] * (height - len(found))


KIND_STYLES = {SUSPECT: "alarm", IDLE: "warning", EXPECTED: "quiet"}
