"""Many files at once: the same in processes as here, in order, and long ones piece by piece."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ccmeter.store.packing import Parcel, parcel
from ccmeter.transcripts import pool
from ccmeter.transcripts.discover import Transcript, discover
from ccmeter.transcripts.pool import read_all
from ccmeter.transcripts.reader import SEGMENT
from ccmeter.transcripts.tail import CHUNK

Make = Callable[..., bytes]
NUMBERS = [40, 0, 700, 40]  # answers of each file; one is more than two segments long


@pytest.fixture
def files(projects: Path, answer: Make) -> list[Transcript]:
    """Files of many sizes, the third a long one."""
    padding = "x" * 20_000
    for name, count in enumerate(NUMBERS):
        lines = [answer(n % 60, f"m{name}-{n}", padding=padding) for n in range(count)]
        (projects / f"{name}.jsonl").write_bytes(b"".join(lines))
    return sorted(discover([str(projects.parent)]))


def read(files: list[Transcript]) -> list[Parcel]:
    return list(read_all([(file, None) for file in files], parcel))


def keys(read: list[Parcel]) -> list[str]:
    return [columns[1] for each in read for _, _, columns, _ in each.opened().rows]


@pytest.mark.parametrize("worth", [1, 1 << 40], ids=["in processes", "here"])
@pytest.mark.parametrize("stretch", [1, SEGMENT + 1, 1 << 40])
def test_files_are_read_to_their_ends_in_order(
    worth: int, stretch: int, files: list[Transcript], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`stretch` is what a process reads of a file before the rest is read here."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(pool, "_WORTH_A_POOL", worth)
    monkeypatch.setattr(pool, "_STRETCH", stretch)
    found = read(files)

    assert files[2].size > 2 * SEGMENT
    assert keys(found) == [
        f"m{name}-{n}" for name, count in enumerate(NUMBERS) for n in range(count)
    ]
    assert [piece.path for piece in found] == sorted(piece.path for piece in found)
    for file in files:
        pieces = [piece for piece in found if piece.path == file.path]
        assert sum(piece.size for piece in pieces) == file.size
        assert all(piece.size < SEGMENT + CHUNK for piece in pieces)
