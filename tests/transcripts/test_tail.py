"""The complete lines that were added to a file, however the file is cut and changed."""

import os
import tempfile
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Cursor
from ccmeter.transcripts import tail
from ccmeter.transcripts.discover import identity
from ccmeter.transcripts.tail import Chunk, chunks, lines_before, start_offset, tail_hash, torn_tail

line = st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"?") + b"\n")


@contextmanager
def opened(data: bytes) -> Iterator[int]:
    """A descriptor of a file that holds the data."""
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(data)
        yield file.fileno()


def text_of(chunk: Chunk) -> bytes:
    """The lines of a chunk. It starts with a newline of its own, and old memory stands behind."""
    assert chunk.data[:1] == b"\n"
    assert chunk.behind == chunk.offset + chunk.end - 1
    return bytes(chunk.data[1 : chunk.end])


def lines_of(chunk: Chunk) -> list[tuple[int, bytes]]:
    """What a chunk holds: the lines with their offsets."""
    found, offset, data = [], chunk.offset, text_of(chunk)
    for text in data.splitlines(keepends=True) if b"\r" not in data else _split(data):
        found.append((offset, text))
        offset += len(text)
    return found


def kept(found: Iterable[Chunk]) -> list[Chunk]:
    """The chunks with memory of their own: the next one is read over the last."""
    return [Chunk.of(chunk.offset, text_of(chunk), chunk.overlong) for chunk in found]


def _split(data: bytes) -> list[bytes]:
    return [part + b"\n" for part in data.split(b"\n")[:-1]]


@given(
    lines=st.lists(line, max_size=20),
    torn=st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"?")),
    size=st.integers(1, 40),
    limit=st.integers(1, 200),
)
def test_every_complete_line_is_read_once_whatever_the_chunks(
    lines: list[bytes], torn: bytes, size: int, limit: int
) -> None:
    whole = b"".join(lines)
    found, position = [], 0
    with opened(whole + torn) as descriptor:
        while position < len(whole):
            got = kept(chunks(descriptor, position, limit, size))
            assert got, "a complete line is always found"
            for chunk in got:
                assert chunk.offset == position
                assert not chunk.overlong
                found += lines_of(chunk)
                position = chunk.behind
        assert list(chunks(descriptor, position, limit, size)) == []

    offsets = [sum(map(len, lines[:n])) for n in range(len(lines))]
    assert found == list(zip(offsets, lines, strict=True))


@given(
    lines=st.lists(st.integers(0, 60).map(lambda n: b"x" * n + b"\n"), max_size=12),
    torn=st.integers(0, 60),
    size=st.integers(1, 16),
)
def test_lines_beyond_the_limit_are_passed_over_and_named(
    lines: list[bytes], torn: int, size: int
) -> None:
    """A line is too long for certain when it is longer than the limit and a chunk together."""
    longest = 20
    read, overlong, position = [], [], 0
    with opened(b"".join(lines) + b"x" * torn) as descriptor:
        for chunk in chunks(descriptor, 0, 1 << 20, size, longest):
            overlong += chunk.overlong
            read += [text for _, text in lines_of(chunk)]
            position = chunk.behind

    offsets = [sum(map(len, lines[:n])) for n in range(len(lines))]
    named = [text for at, text in zip(offsets, lines, strict=True) if at in overlong]
    assert position == sum(map(len, lines))
    assert sorted(read + named) == sorted(lines)
    assert all(len(text) > longest for text in named)
    assert all(len(text) <= longest + size + 1 for text in read)


def test_a_real_line_beyond_the_limit_costs_no_usage_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(tail.LINE_LIMIT + 2 * tail.CHUNK)  # a hole, read as NULs
        file.seek(0, os.SEEK_END)
        file.write(b"\nsmall\n")
    descriptor = tail.open_file(str(path))
    (chunk,) = kept(chunks(descriptor, 0, 1 << 40))
    os.close(descriptor)

    assert text_of(chunk) == b"small\n"
    assert chunk.overlong == (0,)


