"""Ids that a proxy reuses within a subagent's file are told apart; what is copied there is not."""

from collections.abc import Sequence

import pytest
from meter import Meter, fresh
from worlds import compact

MAIN, AGENT = "p/s.jsonl", "p/s/subagents/agent-a.jsonl"


def line(request: str | None, tokens: int, *, agent: bool = True, model: str = "proxy") -> bytes:
    usage = {"input_tokens": tokens, "output_tokens": tokens}
    message = {"id": "x", "model": model, "stop_reason": "end_turn", "usage": usage}
    record = {"type": "assistant", "sessionId": "s", "timestamp": "2026-01-01T00:00:00.000Z"}
    about = {"requestId": request, "isSidechain": agent, "message": message}
    return compact(record | about | ({"agentId": "a"} if agent else {})) + b"\n"


def arrive(meter: Meter, path: str, lines: Sequence[bytes], *, one_by_one: bool) -> None:
    for end in range(1, len(lines) + 1) if one_by_one else [len(lines)]:
        meter.write(path, b"".join(lines[:end]))
        meter.sync_file(path) if end % 2 else meter.sync()


def tokens(meter: Meter) -> list[tuple[int, int]]:
    """Of each response, and how far its owner is from being a main thread."""
    return sorted((row["input"], row["place"]) for row in meter.rows().values())


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize(
    "lines",
    [
        [line("r1", 10), line("r2", 20), line("r3", 30)],
        [line(None, 10, model="a"), line(None, 20, model="b"), line(None, 30, model="c")],
    ],
)
def test_a_constant_id_in_an_agents_file_hides_no_response(
    lines: list[bytes], one_by_one: bool
) -> None:
    with fresh() as meter:
        arrive(meter, AGENT, lines, one_by_one=one_by_one)

        assert tokens(meter) == [(10, 1), (20, 1), (30, 1)]


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("order", [[MAIN, AGENT], [AGENT, MAIN]])
def test_the_response_that_started_an_agent_is_counted_once_though_its_id_is_reused(
    order: list[str], one_by_one: bool
) -> None:
    """The agent's file begins with a copy of it, which belongs to the main thread."""
    files = {
        MAIN: [line("r1", 10, agent=False)],
        AGENT: [line("r1", 10), line("r2", 20), line("r3", 30)],
    }
    with fresh() as meter:
        for path in order:
            arrive(meter, path, files[path], one_by_one=one_by_one)

        assert tokens(meter) == [(10, 0), (20, 1), (30, 1)]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_copy_for_an_agent_folds_whatever_its_request_id(one_by_one: bool) -> None:
    with fresh() as meter:
        arrive(meter, MAIN, [line("r1", 10, agent=False)], one_by_one=one_by_one)
        arrive(meter, AGENT, [line("new", 10), line("new", 10)], one_by_one=one_by_one)

        assert tokens(meter) == [(10, 0)]


def test_an_agents_file_gives_an_id_away_whatever_the_main_thread_says() -> None:
    """Its second line has the request id that is stored, which is not that of its first."""
    with fresh() as meter:
        arrive(meter, MAIN, [line("r2", 10, agent=False)], one_by_one=True)
        arrive(meter, AGENT, [line("r1", 20), line("r2", 10)], one_by_one=True)

        assert tokens(meter) == [(10, 0), (20, 1)]
