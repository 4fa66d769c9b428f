"""The first pass over a long history: the last days come first, and others may go between."""

import os
import time
from contextlib import suppress

import pytest
from world import World, answer

from ccmeter.store.lock import LockBusyError, writer_lock

DAY_S = 86_400
MUCH = b'{"type":"user","message":"' + b"x" * (1 << 20) + b'"}\n'  # a line of a megabyte


@pytest.fixture
def history(world: World) -> World:
    """A session of today, and a long one that ended months ago."""
    world.add("new", "new")
    old = world.write("old", answer("old", "old", ago_s=100 * DAY_S), *[MUCH] * 70)
    os.utime(old, (time.time() - 100 * DAY_S,) * 2)
    return world


def seen_between(history: World) -> list[list[str]]:
    """Run the pass; return what was stored each time that the lock could be had meanwhile."""
    found = []
    reading = history.start("catch-up")
    while reading.poll() is None:
        with suppress(LockBusyError), writer_lock(str(history.home), 0.0):
            found.append(history.keys())
        time.sleep(0.01)
    assert reading.communicate() == ("", "")
    assert history.keys() == ["new", "old"]
    return found


def test_whoever_waits_finds_the_last_days_and_need_not_wait_for_the_rest(history: World) -> None:
    assert ["new"] in seen_between(history)


def test_a_history_of_the_last_days_is_read_at_once(history: World) -> None:
    os.utime(history.claude / "projects" / "-w-garden" / "old.jsonl")

    assert ["new"] not in seen_between(history)
