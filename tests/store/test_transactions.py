"""What is read reaches the database in whole transactions, each told of when it is committed."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import pytest
from meter import Meter, fresh

from ccmeter import ingest
from ccmeter.ingest import carry_out, plan
from ccmeter.store.db import folder_of
from ccmeter.store.packing import Parcel

FILES, ANSWERS = 150, 12
ENOUGH = 4_000  # bytes: about two of these files


def answers(name: str) -> bytes:
    lines = [
        {
            "type": "assistant",
            "timestamp": f"2026-01-01T00:00:{number:02}.000Z",
            "message": {"id": f"{name}-{number}", "model": "m", "usage": {"input_tokens": 1}},
        }
        for number in range(ANSWERS)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def stored_in(meter: Meter) -> list[tuple[Sequence[Parcel], int]]:
    """Each transaction of a first pass, with the responses that others saw when it was told."""
    for number in range(FILES):
        meter.write(f"-w/s{number:03}.jsonl", answers(f"s{number:03}"))
    found: list[tuple[Sequence[Parcel], int]] = []
    path = f"{folder_of(meter.connection)}/ccmeter.db"
    with closing(sqlite3.connect(path)) as other:

        def stored(group: Sequence[Parcel]) -> None:
            (seen,) = other.execute("select count(*) from responses").fetchone()
            found.append((list(group), seen))

        work = plan(meter.connection, [str(meter.folder)])
        carry_out(meter.connection, work, enough=ENOUGH, stored=stored)
    return found


def sizes(found: Sequence[tuple[Sequence[Parcel], int]]) -> list[int]:
    return [sum(len(parcel.content) for parcel in group) for group, _ in found]


def test_every_file_is_in_one_transaction_which_others_see_when_it_is_told() -> None:
    with fresh() as meter:
        found = stored_in(meter)

    assert len(found) > 5
    read = 0
    for group, seen in found:
        read += len(group)
        assert seen == read * ANSWERS
    assert read == FILES
    assert len({parcel.path for group, _ in found for parcel in group}) == FILES


def test_transactions_grow_with_what_was_stored_and_only_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a long history each row falls on another page of an index, written once in each."""
    most = 3 * ENOUGH
    monkeypatch.setattr(ingest, "_MOST_BYTES", most)
    with fresh() as meter:
        found = stored_in(meter)
    files = [len(group) for group, _ in found[:-1]]
    *whole, _ = sizes(found)
    largest = max(len(parcel.content) for group, _ in found for parcel in group)

    assert files == sorted(files)
    assert files[:4] == files[:1] * 4
    assert ENOUGH <= whole[0] < ENOUGH + largest
    assert most <= whole[-1] < most + largest
