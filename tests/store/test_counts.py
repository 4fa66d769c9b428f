"""How many responses a pass says it found: those that were not there before it."""

import json
import os
from typing import Any

import pytest
from meter import Meter, fresh

CALL = {"type": "advisor_message", "model": "advisor", "input_tokens": 5}


def line(key: str, output: int, *calls: dict[str, Any], final: bool = True) -> bytes:
    usage = {"input_tokens": 1, "output_tokens": output, "iterations": list(calls)}
    message = {
        "id": key,
        "model": "claude-opus-5-5",
        "stop_reason": "end_turn" if final else None,
        "usage": usage,
    }
    record = {
        "type": "assistant",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "sessionId": "s",
        "message": message,
    }
    return json.dumps(record).encode() + b"\n"


def found(meter: Meter, data: bytes) -> tuple[int, int]:
    with (meter.projects / "-w" / "s.jsonl").open("ab") as file:
        file.write(data)
    stats = meter.sync()
    return stats.responses_new, stats.responses_changed


@pytest.fixture
def begun() -> Any:
    """A response that is not finished, with a call inside it."""
    with fresh() as meter:
        meter.write("-w/s.jsonl", b"")
        assert found(meter, line("m1", 1, CALL, final=False)) == (2, 0)
        yield meter


def test_a_response_that_gets_the_row_of_a_dropped_call_is_new(begun: Meter) -> None:
    """Both in one transaction: the call is dropped before the other file's response is stored."""
    begun.write("-w/t.jsonl", line("m2", 1))
    os.utime(begun.projects / "-w/t.jsonl", (4e9, 4e9))

    assert found(begun, line("m1", 9)) == (1, 1)
    assert begun.rows().keys() == {"m1", "m2"}


def test_a_call_that_is_told_again_by_a_better_line_is_not_new(begun: Meter) -> None:
    assert found(begun, line("m1", 9, CALL)) == (0, 2)
    assert begun.rows().keys() == {"m1", "m1:advisor:0"}


def test_a_call_that_only_the_better_line_tells_of_is_new(begun: Meter) -> None:
    assert found(begun, line("m1", 9, CALL, CALL)) == (1, 2)
    assert begun.rows().keys() == {"m1", "m1:advisor:0", "m1:advisor:1"}


def test_a_copy_in_another_file_is_not_new(begun: Meter) -> None:
    begun.write("-w/t.jsonl", line("m1", 1, CALL, final=False))

    assert begun.sync().responses_new == 0
    assert begun.rows().keys() == {"m1", "m1:advisor:0"}
