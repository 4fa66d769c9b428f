"""Forks that do not say so: the parent owns what they repeat, even where it is read later."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from meter import Meter, fresh

DAY_S = 86_400
LONG = b'{"type":"user","message":"' + b"x" * (5 << 20) + b'"}\n'  # more than is read at once


def line(key: str, session: str, **more: Any) -> bytes:
    call = {"type": "advisor_message", "model": "advisor", "input_tokens": 5}
    usage = {"input_tokens": 1, "output_tokens": 2, "iterations": [call]}
    message = {"id": key, "model": "claude-opus-5-5", "stop_reason": "end_turn", "usage": usage}
    record = {
        "type": "assistant",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "sessionId": session,
        "message": message,
    }
    return json.dumps(record | more).encode() + b"\n"


def put(meter: Meter, session: str, day: int, *lines: bytes, folder: str = "-w") -> None:
    path = meter.write(f"{folder}/{session}.jsonl", b"".join(lines))
    os.utime(path, (day * DAY_S, day * DAY_S))


def owner(meter: Meter, key: str) -> str:
    return next(session for known, session, *_ in meter.owners() if known == key)


def repeated(meter: Meter) -> set[tuple[str, str]]:
    query = """
    select session, key from copies join sessions on sessions.id = session_id
    join responses on responses.key_hash = copies.key_hash
    """
    return set(meter.connection.execute(query))


@pytest.fixture
def forked() -> Iterator[Meter]:
    """A session of the third day that repeats another's response, read before the other is."""
    with fresh() as meter:
        put(meter, "fork", 3, line("old", "fork"), line("new", "fork"))
        put(meter, "parent", 1, line("old", "parent"), line("end", "parent"))
        assert meter.sync(since_ms=3 * DAY_S * 1000, little=0).postponed
        yield meter


def test_the_parent_that_is_read_later_owns_its_responses(forked: Meter) -> None:
    assert owner(forked, "old") == "fork"

    forked.sync()

    assert owner(forked, "old") == owner(forked, "old:advisor:0") == "parent"
    assert owner(forked, "new") == owner(forked, "new:advisor:0") == "fork"
    assert ("fork", "old") in repeated(forked)
    assert all(session == "fork" for session, _ in repeated(forked))


def test_so_it_does_when_it_is_read_in_stretches_and_that_is_interrupted(forked: Meter) -> None:
    put(forked, "parent", 1, line("first", "parent"), LONG, LONG, line("old", "parent"))

    def interrupt(done: int, _total: int) -> None:
        if done > len(LONG) + 1000:  # what was read before is stored
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forked.sync(enough=1, progress=interrupt)
    assert owner(forked, "first") == "parent"
    assert owner(forked, "old") == "fork"
    forked.sync()

    assert owner(forked, "old") == "parent"


def test_a_fork_takes_nothing_when_its_parent_went_on_after_it() -> None:
    with fresh() as meter:
        put(meter, "parent", 1, line("old", "parent"))
        meter.sync()
        put(meter, "fork", 2, line("old", "fork"))
        meter.sync()
        put(meter, "parent", 3, line("old", "parent"), line("end", "parent"))

        for full in (False, True):
            meter.sync(full=full)

            assert owner(meter, "old") == "parent"


def test_a_backup_of_a_fork_takes_nothing() -> None:
    with fresh() as meter:
        put(meter, "parent", 1, line("old", "parent"))
        put(meter, "fork", 2, line("old", "fork"))
        meter.sync()
        put(meter, "parent", 3, line("old", "parent"), line("end", "parent"))
        meter.sync()
        put(meter, "fork", 2, line("old", "fork"), folder="-backup")

        meter.sync()

        assert owner(meter, "old") == "parent"
