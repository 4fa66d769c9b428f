"""When an id turns out to be reused, nothing is lost that no file tells any more."""

import os
from contextlib import suppress
from typing import Any

import pytest
from meter import Meter, fresh
from worlds import compact

from ccmeter.ingest import carry_out, plan
from ccmeter.transcripts.reader import SEGMENT

FIRST, SECOND = "p/s0.jsonl", "p/s1.jsonl"


def line(request: str, tokens: int, second: int, **about: Any) -> bytes:
    steps = [{"type": "advisor_message", "model": "advisor", "input_tokens": 1000 + tokens}]
    usage = {"input_tokens": tokens, "output_tokens": tokens, "iterations": steps}
    message = {"id": "x", "model": "proxy", "stop_reason": "end_turn", "usage": usage}
    time = f"2026-01-01T00:00:0{second}.000Z"
    record = {"type": "assistant", "timestamp": time, "requestId": request, "cwd": f"/w/{request}"}
    return compact(record | {"message": message} | about) + b"\n"


def told(meter: Meter) -> dict[str, tuple[int, str, str, str]]:
    """Input, second, session and folder of every row."""
    owners = {key: (session, cwd) for key, session, _, _, cwd, *_ in meter.owners()}
    return {
        key: (row["input"], row["time"][18:19], *owners[key]) for key, row in meter.rows().items()
    }


def alone(request: str, tokens: int, second: int, session: str) -> dict[str, Any]:
    """A response with one call inside, as its own line tells of both."""
    about = (str(second), session, f"/w/{request}")
    key = f"x:{request}"
    return {key: (tokens, *about), f"{key}:advisor:0": (1000 + tokens, *about)}


def kill(meter: Meter) -> None:
    """Make a pass that ends behind its first transaction."""

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    found = plan(meter.connection, [str(meter.folder)])
    with suppress(KeyboardInterrupt):
        carry_out(meter.connection, found, enough=1, stored=stop)


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
@pytest.mark.parametrize(("one", "two"), [(50, 9), (9, 50)])
def test_each_response_has_its_own_time_and_owner_again(
    order: tuple[str, str], one: int, two: int
) -> None:
    lines = {FIRST: line("r1", one, 1), SECOND: line("r2", two, 5)}
    with fresh() as meter:
        for path in order:
            meter.write(path, lines[path])
            meter.sync()
        meter.write(SECOND, lines[SECOND] + line("r3", 20, 7))
        meter.sync()

        assert told(meter) == {
            **alone("r1", one, 1, "s0"),
            **alone("r2", two, 5, "s1"),
            **alone("r3", 20, 7, "s1"),
        }


def test_the_first_file_that_tells_of_a_response_owns_it_again() -> None:
    """The later one is a copy that does not say so, though its path decides a tie."""
    original, copy = line("r1", 50, 1, cwd="/own"), line("r1", 50, 1, cwd="/copy")
    with fresh() as meter:
        meter.write(FIRST, original)
        meter.sync()
        meter.write(SECOND, copy)
        meter.sync()
        meter.write(SECOND, copy + line("r2", 9, 5))
        meter.sync()

        assert told(meter)["x:r1"] == (50, "1", "s0", "/own")


def test_what_a_deleted_file_told_is_kept() -> None:
    with fresh() as meter:
        first = meter.write(FIRST, line("r1", 50, 1))
        meter.write(SECOND, line("r2", 9, 5))
        meter.sync()
        first.unlink()
        meter.write(SECOND, line("r2", 9, 5) + line("r3", 20, 7))
        meter.sync()

        assert told(meter) == {
            **alone("r1", 50, 1, "s0"),
            **alone("r2", 9, 5, "s1"),
            **alone("r3", 20, 7, "s1"),
        }


@pytest.mark.parametrize(
    "instead",
    [
        b'{"type":"summary"}\n',
        b"",
        line("r1", 40, 3),  # at the very place
    ],
)
def test_what_a_rewritten_file_told_is_kept(instead: bytes) -> None:
    with fresh() as meter:
        meter.write(FIRST, line("r1", 50, 1))
        meter.write(SECOND, line("r2", 9, 5))
        meter.sync()
        meter.write(FIRST, instead)
        meter.write(SECOND, line("r2", 9, 5) + line("r3", 20, 7))
        meter.sync()

        assert told(meter) == {
            **alone("r1", 50, 1, "s0"),
            **alone("r2", 9, 5, "s1"),
            **alone("r3", 20, 7, "s1"),
        }


