"""From the spool into the database: nothing lost, nothing twice, whatever stands in it."""

import json
import os
import sqlite3
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service import Day, line, write_spool, write_transcript

from ccmeter.ingest import ingest
from ccmeter.limits.spool import LINGER_MS, SPOOL, read, take
from ccmeter.store.db import open_rw
from ccmeter.store.limits import load_seen, take_in

NOON = 1_795_435_200_000  # 2026-11-23 12:00 UTC
RESET = NOON + 7_200_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of its own."""
    return tmp_path / "data"


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_rw(str(data))) as opened:
        yield opened


def five_hour(used: float, at: int = 0, **changes: Any) -> dict[str, Any]:
    """A line that shows one percentage, so many milliseconds after noon."""
    window = {"used_percentage": used, "resets_at": RESET // 1000}
    return line(NOON + at, {"five_hour": window}, **changes)


def first_sights(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """What is stored, as (hundredths of a percent, milliseconds after noon)."""
    return [(each.used, each.first_ms - NOON) for each in load_seen(connection)]


def spools(data: Path) -> list[str]:
    return sorted(path.name for path in data.glob("limits.spool*"))


def test_the_first_sight_of_each_new_maximum_is_stored(
    data: Path, connection: sqlite3.Connection
) -> None:
    shown = [(40, 0), (40, 10), (41, 20), (39, 30), (40, 40), (43, 50), (42, 60), (43, 70)]
    write_spool(data, *(five_hour(used, at) for used, at in shown))

    assert take_in(connection, str(data), NOON) == 3
    assert first_sights(connection) == [(4000, 0), (4100, 20), (4300, 50)]
    assert load_seen(connection)[-1].last_ms == NOON + 70


def test_later_lines_add_to_earlier_ones(data: Path, connection: sqlite3.Connection) -> None:
    for used, at, new in ((40, 0, 1), (40, 10, 0), (45, 20, 1), (42, 30, 0)):
        write_spool(data, five_hour(used, at))
        assert take_in(connection, str(data), NOON + at) == new

    assert first_sights(connection) == [(4000, 0), (4500, 20)]


def test_the_last_sight_of_a_maximum_moves_on(data: Path, connection: sqlite3.Connection) -> None:
    for at in (5, 9, 7):
        write_spool(data, five_hour(40, at))
        take_in(connection, str(data), NOON)

    assert [(each.first_ms, each.last_ms) for each in load_seen(connection)] == [
        (NOON + 5, NOON + 9)
    ]


def test_what_was_read_of_a_spool_is_not_read_again(
    data: Path, connection: sqlite3.Connection
) -> None:
    write_spool(data, five_hour(40))
    size = (data / "limits.spool").stat().st_size
    take_in(connection, str(data), NOON)

    assert [name.split(".")[2:4] for name in spools(data)] == [[str(NOON), str(size)]]


def test_without_a_spool_nothing_is_done(data: Path, connection: sqlite3.Connection) -> None:
    assert take_in(connection, str(data)) == 0
    assert spools(data) == []


def test_garbage_between_lines_loses_none_of_them(
    data: Path, connection: sqlite3.Connection
) -> None:
    good = [json.dumps(five_hour(used, used)).encode() for used in (1, 2, 3)]
    rubbish = b"\n\n{}\nnull\n\xff\xfe\n\0\0\0\n" + b'{"t":' + b"x" * 100_000 + b"\n[1]\n"
    (data / "limits.spool").write_bytes(rubbish.join(good) + b"\n" + rubbish)

    assert take_in(connection, str(data), NOON) == 3


def test_a_torn_last_line_waits_for_its_rest(data: Path, connection: sqlite3.Connection) -> None:
    whole = json.dumps(five_hour(7)).encode() + b"\n"
    (data / "limits.spool").write_bytes(whole[:40])
    assert take_in(connection, str(data), NOON) == 0

    (taken,) = data.glob("limits.spool*")
    with taken.open("ab") as file:  # by the status line that had opened it before
        file.write(whole[40:])

    assert take_in(connection, str(data), NOON + 1000) == 1


def test_a_last_line_that_stays_without_a_newline_is_read_in_the_end(
    data: Path, connection: sqlite3.Connection
) -> None:
    (data / "limits.spool").write_bytes(json.dumps(five_hour(7)).encode())

    assert take_in(connection, str(data), NOON) == 0
    assert take_in(connection, str(data), NOON + LINGER_MS + 1) == 1
    assert spools(data) == []


def test_what_is_written_into_a_spool_that_was_taken_is_not_lost(
    data: Path, connection: sqlite3.Connection
) -> None:
    write_spool(data, five_hour(1))
    with (data / "limits.spool").open("ab") as late:
        take_in(connection, str(data), NOON)
        late.write(json.dumps(five_hour(2, 5)).encode() + b"\n")
    write_spool(data, five_hour(3, 9))

    assert take_in(connection, str(data), NOON + LINGER_MS) == 2
    assert first_sights(connection) == [(100, 0), (200, 5), (300, 9)]


def test_a_taken_spool_is_gone_after_a_minute_and_not_before(
    data: Path, connection: sqlite3.Connection
) -> None:
    write_spool(data, five_hour(1))
    for after in (0, 1, LINGER_MS):
        take_in(connection, str(data), NOON + after)
        assert len(spools(data)) == 1
    take_in(connection, str(data), NOON + LINGER_MS + 1)

    assert spools(data) == []


def test_two_spools_taken_in_one_millisecond_are_two(
    data: Path, connection: sqlite3.Connection
) -> None:
    for used in (1, 2, 3):
        write_spool(data, five_hour(used, used))
        take_in(connection, str(data), NOON)

    assert len(spools(data)) == 3


def test_other_files_of_like_names_are_left_alone(
    data: Path, connection: sqlite3.Connection
) -> None:
    for name in (
        "limits.spool.bak",
        "limits.spool.1.2",
        "limits.spool2",
        "xlimits.spool.1.0.aaaaaaaa",
    ):
        (data / name).write_text(json.dumps(five_hour(1)) + "\n")
    before = spools(data)

    assert take_in(connection, str(data), NOON) == 0
    assert spools(data) == before


def test_a_folder_in_place_of_the_spool_stops_nothing(
    data: Path, connection: sqlite3.Connection
) -> None:
    (data / "limits.spool").mkdir()

    assert take_in(connection, str(data), NOON) == 0
    write_spool(data, five_hour(4))
    assert take_in(connection, str(data), NOON + LINGER_MS + 1) == 1


def test_a_huge_spool_is_read_in_little_memory(data: Path, connection: sqlite3.Connection) -> None:
    lines = b"".join(json.dumps(five_hour(n % 50, n)).encode() + b"\n" for n in range(2000))
    with (data / "limits.spool").open("wb") as file:
        for _ in range(30):
            file.write(lines)
        file.write(b"x" * (20 << 20) + b"\n")
        file.write(json.dumps(five_hour(99, 9999)).encode() + b"\n")

    tracemalloc.start()
    new = take_in(connection, str(data), NOON)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert new == 51
    assert (data / spools(data)[0]).stat().st_size > 27 << 20
    assert peak < 16 << 20


def test_a_line_says_whose_it_is(data: Path, connection: sqlite3.Connection) -> None:
    write_spool(data, five_hour(1, config="/home/ada/.claude"), five_hour(2, 1))
    take_in(connection, str(data), NOON)

    assert [(each.folder, each.used) for each in load_seen(connection)] == [
        ("/home/ada/.claude", 100),
        ("", 200),
    ]


def test_a_session_says_whose_a_line_is_that_does_not(
    data: Path, connection: sqlite3.Connection, claude_dir: Path
) -> None:
    write_transcript(claude_dir, Day([(NOON, 1000)]), session="session-7")
    ingest(connection, [str(claude_dir)])
    write_spool(data, five_hour(1, session="session-7"), five_hour(2, 1, session="session-8"))
    take_in(connection, str(data), NOON)

    assert [each.folder for each in load_seen(connection)] == [str(claude_dir), ""]


def test_windows_that_were_reset_long_ago_need_not_be_loaded(
    data: Path, connection: sqlite3.Connection
) -> None:
    write_spool(data, five_hour(1))
    take_in(connection, str(data), NOON)

    assert len(load_seen(connection, RESET)) == 1
    assert load_seen(connection, RESET + 1) == []


def test_a_database_that_cannot_be_written_keeps_the_lines(
    data: Path, connection: sqlite3.Connection
) -> None:
    write_spool(data, five_hour(1))
    connection.execute("pragma query_only = on")
    with pytest.raises(sqlite3.OperationalError):
        take_in(connection, str(data), NOON)
    connection.execute("pragma query_only = off")

    assert take_in(connection, str(data), NOON + 2 * LINGER_MS) == 1


sights = st.tuples(
    st.integers(0, 12),  # percent
    st.integers(0, 30),  # time
    st.sampled_from(["five_hour", "seven_day"]),
    st.integers(0, 2),  # which reset
)


@settings(max_examples=40)
@given(
    shown=st.lists(sights, min_size=1, max_size=30),
    parts=st.lists(st.integers(0, 30), max_size=4),
    again=st.lists(st.integers(0, 29), max_size=8),
    shuffle=st.randoms(use_true_random=False),
)
def test_what_is_stored_does_not_depend_on_order_parts_and_repetition(
    shown: list[tuple[int, int, str, int]], parts: list[int], again: list[int], shuffle: Any
) -> None:
    lines = [
        line(NOON + at, {kind: {"used_percentage": used, "resets_at": RESET // 1000 + reset}})
        for used, at, kind, reset in shown
    ]
    mixed = [*lines, *(lines[n] for n in again if n < len(lines))]
    shuffle.shuffle(mixed)
    cuts = [0, *sorted(min(cut, len(mixed)) for cut in parts), len(mixed)]
    with tempfile.TemporaryDirectory() as folder, closing(open_rw(folder)) as connection:
        for start, stop in pairwise(cuts):
            write_spool(Path(folder), *mixed[start:stop])
            take_in(connection, folder, NOON)
        found = {(s.kind, s.resets_ms, s.used, s.first_ms) for s in load_seen(connection)}

    assert found == expected(shown)


def expected(shown: list[tuple[int, int, str, int]]) -> set[tuple[str, int, int, int]]:
    """What must be stored: of each window, what was higher than all that was seen until then."""
    kept = set()
    for used, at, kind, reset in shown:
        others = [o for o in shown if o[2:] == (kind, reset)]
        earlier = [
            o for o in others if (o[1] < at and o[0] >= used) or (o[1] <= at and o[0] > used)
        ]
        if not earlier:
            kept.add((kind, (RESET // 1000 + reset) * 1000, used * 100, NOON + at))
    return kept


def test_only_the_owner_can_read_what_is_taken(data: Path, connection: sqlite3.Connection) -> None:
    descriptor = os.open(data / "limits.spool", os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(descriptor, json.dumps(five_hour(1)).encode() + b"\n")
    os.close(descriptor)
    take_in(connection, str(data), NOON)

    assert (data / spools(data)[0]).stat().st_mode & 0o777 == 0o600


def test_every_line_of_a_long_spool_is_read_once(data: Path) -> None:
    """Its blocks are read into the same memory, the last of which is not full."""
    lines = [b"%0100d" % number for number in range(15_000)]
    data.mkdir()
    (data / SPOOL).write_bytes(b"".join(line + b"\n" for line in lines))
    (taken,) = take(str(data), NOON)
    blocks = list(read(taken, NOON))

    assert len(blocks) == 2
    assert [line for block in blocks for line in block.lines if line] == lines
    assert blocks[-1].offset == sum(len(line) + 1 for line in lines)
