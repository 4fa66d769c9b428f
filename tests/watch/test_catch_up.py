"""The first pass over a long history: the last days come first, and others may go between."""

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from world import World, answer

from ccmeter.audit.pending import is_judged_since
from ccmeter.cache.thresholds import LIMITS
from ccmeter.pricing.book import load_book
from ccmeter.store.db import open_rw
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


def seen_between(
    history: World, look: Callable[[list[str]], None] = lambda _: None
) -> list[list[str]]:
    """Run the pass; return what was stored each time that the lock could be had meanwhile."""
    found = []
    reading = history.start("catch-up")
    while reading.poll() is None:
        with suppress(LockBusyError), writer_lock(str(history.home), 0.0):
            found.append(history.keys())
            look(found[-1])
        time.sleep(0.01)
    assert reading.communicate() == ("", "")
    assert history.keys() == ["new", "old"]
    return found


def test_whoever_waits_finds_the_last_days_and_need_not_wait_for_the_rest(history: World) -> None:
    assert ["new"] in seen_between(history)


def test_meanwhile_the_last_days_are_judged(history: World) -> None:
    judged = []
    since_ms = round((time.time() - 6 * DAY_S) * 1000)  # a report's week begins later

    def look(keys: list[str]) -> None:
        with closing(open_rw(str(history.home))) as connection:
            if keys == ["new"]:
                judged.append(is_judged_since(connection, load_book(), LIMITS, since_ms))

    seen_between(history, look)
    assert judged
    assert all(judged)


def test_a_history_of_the_last_days_is_read_at_once(history: World) -> None:
    os.utime(history.claude / "projects" / "-w-garden" / "old.jsonl")

    assert ["new"] not in seen_between(history)
