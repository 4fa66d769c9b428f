"""A count that no response can have is no count, and breaks nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

COMMANDS = [("report", "--last", "all"), ("audit", "--last", "all"), ("plans", "--last", "all")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_time_in_the_place_of_a_count_is_no_tokens(
    transcript: Any, answer: Any, ok: Callable[..., str], command: tuple[str, ...]
) -> None:
    line = answer("m1", "2026-11-23T12:00:00.000Z")
    line["message"]["usage"]["output_tokens"] = 1_763_632_800_000
    transcript(line, answer("m2", "2026-11-23T12:01:00.000Z"))

    ok(*command)
    found = json.loads(ok("report", "--last", "all", "--json"))["totals"]

    assert found["responses"] == 2
    assert found["output_tokens"] < 10**6


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_millions_of_dollars_in_a_quarter_of_an_hour_are_reported(
    transcript: Any, answer: Any, ok: Callable[..., str], command: tuple[str, ...]
) -> None:
    lines = [answer(f"m{n}", f"2026-11-23T12:00:{n % 60:02}.{n:03}Z") for n in range(600)]
    for line in lines:
        line["message"]["usage"]["output_tokens"] = 2**31 - 1
    transcript(*lines)

    ok(*command)

    found = json.loads(ok("report", "--last", "all", "--json"))["totals"]
    assert found["output_tokens"] == 600 * (2**31 - 1)
