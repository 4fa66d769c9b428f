"""Second step of the flow: read the complete lines added to a file since last time."""

import os
from collections.abc import Iterator
from io import FileIO
from typing import NamedTuple

from ccmeter.digests import blake2b
from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript, identity

CHUNK = 1 << 19  # bytes read at a time; a longer line is read whole
LINE_LIMIT = 64 << 20  # no usage is ever that long; such a line is passed over, not loaded
_TAIL = 4096  # bytes before the cursor that prove the file is still the same
_PLAIN = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_LOOK_BACK = 128 << 10  # bytes before the cursor in which the request of an answer is looked for

_spare: list[bytearray] = []  # read into before, and free


class Chunk(NamedTuple):
    """Complete lines of a file: a newline, then the lines, each with its newline.

    The next chunk of a file is read into the same memory: fresh memory for every chunk would cost
    more than reading does.
    """

    offset: int  # of the first line in the file
    data: bytes | bytearray
    end: int  # of the lines in `data`; what stands behind is left from another reading
    overlong: tuple[int, ...] = ()  # offsets of lines passed over before this chunk

    @classmethod
    def of(cls, offset: int, lines: bytes, overlong: tuple[int, ...] = ()) -> "Chunk":
        """Return a chunk of nothing but these lines."""
        return cls(offset, b"\n" + lines, len(lines) + 1, overlong)

    @property
    def behind(self) -> int:
        """The offset behind the last line in the file."""
        return self.offset + self.end - 1


def unchanged(file: Transcript, cursor: Cursor | None) -> bool:
    """Whether the file needs no look inside: same file, same size, same time as last time."""
    return cursor is not None and (
        file.size == cursor.settled_size
        and file.mtime_ns == cursor.mtime_ns
        and file.inode == cursor.inode
        and file.device == cursor.device
    )


def start_offset(descriptor: int, cursor: Cursor | None) -> int:
    """Return where to read from: behind the cursor, or 0 when the file is not what it was.

    A file that shrank, was replaced or was rewritten is read again, which the store's upsert
    makes harmless.
    """
    if cursor is None or not cursor.offset:
        return 0
    info = os.fstat(descriptor)
    if identity(info) != (cursor.device, cursor.inode) or info.st_size < cursor.offset:
        return 0
    same = tail_hash(descriptor, cursor.offset) == cursor.tail_hash
    return cursor.offset if same else 0


def tail_hash(descriptor: int, offset: int) -> bytes:
    """Return the hash of the last bytes before the offset."""
    start = max(0, offset - _TAIL)
    return blake2b(read_at(descriptor, offset - start, start), digest_size=8).digest()


def chunks(
    descriptor: int, start: int, limit: int, size: int = CHUNK, longest: int = LINE_LIMIT
) -> Iterator[Chunk]:
    """Yield the complete lines from `start` on, until about `limit` bytes have been read.

    A torn last line is not yielded: it waits for its newline. At least one chunk is yielded
    when there is a complete line, however long; lines much longer than `longest` are passed over.
    """
    position, held, overlong = start, 0, []  # held: bytes of a line that goes on
    data = _buffer(size)
    while position < start + limit:
        if held + 1 == len(data):
            data += bytes(size)
        count = read_into(descriptor, data, 1 + held, position + held)
        if not count:
            break
        cut = data.rfind(b"\n", 1 + held, 1 + held + count) + 1
        held += count
        if not cut:
            if held > longest:
                behind = _line_end(descriptor, position + held, size)
                if behind is None:
                    break
                overlong.append(position)
                position, held = behind, 0
            continue
        yield Chunk(position, data, cut, tuple(overlong))
        position += cut - 1
        held -= cut - 1
        data[1 : 1 + held] = data[cut : cut + held]
        overlong = []
    if overlong:
        yield Chunk.of(position, b"", tuple(overlong))
    if len(data) == CHUNK + 1:
        _spare.append(data)


def _buffer(size: int) -> bytearray:
    """Return memory for a newline and `size` bytes, used before if there is some."""
    if size == CHUNK and _spare:
        return _spare.pop()
    return bytearray(b"\n").ljust(size + 1)


def _line_end(descriptor: int, position: int, size: int) -> int | None:
    """Return the offset behind the next newline, or None when there is none yet."""
    while block := read_at(descriptor, size, position):
        found = block.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(block)
    return None


def lines_before(descriptor: int, offset: int, size: int = _LOOK_BACK) -> Chunk:
    """Return the complete lines that end at the offset and start in the `size` bytes before it."""
    start = max(0, offset - size)
    data = read_at(descriptor, offset - start, start)
    cut = data.find(b"\n") + 1 if start else 0
    return Chunk.of(start + cut, data[cut:] if cut or not start else b"")


def line_at(descriptor: int, offset: int) -> Chunk:
    """Return the line that starts at the offset, with a newline, which the last one may lack."""
    for chunk in chunks(descriptor, offset, 1, _TAIL):
        end = chunk.data.find(b"\n", 1) + 1
        return chunk._replace(end=end)
    return Chunk.of(offset, torn_tail(descriptor, offset) + b"\n")


def torn_tail(descriptor: int, offset: int) -> bytes:
    """Return the bytes of the last line, when it has no newline."""
    info = os.fstat(descriptor)
    if info.st_size - offset > LINE_LIMIT:
        return b""
    return read_at(descriptor, max(0, info.st_size - offset), offset)


def open_file(path: str) -> int:
    """Return a descriptor for reading the bytes as they are. OSError when it cannot be had.

    A pipe in the place of a file does not block.
    """
    return os.open(path, os.O_RDONLY | _PLAIN)


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Return up to `size` bytes at the offset (os.pread does not exist everywhere)."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, size)


def read_into(descriptor: int, buffer: bytearray, start: int, offset: int) -> int:
    """Fill the buffer from `start` with what stands at the offset; return how many bytes."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    with FileIO(descriptor, closefd=False) as file, memoryview(buffer)[start:] as free:
        return file.readinto(free) or 0
