"""The body of an HTTP request, within limits: whole, unpacked, or the reason why not."""

import re
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from ccmeter.otlp.records import Refusal

MOST_SENT = 4 * 1024 * 1024  # bytes on the wire
MOST_UNPACKED = 8 * 1024 * 1024
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;[^\r\n]*)?\r?\n")
_LINE = 256  # bytes of a line between chunks
_TRAILERS = 20
_GZIP = 31  # zlib's window bits for a gzip header

TOO_LARGE = Refusal(413, f"larger than {MOST_SENT} bytes")
BROKEN = Refusal(400, "the body is cut off or not framed as announced")


def read_body(headers: Mapping[str, str], file: BinaryIO) -> bytes | Refusal:
    """Read and unpack the body that the headers announce. OSError when the connection breaks."""
    chunked = (headers.get("Transfer-Encoding") or "").strip().lower() == "chunked"
    packed = _chunks(file) if chunked else _sized(headers.get("Content-Length") or "", file)
    if isinstance(packed, Refusal):
        return packed
    coding = (headers.get("Content-Encoding") or "identity").strip().lower()
    if coding == "identity":
        return packed
    return _unpacked(packed) if coding == "gzip" else Refusal(415, "send gzip or no encoding")


def _sized(length: str, file: BinaryIO) -> bytes | Refusal:
    if not re.fullmatch("[0-9]{1,18}", length):
        return BROKEN
    if int(length) > MOST_SENT:
        return TOO_LARGE
    body = file.read(int(length))
    return body if len(body) == int(length) else BROKEN


def _chunks(file: BinaryIO) -> bytes | Refusal:
    body = b""
    while match := _CHUNK_SIZE.fullmatch(file.readline(_LINE)):
        size = int(match[1], 16)
        if size == 0:
            return body if _trailers_end(file) else BROKEN
        if len(body) + size > MOST_SENT:
            return TOO_LARGE
        body += file.read(size)
        if file.readline(_LINE).strip(b"\r\n"):  # also when the chunk was cut off
            return BROKEN
    return BROKEN


def _trailers_end(file: BinaryIO) -> bool:
    return any(file.readline(_LINE) in (b"\r\n", b"\n") for _ in range(_TRAILERS))


def _unpacked(packed: bytes) -> bytes | Refusal:
    """Unpack gzip, never more than allowed: a small body can stand for gigabytes."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(packed, MOST_UNPACKED + 1)
    except zlib.error:
        return Refusal(400, "not gzip")
    if len(body) > MOST_UNPACKED:
        return Refusal(413, f"larger than {MOST_UNPACKED} bytes when unpacked")
    return body if unpacker.eof else BROKEN
