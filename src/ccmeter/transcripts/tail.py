"""Second step of the flow: read the complete lines added to a file since last time."""

import os
from collections.abc import Iterator
from io import FileIO
from typing import NamedTuple

from ccmeter.digests import blake2b
from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript, identity

CHUNK = 1 << 21  # bytes read at a time; a longer line is read whole
LINE_LIMIT = 64 << 20  # no usage is ever that long; such a line is passed over, not loaded
_TAIL = 4096  # bytes before the cursor that prove the file is still the same
_PLAIN = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_LOOK_BACK = 128 << 10  # bytes before the cursor in which the request of an answer is looked for


class Chunk(NamedTuple):
    """Complete lines of a file: `data` is a newline, then the lines, each with its newline.

    The next chunk of a file is read into the same memory: fresh memory for every chunk would cost
    more than reading does.
    """

    offset: int  # of the first line in the file
    data: bytes | bytearray
    overlong: tuple[int, ...] = ()  # offsets of lines passed over before this chunk


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
    position, rest, overlong = start, bytearray(), []
    data, block = bytearray(b"\n"), bytearray(size)
    while position < start + limit:
        count = read_into(descriptor, block, position + len(rest))
        if not count:
            break
        cut = block.rfind(b"\n", 0, count) + 1
        if not cut:
            rest += block[:count]
            if len(rest) > longest:
                behind = _line_end(descriptor, position + len(rest), size)
                if behind is None:
                    break
                overlong.append(position)
                position, rest = behind, bytearray()
            continue
        data[1:] = rest
        data += memoryview(block)[:cut]
        yield Chunk(position, data, tuple(overlong))
        position += len(data) - 1
        rest, overlong = block[cut:count], []
    if overlong:
        yield Chunk(position, b"\n", tuple(overlong))


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
    if not start:
        return Chunk(0, b"\n" + data)
    cut = data.find(b"\n")
    return Chunk(start + cut + 1, data[cut:] if cut >= 0 else b"\n")


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


def read_into(descriptor: int, buffer: bytearray, offset: int) -> int:
    """Fill the buffer from the offset on; return how many bytes were read."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    with FileIO(descriptor, closefd=False) as file:
        return file.readinto(buffer) or 0
