"""A transcript that is moved or renamed stays the same transcript."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meter import Meter, fresh
from oracle import believe
from worlds import Line, content, lines

# Outputs of one file never equal those of the other: between files, the path decides a tie.
files = st.tuples(
    st.lists(lines(last=4), min_size=1, max_size=6),
    st.lists(lines(last=4, least=5_000), min_size=1, max_size=6),
)
steps = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(("p/s0.jsonl", "p/s1.jsonl", "q/s0.jsonl", "q/r/s2.jsonl")),
        st.integers(0, 3),
        st.sampled_from(("sync", "full", "file", "wait")),
    ),
    max_size=8,
)


@given(files=files, steps=steps)
def test_a_file_that_moves_and_grows_is_read_once(
    files: tuple[list[Line], list[Line]], steps: list[tuple[int, str, int, str]]
) -> None:
    """Steps: which file moves where, grows by how much, then what. A path is never used twice."""
    places = ["p/start0.jsonl", "p/start1.jsonl"]
    used = set(places)
    grown = [1, 1]
    with fresh() as meter, fresh() as other:
        for number, place in enumerate(places):
            meter.write(place, content(files[number][:1]))
        for number, place, growth, then in steps:
            if place not in used:
                _move(meter, places[number], place)
                places[number] = place
                used.add(place)
            grown[number] += growth
            meter.write(places[number], content(files[number][: grown[number]]))
            if then == "file":
                meter.sync_file(places[number])
            elif then != "wait":
                meter.sync(full=then == "full")
        final = dict(zip(places, files, strict=True))
        for m in (meter, other):
            m.write_all(final)
            m.sync()

        assert meter.rows() == believe(sorted(final.items()))
        assert meter.everything() == other.everything()


def _move(meter: Meter, old: str, new: str) -> None:
    (meter.projects / new).parent.mkdir(parents=True, exist_ok=True)
    (meter.projects / old).rename(meter.projects / new)


@pytest.mark.parametrize("deleted", [0, 20])
def test_a_moved_file_is_not_read_again(deleted: int) -> None:
    """Nor where most files of the history are gone, and cursors are looked up one by one."""
    with fresh() as meter:
        gone = [meter.write(f"p/old{n}.jsonl", b'{"type":"user"}\n') for n in range(deleted)]
        meter.write("p/s0.jsonl", b'{"type":"user"}\n' * 1000)
        meter.write("p/s1.jsonl", b'{"type":"user"}\n')
        meter.sync()
        for path in gone:
            path.unlink()
        _move(meter, "p/s0.jsonl", "q/s0.jsonl")
        moved, idle = meter.sync(), meter.sync()

        assert (moved.bytes, moved.lines, moved.files_read) == (0, 0, 1)
        assert (idle.files, idle.files_read) == (2, 0)
        assert meter.count("files") == deleted + 2


def test_a_hard_link_is_the_same_file_and_costs_nothing() -> None:
    with fresh() as meter:
        original = meter.write("p/s0.jsonl", b'{"type":"user"}\n' * 10)
        (meter.projects / "p/link.jsonl").hardlink_to(original)
        meter.sync()
        original.write_bytes(b'{"type":"user"}\n' * 11)
        meter.sync()
        idle = meter.sync()

        assert (idle.files, idle.files_read) == (2, 0)