def test_a_file_that_is_deleted_before_it_could_be_read_again_is_kept_as_its_line_told() -> None:
    """The pass that found the id out was killed, and the next one came late."""
    with fresh() as meter:
        meter.write(FIRST, line("r1", 9, 1))
        second = meter.write(SECOND, line("r2", 50, 5))
        meter.sync()
        meter.write(FIRST, line("r1", 9, 1) + line("r3", 20, 7))
        kill(meter)
        second.unlink()
        meter.sync()

        assert told(meter) == {
            **alone("r1", 9, 1, "s0"),
            **alone("r2", 50, 5, "s1"),
            **alone("r3", 20, 7, "s0"),
        }


@pytest.mark.parametrize("whole", [b"", b"\n"])
def test_a_last_line_without_newline_gives_an_id_away(whole: bytes) -> None:
    with fresh() as meter:
        meter.write(FIRST, line("r1", 9, 1))
        meter.sync()
        meter.write(FIRST, line("r1", 9, 1) + line("r2", 50, 5).rstrip() + whole)
        meter.sync()

        assert told(meter) == {**alone("r1", 9, 1, "s0"), **alone("r2", 50, 5, "s0")}


def test_files_that_grow_in_the_pass_that_finds_an_id_out_are_read_again_whole() -> None:
    with fresh() as meter:
        meter.write(FIRST, line("r1", 50, 1))
        meter.write(SECOND, line("r2", 9, 5))
        meter.sync()
        meter.write(FIRST, line("r1", 50, 1) + line("r3", 20, 7))
        meter.write(SECOND, line("r2", 9, 5) + b'{"type":"summary"}\n')
        meter.sync()

        assert told(meter) == {
            **alone("r1", 50, 1, "s0"),
            **alone("r2", 9, 5, "s1"),
            **alone("r3", 20, 7, "s0"),
        }


def test_a_file_that_was_moved_since_is_not_taken_for_lost() -> None:
    """Though it would be looked at after the one that gives the id away."""
    with fresh() as meter:
        first = meter.write(FIRST, line("r1", 50, 5))
        meter.write(SECOND, line("r2", 9, 1))
        meter.sync()
        meter.write(SECOND, line("r2", 9, 1) + line("r3", 20, 7))
        moved = first.rename(meter.projects / "p/moved.jsonl")
        os.utime(moved, (1 << 31, 1 << 31))
        meter.sync()

        assert told(meter) == {
            **alone("r1", 50, 5, "moved"),
            **alone("r2", 9, 1, "s1"),
            **alone("r3", 20, 7, "s1"),
        }


@pytest.mark.parametrize(("one", "two"), [(50, 9), (9, 50)])
@pytest.mark.parametrize("stored", ["r1", "r2"])
def test_a_large_file_gives_an_id_away_though_it_is_read_in_stretches(
    stored: str, one: int, two: int
) -> None:
    """One of its lines is a copy of what is stored."""
    filler = (b'{"type":"summary","summary":"' + b"x" * 9_999 + b'"}\n') * (SEGMENT // 5_000)
    tokens = {"r1": one, "r2": two}
    with fresh() as meter:
        meter.write(FIRST, line(stored, tokens[stored], 1))
        meter.sync()
        meter.write(SECOND, line("r1", one, 1) + filler + line("r2", two, 5))
        meter.sync()

        assert {key: row[0] for key, row in told(meter).items() if "advisor" not in key} == {
            "x:r1": one,
            "x:r2": two,
        }


def test_sizes_of_unfinished_lines_stay_with_their_own_response() -> None:
    def started(request: str, output: int) -> bytes:
        message = {"id": "x", "model": "proxy", "stop_reason": None, "content": []}
        message["usage"] = {"output_tokens": output}
        return line(request, 0, 1, uuid=request, message=message)

    query = "select key from blocks join responses using (key_hash)"
    with fresh() as meter:
        meter.write(FIRST, started("r1", 2))
        meter.write(SECOND, started("r2", 1))
        meter.sync()
        assert meter.connection.execute(query).fetchall() == [("x",), ("x",)]
        meter.write(SECOND, started("r2", 1) + line("r3", 20, 7))
        meter.sync()

        assert meter.connection.execute(query).fetchall() == [("x:r1",)]