def test_memory_for_a_long_line_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "_spare", [])
    tracemalloc.start()
    try:
        with opened(b"x" * (20 * tail.CHUNK) + b"\n") as descriptor:
            assert len(list(chunks(descriptor, 0, 1 << 40))) == 1
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 2 * tail.CHUNK


def test_an_endless_line_is_waited_for(tmp_path: Path) -> None:
    with opened(b"ok\n" + b"x" * 100) as descriptor:
        (chunk,) = kept(chunks(descriptor, 0, 1 << 20, 8, longest=10))

        assert (text_of(chunk), chunk.overlong) == (b"ok\n", ())


@pytest.mark.parametrize("data", [b"", b"torn", b"\n", b"\n\n\n"])
def test_a_file_without_a_record_has_no_record(data: bytes) -> None:
    with opened(data) as descriptor:
        read = b"".join(text_of(chunk) for chunk in chunks(descriptor, 0, 100))

        assert read == data.replace(b"torn", b"")


@given(lines=st.lists(line, max_size=10), size=st.integers(0, 60), count=st.integers(0, 10))
def test_the_lines_before_an_offset_are_whole(lines: list[bytes], size: int, count: int) -> None:
    offset = sum(map(len, lines[:count]))
    with opened(b"".join(lines)) as descriptor:
        chunk = lines_before(descriptor, offset, size)

    whole = b"".join(lines[:count])
    assert whole.endswith(text_of(chunk))
    assert chunk.offset in (0, *(sum(map(len, lines[:n])) for n in range(len(lines) + 1)))
    assert chunk.behind == offset


def test_a_torn_tail_is_what_follows_the_last_newline() -> None:
    with opened(b"one\ntwo\nthr") as descriptor:
        assert torn_tail(descriptor, 8) == b"thr"
        assert torn_tail(descriptor, 11) == b""
        assert torn_tail(descriptor, 99) == b""  # the file has shrunk meanwhile


def cursor(descriptor: int, offset: int) -> Cursor:
    info = os.fstat(descriptor)
    return Cursor(*identity(info), offset, tail_hash(descriptor, offset), offset, info.st_mtime_ns)


CHANGES = {
    "grown": (lambda data: data + b"more\n", True),
    "torn": (lambda data: data + b"mo", True),
    "untouched": (lambda data: data, True),
    "shrunk": (lambda data: data[:-10], False),
    "emptied": (lambda data: b"", False),
    "emptied and grown beyond": (lambda data: b"y" * (len(data) + 100), False),
    "rewritten just before the cursor": (lambda data: data[:-2] + b"?\n", False),
    "rewritten 4 KiB before the cursor": (lambda data: data[:-4096] + b"?" + data[-4095:], False),
    "no newline there any more": (lambda data: data[:-1] + b"xx\n", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_is_read_on_only_if_it_is_what_it_was(change: str) -> None:
    changed, goes_on = CHANGES[change]
    data = b"line of a transcript\n" * 1000
    with opened(data) as descriptor:
        known = cursor(descriptor, len(data))
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, changed(data))

        assert start_offset(descriptor, known) == (len(data) if goes_on else 0)


def test_another_file_with_the_same_bytes_is_read_from_its_start() -> None:
    data = b"line\n" * 10
    with opened(data) as first, opened(data) as second:
        assert start_offset(second, cursor(first, len(data))) == 0


def test_a_file_without_a_cursor_is_read_from_its_start() -> None:
    with opened(b"line\n") as descriptor:
        assert start_offset(descriptor, None) == 0
        assert start_offset(descriptor, cursor(descriptor, 0)) == 0


def test_a_pipe_that_took_a_files_place_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    descriptor = tail.open_file(str(tmp_path / "pipe"))
    try:
        with pytest.raises(OSError, match="Illegal seek"):
            list(chunks(descriptor, 0, 100))
    finally:
        os.close(descriptor)
    assert time.monotonic() - started < 1
