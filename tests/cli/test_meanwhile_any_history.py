"""What is answered while older transcripts are unread is what is answered when all is read."""

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from ccmeter.cli.meanwhile import look_meanwhile
from ccmeter.cli.place import Place
from ccmeter.cli.source import bring_up_to_date, build, reading
from ccmeter.config import Config
from ccmeter.ingest import carry_out, plan, plan_files
from ccmeter.reports.asked import Filters
from ccmeter.reports.overview import Report
from ccmeter.reports.period import Period
from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock

FIRST = 1_793_491_200  # 1 November 2026
HOUR, DAY = 3_600, 86_400
UNTIL = 30  # of November


class Session(NamedTuple):
    """When it was answered (hours since the first of the month), and what it repeats of others."""

    hours: Sequence[int]
    copies: int  # responses of the session before it, as a fork has them


class World(NamedTuple):
    sessions: Sequence[Session]
    first_day: int  # of the report
    turns: Sequence[int]  # of whoever reads the rest: a session each
    grows: bool  # a session of these days has a line more

    @property
    def forked(self) -> bool:
        return any(session.copies for session in self.sessions)


hours = st.lists(st.integers(0, 24 * 28), min_size=1, max_size=4).map(sorted)
copies = st.sampled_from((0, 0, 0, 0, 1, 3))
worlds = st.builds(
    World,
    st.lists(st.builds(Session, hours, copies), min_size=1, max_size=6),
    st.integers(1, 28),
    st.lists(st.integers(0, 5), max_size=3),
    st.booleans(),
)


def line(session: int, number: int, hour: int) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(FIRST + hour * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    usage = {"input_tokens": 5, "output_tokens": 100 + number, "cache_read_input_tokens": 9_000}
    key = f"s{session}n{number}"
    return {
        "type": "assistant", "sessionId": f"session-{session}", "cwd": f"/w/{session % 2}",
        "version": "2.1.300", "requestId": f"req_{key}", "uuid": key, "timestamp": stamp,
        "message": {"id": key, "model": "claude-opus-5-5", "content": [], "usage": usage,
                    "stop_reason": "end_turn"},
    }  # fmt: skip


def lines_of(sessions: Sequence[Session], index: int) -> list[dict[str, Any]]:
    """What stands in the transcript; a fork begins with what it repeats."""
    session = sessions[index]
    own = [line(index, number, hour) for number, hour in enumerate(session.hours)]
    if not index:
        return own
    before = lines_of(sessions, index - 1)[: session.copies]
    last = max(session.hours)
    hour = [(datetime.fromisoformat(b["timestamp"]).timestamp() - FIRST) / HOUR for b in before]
    made = [b for b, at in zip(before, hour, strict=True) if at <= last]  # not before it was there
    return [{**copy, "sessionId": f"session-{index}"} for copy in made] + own


def path_of(place: Place, index: int) -> Path:
    return Path(place.roots[0], "projects", "-w", f"session-{index}.jsonl")


def write(place: Place, index: int, lines: Sequence[dict[str, Any]]) -> None:
    path = path_of(place, index)
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in lines))
    changed = max(datetime.fromisoformat(each["timestamp"]).timestamp() for each in lines)
    os.utime(path, (changed, changed))


def write_ballast(place: Place) -> None:
    """What is worth to be postponed: nothing but size, and older than all."""
    path = path_of(place, 99)
    with open(path, "wb") as file:
        for number in range(70):
            file.seek(number << 20)
            file.write(b'{"type":"user","message":"' if not number else b'"}\n{"type":"user","m":"')
        file.write(b'"}\n')
    os.utime(path, (FIRST - DAY, FIRST - DAY))


def take_turn(place: Place, index: int) -> None:
    with closing(open_rw(place.home)) as connection:
        found = plan(connection, place.roots).work
        files = [file for file, _ in found if file.path == str(path_of(place, index))]
        carry_out(connection, plan_files(connection, files))


def report(place: Place, period: Period) -> Report:
    with ExitStack() as stack:
        return build(reading(place, stack), place, period, "session", Filters())


@settings(max_examples=60)
@given(worlds)
def test_an_early_answer_is_the_last_one_or_it_is_told_that_it_may_not_be(world: World) -> None:
    period = Period(date(2026, 11, world.first_day), date(2026, 11, UNTIL), UTC, "UTC")
    with tempfile.TemporaryDirectory() as folder:
        place = Place(str(Path(folder, "home")), Config(), [str(Path(folder, "claude"))])
        path_of(place, 0).parent.mkdir(parents=True)
        write_ballast(place)
        every = [lines_of(world.sessions, index) for index in range(len(world.sessions))]
        for index, lines in enumerate(every):
            write(place, index, lines)
        bring_up_to_date(place, period.since_ms, postpone=True)
        if world.grows:
            more = line(0, 50, 24 * 28 + 1)
            every[0] = [*every[0], more]
            write(place, 0, every[0])
        for index in world.turns:
            if index < len(every) and index:
                take_turn(place, index)
        with writer_lock(place.home, 0.0):
            ready = look_meanwhile(place, period.since_ms)
            early = report(place, period)
        bring_up_to_date(place)
        last = report(place, period)

    # an older transcript may take back what a fork of these days repeats: that is judged anew
    assert (ready is None) == world.grows or (world.forked and ready is None)
    if ready and not (world.forked and ready.unread):
        assert early == last
    wanted = {
        each["message"]["id"]: each["message"]["usage"]["output_tokens"]
        for lines in every
        for each in lines
        if datetime.fromisoformat(each["timestamp"]).timestamp() * 1000 >= period.since_ms
    }
    assert (last.totals.responses, last.totals.usage.output_tokens) == (
        len(wanted), sum(wanted.values()),
    )  # fmt: skip
