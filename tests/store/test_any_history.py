"""Whatever the history and however it is read: the totals are those of the oracle."""

import os

from hypothesis import given
from hypothesis import strategies as st
from meter import fresh
from oracle import Believed, bad_lines, believe
from worlds import Line, World, content, lines, worlds

from ccmeter.ingest import SyncStats

DAY_S = 86_400
FAR_BEHIND = Line(b'{"type":"summary"}' + b" " * 10_000)


@given(world=worlds)
def test_a_history_read_at_once_is_counted_by_the_rule(world: World) -> None:
    with fresh() as meter:
        meter.write_all(world)
        stats = meter.sync()

        assert meter.rows() == believe(sorted(world.items()))
        assert stats.bad_lines == bad_lines(world.items()) == meter.count("skips")
        assert stats.lines == sum(map(len, world.values()))


@given(world=worlds, moments=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_no_order_of_reading_changes_a_total(world: World, moments: list[int]) -> None:
    with fresh() as meter:
        meter.write_all(world)
        for path, moment in zip(world, moments, strict=False):
            os.utime(meter.projects / path, (moment, moment))
        meter.sync()

        assert meter.rows() == believe(sorted(world.items()))


@given(world=worlds, days=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_the_sessions_of_the_last_days_may_come_first(world: World, days: list[int]) -> None:
    with fresh() as meter, fresh() as other:
        meter.write_all(world)
        for path, day in zip(world, days, strict=False):
            os.utime(meter.projects / path, (day * DAY_S, day * DAY_S))
        first = meter.sync(since_ms=3 * DAY_S * 1000, little=0)
        rest = meter.sync()
        other.write_all(world)
        other.sync()

        assert rest.bytes == first.postponed
        assert meter.rows() == believe(sorted(world.items()))
        assert meter.everything() == other.everything()


pieces = st.tuples(st.integers(0, 3), st.integers(1, 900), st.booleans())


@given(world=worlds, cuts=st.lists(pieces, max_size=8))
def test_bytes_that_arrive_in_pieces_come_to_the_same(
    world: World, cuts: list[tuple[int, int, bool]]
) -> None:
    """Cut anywhere; some pieces are seen by the watcher, some by a whole pass."""
    whole = {path: content(file) for path, file in world.items()}
    written = dict.fromkeys(whole, 0)
    with fresh() as meter, fresh() as other:
        for number, size, watched in cuts:
            if path := next(iter(list(whole)[number : number + 1]), None):
                written[path] += size
                meter.write(path, whole[path][: written[path]])
                meter.sync_file(path) if watched else meter.sync()
        meter.write_all(world)
        meter.sync()
        other.write_all(world)
        other.sync()

        assert meter.rows() == believe(sorted(world.items()))
        assert meter.everything() == other.everything()


@given(world=worlds)
def test_reading_again_changes_nothing(world: World) -> None:
    with fresh() as meter:
        meter.write_all(world)
        meter.sync()
        before = meter.everything()
        idle = meter.sync()
        again = meter.sync(full=True)

        assert idle._replace(seconds=0) == SyncStats(len(world), unreadable=[])
        assert (again.responses_new, again.responses_changed) == (0, 0)
        assert meter.everything() == before


@given(world=worlds, full=st.booleans())
def test_rows_outlive_their_files(world: World, full: bool) -> None:
    with fresh() as meter:
        meter.write_all(world)
        meter.sync()
        before = meter.everything()
        for path in world:
            (meter.projects / path).unlink()
        meter.sync(full=full)

        assert meter.everything() == before


@given(world=worlds)
def test_rewriting_a_file_without_its_answers_forgets_none(world: World) -> None:
    with fresh() as meter:
        meter.write_all(world)
        meter.sync()
        for path in world:
            meter.write(path, b'{"type":"summary","summary":"short"}\n')
        meter.sync()

        assert meter.rows() == believe(sorted(world.items()))
        assert meter.count("skips") == 0


@given(world=worlds, copies=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=3))
def test_duplicates_add_nothing(world: World, copies: list[tuple[int, int]]) -> None:
    doubled = dict(world)
    for number, copy in copies:
        if number < len(world):
            doubled[f"z{copy}/s0.jsonl"] = list(world.values())[number]
    with fresh() as meter:
        meter.write_all(doubled)
        meter.sync()
        counted = meter.rows()

    assert counted == believe(sorted(doubled.items()))
    assert ids_of(counted) == ids_of(believe(sorted(world.items())))


def ids_of(rows: Believed) -> set[str]:
    """Keys that are the same in every copy."""
    return {key for key in rows if key.count(":") < 2}


@given(
    first=worlds,
    then=worlds,
    kept=st.integers(0, 2000),
    before=st.sampled_from(([], [FAR_BEHIND])),
)
def test_what_was_read_once_counts_whatever_becomes_of_the_file(
    first: World, then: World, kept: int, before: list[Line]
) -> None:
    """Truncated anywhere, then replaced by another file, whose lines lie elsewhere or do not."""
    with fresh() as meter:
        meter.write_all(first)
        meter.sync()
        for path, file in first.items():
            meter.write(path, content(file)[:kept])
        meter.sync()
        later = {path: [*before, *file] for path, file in then.items()}
        for path, file in later.items():
            other = meter.write(f"{path}.new", content(file))
            other.rename(meter.projects / path)
        meter.sync()

        assert meter.rows() == believe([*first.items(), *later.items()])


@given(file=st.lists(lines(), max_size=8))
def test_the_store_merges_lines_as_the_scanner_does(file: list[Line]) -> None:
    """upsert_response.sql and transcripts/merge.py are one rule, owners included."""
    path = "p/s0.jsonl"
    with fresh() as meter, fresh() as other:
        meter.write(path, content(file))
        meter.sync()
        for end in range(len(file) + 1):
            other.write(path, content(file[:end]))
            other.sync()

        assert other.everything() == meter.everything()
        assert other.owners() == meter.owners()


@given(world=worlds, last=lines())
def test_a_last_line_without_newline_counts_once_when_it_is_whole(world: World, last: Line) -> None:
    path = "p/s0.jsonl"
    before = world.get(path, [])
    whole = last.records and not last.bad
    seen = [*before, last] if whole else before
    with fresh() as meter:
        meter.write_all(world)
        meter.write(path, content(before) + last.data)
        for _ in range(2):
            stats = meter.sync()
            assert meter.rows() == believe(sorted({**world, path: seen}.items()))
        assert stats.files_read == 0
        meter.write(path, content([*before, last]))
        meter.sync()

        assert meter.rows() == believe(sorted({**world, path: [*before, last]}.items()))
