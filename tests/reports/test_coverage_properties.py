"""Whatever the history: no order of files, no cut of the period and no growth changes a session."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from metered import Line, Place, answer, copied, meter, place_in

DAY = 24 * 60
Files = dict[str, list[Line]]


@contextmanager
def somewhere() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        yield from place_in(Path(folder))


@st.composite
def families(draw: st.DrawFn) -> Files:
    """A session over some days, its subagent, its fork, and a session that is killed."""
    lines: list[Line] = []
    usd, minute = 0.0, 0.0
    for number in range(draw(st.integers(1, 6))):
        minute += draw(st.integers(1, 2 * DAY))
        lines.append(answer("p", f"p{number}", minute))
        usd += 0.014 + draw(st.sampled_from([0, 0.001, 0.02]))
        if draw(st.booleans()):
            lines.append(meter("p", usd, number + 1))
    cut = draw(st.integers(0, len(lines)))
    shared = [copied(line, "f") for line in lines[:cut] if line["type"] == "assistant"]
    before = [line["totalCostUSD"] for line in lines[:cut] if line["type"] == "cost-state"]
    own = [answer("f", f"f{n}", minute + n + 1) for n in range(draw(st.integers(0, 2)))]
    total = (before or [0.0])[-1] + 0.015 * len(own)
    files = {
        "p": lines,
        "p/subagents/agent-a": [answer("p", "a1", 1.5, isSidechain=True, agentId="a")],
        "f": [*shared, *own, meter("f", total, 50)],
        "killed": [answer("killed", "k1", minute)],
    }
    return {name: content for name, content in files.items() if content}


def coverage(place: Place, since: str = "2026-11-01", until: str = "2026-12-31") -> object:
    return place.report(since, until).coverage


@settings(max_examples=40)
@given(files=families(), ages=st.permutations(range(4)))
def test_no_order_of_files_changes_a_session(files: Files, ages: list[int]) -> None:
    with somewhere() as one, somewhere() as other:
        for (name, lines), age in zip(files.items(), ages, strict=False):
            one.write(name, *lines)
            other.write(name, *lines, age_s=100 * age)

        assert coverage(one.sync()) == coverage(other.sync())


@settings(max_examples=40)
@given(files=families(), order=st.randoms(use_true_random=False))
def test_files_that_grow_line_by_line_come_to_the_same(files: Files, order: object) -> None:
    with somewhere() as whole, somewhere() as grown:
        left = {name: list(lines) for name, lines in files.items()}
        for name, lines in files.items():
            whole.write(name, *lines)
            grown.write(name)
        while left:
            name = order.choice(sorted(left))  # type: ignore[attr-defined]
            grown.add(name, left[name].pop(0))
            if not left[name]:
                del left[name]
            grown.sync()

        assert coverage(grown) == coverage(whole.sync())


@settings(max_examples=40)
@given(files=families(), days=st.lists(st.integers(1, 16), max_size=3))
def test_no_cut_of_the_period_changes_a_session(files: Files, days: list[int]) -> None:
    first, end = date(2026, 11, 23), date(2026, 12, 31)
    cuts = sorted({first, *(first + timedelta(days=n) for n in days), end + timedelta(days=1)})
    with somewhere() as place:
        for name, lines in files.items():
            place.write(name, *lines)
        whole = place.sync().report("2026-11-23", "2026-12-31").coverage.sessions
        seen = {}
        for since, until in pairwise(cuts):
            part = place.report(str(since), str(until - timedelta(days=1))).coverage.sessions
            assert {name: whole[name] for name in part} == part
            seen |= part

        assert seen == whole
