"""What is judged of the last days stays right while older transcripts are still being read."""

import os
from datetime import datetime, timedelta
from typing import Any

from histories import NOON_MS, Line, Place, fresh, healthy, iso, lost
from hypothesis import given
from hypothesis import strategies as st
from test_incremental import PATHS, sessions, transcripts

from ccmeter.audit.keep_up import NOTHING, judge_since, keep_up
from ccmeter.audit.pending import is_judged, is_judged_since
from ccmeter.cache.thresholds import LIMITS
from ccmeter.ingest import carry_out, plan, plan_files
from ccmeter.pricing.book import load_book

DAY_MS = 86_400_000
SINCE_MS = NOON_MS + 20 * DAY_MS
BOOK = load_book()
DEAR = load_book({"claude-opus-5-5": {
    "input_mtok": 100, "output_mtok": 100, "cache_read_mtok": 10, "cache_write_5m_mtok": 125,
    "cache_write_1h_mtok": 200,
}})  # fmt: skip
OLD, NEW = "p/s1.jsonl", "p/s2.jsonl"
Found = dict[str, list[tuple[Any, ...]]]


def later(lines: list[Line], days: int = 30) -> list[Line]:
    """The same lines, so many days later."""
    return [
        line | {"timestamp": iso(round(1000 * (moment + timedelta(days=days)).timestamp()))}
        for line in lines
        for moment in [datetime.fromisoformat(line["timestamp"])]
    ]


def write(place: Place, path: str, lines: list[Line], days: int = 0) -> None:
    """A transcript that was written to last when its session ended, or so many days later."""
    place.write(path, later(lines, days))
    changed = NOON_MS / 1000 + (days + 1) * 86_400
    os.utime(place.projects / path, (changed, changed))


def of_session(lines: list[Line], path: str) -> list[Line]:
    return [line | {"sessionId": sessions[path]} for line in lines]


def read_recent(place: Place) -> None:
    place.sync(since_ms=SINCE_MS, little=-1)


def read_one(place: Place, path: str) -> None:
    """A turn of whoever reads the rest."""
    files = [file for file, _ in plan(place.connection, [str(place.folder)]).work]
    one = [file for file in files if file.path.endswith(path)]
    carry_out(place.connection, plan_files(place.connection, one))


def judge_part(place: Place, since_ms: int = SINCE_MS) -> int:
    return judge_since(place.connection, BOOK, LIMITS, since_ms, unread=True, long=0).requests


def is_ready(place: Place, since_ms: int = SINCE_MS) -> bool:
    return is_judged_since(place.connection, BOOK, LIMITS, since_ms)


def found_of(place: Place, wanted: set[str]) -> Found:
    """What was found in these sessions."""
    return {name: [row for row in rows if row[0] in wanted] for name, rows in place.found().items()}


@given(
    files=st.fixed_dictionaries({path: transcripts(path) for path in PATHS}),
    recent=st.sets(st.sampled_from(("s1", "s2", "s3"))),
    turns=st.lists(st.sampled_from(PATHS), max_size=4),
    held=st.integers(0, 12),
)
def test_of_the_last_days_the_same_is_found_before_the_rest_is_read_and_after(
    files: dict[str, list[Line]], recent: set[str], turns: list[str], held: int
) -> None:
    with fresh() as place:
        for path, lines in files.items():
            days = 30 if sessions[path] in recent else 0
            write(place, path, lines[: len(lines) - held] if days else lines, days)
        read_recent(place)
        judge_part(place)
        early = found_of(place, recent)
        for path in turns:
            days = 30 if sessions[path] in recent else 0
            write(place, path, files[path], days)  # those of the last days go on
            read_one(place, path)
            if not is_ready(place):
                assert days
                judge_part(place)
                early = found_of(place, recent)
            assert is_ready(place)
            assert found_of(place, recent) == early
        place.sync()
        place.judge_anew()

        assert found_of(place, recent) == early


def test_a_part_is_no_whole_and_ends_with_its_first_day(place: Place) -> None:
    write(place, OLD, healthy(2))
    write(place, NEW, of_session(healthy(3, name="n"), NEW), days=30)
    read_recent(place)

    assert not is_ready(place)
    assert judge_part(place) == 3
    assert judge_part(place) == NOTHING.requests
    assert is_ready(place)
    assert is_ready(place, SINCE_MS + DAY_MS)
    assert not is_ready(place, SINCE_MS - DAY_MS)
    assert not is_judged_since(place.connection, DEAR, LIMITS, SINCE_MS)
    assert not is_judged(place.connection, BOOK)


def test_of_more_days_all_is_judged_again_while_the_rest_is_unread(place: Place) -> None:
    write(place, OLD, healthy(2))
    write(place, NEW, of_session([*healthy(2, name="n"), lost("msg_0x", 70, 69_000)], NEW), days=30)
    read_recent(place)
    judge_part(place)
    read_one(place, OLD)

    assert is_ready(place)
    assert judge_part(place, NOON_MS - DAY_MS) == 5
    assert is_ready(place, NOON_MS - DAY_MS)
    assert len(place.verdicts()) == 1


def test_what_is_new_in_the_last_days_is_not_judged_yet_and_what_is_older_does_not_matter(
    place: Place,
) -> None:
    write(place, NEW, of_session(healthy(2, name="n"), NEW), days=30)
    read_recent(place)
    keep_up(place.connection, BOOK)
    write(place, OLD, healthy(2))
    read_one(place, OLD)
    assert is_ready(place)
    assert not is_judged(place.connection, BOOK)

    write(place, NEW, of_session(healthy(3, name="n"), NEW), days=30)
    read_one(place, NEW)
    assert not is_ready(place)


def test_a_response_that_is_told_anew_is_judged_anew(place: Place) -> None:
    lines = of_session(healthy(2, name="n"), NEW)
    write(place, NEW, lines, days=30)
    read_recent(place)
    judge_part(place)
    usage = lines[-1]["message"]["usage"] | {"output_tokens": 9_000}
    again = lines[-1] | {"message": lines[-1]["message"] | {"usage": usage}}
    write(place, NEW, [*lines, again], days=30)
    read_one(place, NEW)

    assert not is_ready(place)
