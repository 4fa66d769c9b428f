"""A proxy that gives one message id to several responses cannot hide any of them."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meter import fresh
from worlds import compact


class Said(NamedTuple):
    """One line: an id of the proxy, a request of its file, and what the line says."""

    ident: str
    request: int
    output: int
    final: bool


said = st.builds(
    Said, st.sampled_from(("x0", "x1")), st.integers(0, 2), st.integers(0, 3), st.booleans()
)
files = st.lists(st.lists(said, min_size=1, max_size=5), min_size=1, max_size=3)


def line(said: Said, file: int) -> bytes:
    message = {
        "id": said.ident,
        "model": "proxy",
        "stop_reason": "end_turn" if said.final else None,
        # the input tells which response it is
        "usage": {"input_tokens": 10 * file + said.request, "output_tokens": said.output},
    }
    record = {
        "type": "assistant",
        "sessionId": f"s{file}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "requestId": f"r{file}.{said.request}",
        "message": message,
    }
    return compact(record) + b"\n"


def right(files: list[list[Said]]) -> Iterable[tuple[int, int]]:
    """Input and output of every response. One file that shows two requests gives the id away."""
    for ident in ("x0", "x1"):
        mine = [(n, s) for n, file in enumerate(files) for s in file if s.ident == ident]
        requests = {(n, s.request) for n, s in mine}
        reused = len(requests) > len({n for n, _ in requests})
        groups = [[m] for m in requests] if reused else [requests]
        for group in groups:
            lines = [
                (s.final, s.output, n, at, s)
                for at, (n, s) in enumerate(mine)
                if (n, s.request) in group
            ]
            if lines:
                _, output, n, _, best = max(lines)
                yield 10 * n + best.request, output


@given(
    files=files, order=st.permutations(range(3)), pieces=st.lists(st.integers(0, 2), max_size=12)
)
def test_whatever_is_read_first_every_response_is_counted_once(
    files: list[list[Said]], order: list[int], pieces: list[int]
) -> None:
    grown = [0] * 3
    with fresh() as meter:

        def write(number: int, length: int) -> None:
            lines = [line(s, number) for s in files[number][:length]]
            meter.write(f"p/s{number}.jsonl", b"".join(lines))
            if length % 2:
                meter.sync_file(f"p/s{number}.jsonl")
            meter.sync()

        for number in pieces:
            if number < len(files):
                grown[number] += 1
                write(number, grown[number])
        for number in order:
            if number < len(files):
                write(number, 5)
        counted = sorted((row["input"], row["output"]) for row in meter.rows().values())

    assert counted == sorted(right(files))


@pytest.mark.parametrize("stored", [0, 1])
@pytest.mark.parametrize("outputs", [(1, 9), (9, 1)])
def test_two_lines_whose_ids_come_to_the_same_are_one_response_with_the_higher_count(
    outputs: tuple[int, int], stored: int
) -> None:
    """A line without an id is named after its request, and another may have that very name."""
    other = line(Said("x0", 1, 5, True), 0)
    named, unnamed = Said("req:r0.0", 0, outputs[0], True), Said("", 0, outputs[1], True)
    with fresh() as meter:
        if stored:
            meter.write("p/s0.jsonl", other)
            meter.sync()
        meter.write("p/s1.jsonl", other + line(named, 0) + line(unnamed, 0))
        meter.sync()

        assert {key: row["output"] for key, row in meter.rows().items()} == {"x0": 5, "req:r0.0": 9}
