"""An id that is found out late to be reused: what was folded under it is told apart again."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from meter import Meter, fresh
from worlds import compact

from ccmeter.ingest import carry_out, plan

PATHS = ("p/s0.jsonl", "p/s1.jsonl", "p/s0/subagents/agent-a.jsonl")
LEFT = "select count(*) from {} where key_hash in (select key_hash from reused_ids)"


class Said(NamedTuple):
    """One line: an id of the proxy, the request that it answers, and what the line says."""

    ident: str
    request: int
    output: int
    final: bool
    second: int
    advised: bool


class File(NamedTuple):
    """A gateway tells requests by their models only. Files may tell of the same requests."""

    gateway: bool
    lines: list[Said]


said = st.builds(
    Said,
    ident=st.sampled_from(("x0", "x1")),
    request=st.integers(0, 2),
    output=st.integers(0, 3),
    final=st.booleans(),
    second=st.integers(0, 9),
    advised=st.booleans(),
)
files = st.lists(
    st.builds(File, st.booleans(), st.lists(said, min_size=1, max_size=4)), min_size=3, max_size=3
)
stages = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(("sync", "file", "wait", "killed"))), max_size=12
)


def model(said: Said) -> str:
    return f"m{said.request % 2}"


def name(file: File, said: Said) -> str:
    return model(said) if file.gateway else f"r{said.request}"


def record(said: Said, number: int, file: File) -> dict[str, Any]:
    usage = {"input_tokens": 10 * number + said.request, "output_tokens": said.output}
    advice = {"type": "advisor_message", "model": "advisor", "input_tokens": 100 + number}
    message = {
        "id": said.ident,
        "model": model(said),
        "stop_reason": "end_turn" if said.final else None,
        "content": [{"type": "text", "text": "."}],
        "usage": usage | ({"iterations": [advice]} if said.advised else {}),
    }
    about = {
        "type": "assistant",
        "sessionId": "s0",
        "isSidechain": "agent" in PATHS[number],
        "timestamp": f"2026-01-01T00:00:0{said.second}.000Z",
        "requestId": None if file.gateway else name(file, said),
    }
    return about | {"message": message}


def content(number: int, file: File) -> list[bytes]:
    return [compact(record(said, number, file)) + b"\n" for said in file.lines]


def right(files: list[File]) -> Iterator[tuple[int, int, str, int]]:
    """Input, output, time and place of every response, and of every call inside one."""
    for ident in ("x0", "x1"):
        shown = [
            (name(file, said), (said.final, said.output, PATHS[n], at), said, n)
            for n, file in enumerate(files)
            for at, said in enumerate(file.lines)
            if said.ident == ident
        ]
        reused = any(
            len({each[0] for each in of_file}) > 1
            for _, of_file in groupby(shown, key=lambda each: each[3])
        )
        for group in {each[0] for each in shown} if reused else {None} if shown else ():
            mine = [each for each in shown if group in (None, each[0])]
            _, _, best, number = max(mine, key=lambda each: each[1])
            time = f"2026-01-01T00:00:0{min(said.second for *_, said, _ in mine)}.000Z"
            place = min(int("agent" in PATHS[n]) for *_, n in mine)
            yield 10 * number + best.request, best.output, time, place
            if best.advised:
                yield 100 + number, 0, time, place


def counted(meter: Meter) -> list[tuple[int, int, str, int]]:
    rows = meter.rows().values()
    return sorted((row["input"], row["output"], row["time"], row["place"]) for row in rows)


def left(meter: Meter) -> int:
    """How much is kept under reused ids that belongs to no response any more."""
    counts = (meter.connection.execute(LEFT.format(each)) for each in ("copies", "blocks"))
    return sum(count for ((count,),) in counts)


def killed(meter: Meter) -> None:
    """Make a pass that ends behind its first transaction."""

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        carry_out(
            meter.connection, plan(meter.connection, [str(meter.folder)]), enough=1, stored=stop
        )


@given(files=files, stages=stages, order=st.permutations(range(3)))
def test_reused_ids_end_the_same_in_any_number_of_stages_and_in_any_order(
    files: list[File], stages: list[tuple[int, str]], order: list[int]
) -> None:
    """A stage: a file grows by a line, then a pass is made, by a process that may be killed."""
    lines = [content(number, file) for number, file in enumerate(files)]
    grown = [0, 0, 0]
    with fresh() as meter, fresh() as other:
        for number, then in [*stages, *((number, "sync") for number in order for _ in range(4))]:
            grown[number] += 1
            meter.write(PATHS[number], b"".join(lines[number][: grown[number]]))
            if then == "file":
                meter.sync_file(PATHS[number])
            elif then != "wait":
                killed(meter) if then == "killed" else meter.sync()
        for number in range(3):
            other.write(PATHS[number], b"".join(lines[number]))
            os.utime(other.projects / PATHS[number], (order[number], order[number]))
        other.sync()

        assert counted(other) == sorted(right(files))
        assert counted(meter) == counted(other)
        assert meter.rows() == other.rows()
        assert left(meter) == 0
