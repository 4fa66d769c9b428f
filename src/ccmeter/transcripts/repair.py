"""Lines to JSON records, including the lines that a crash or a race has damaged."""

import json
import re
from typing import Any

import orjson

Record = dict[str, Any]

# How a record starts. A record spliced onto a cut-off one begins with one of these.
_START = re.compile(r'\{"(?:parentUuid|type|isSidechain|message)"')
_DECODER = json.JSONDecoder()


def records(line: bytes) -> tuple[list[Record], str | None]:
    """Return the records on the line, and what is wrong with it, if anything is lost.

    A whole line gives one record and no reason. Padding with NULs, a missing newline between
    two records, bad UTF-8 and lone surrogates lose nothing. A cut-off record loses its own
    content, and whole records behind it are still found.
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _damaged(line)
    if isinstance(value, dict):
        return [value], None
    return [], "not a JSON object"


def _damaged(line: bytes) -> tuple[list[Record], str | None]:
    bare = line.replace(b"\0", b"").strip().removeprefix(b"\xef\xbb\xbf")
    if not bare:
        return [], "nothing but NUL bytes"
    text = bare.decode("utf-8", "replace")
    found, end = _whole_records(text, 0)
    if end == len(text):
        return found, None
    return found + _behind_the_cut(text, end + 1), "a record is cut off"


def _whole_records(text: str, start: int) -> tuple[list[Record], int]:
    """Read records from `start` on; return them and where what could not be read begins."""
    found: list[Record] = []
    # another value than an object is not even tried: the error's line number costs the whole text
    while text[start : start + 1] == "{":
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return found, start
        found.append(value)
        start = end
        while text[start : start + 1].isspace():
            start += 1
    return found, start


def _behind_the_cut(text: str, start: int) -> list[Record]:
    """Find the whole records that follow a cut-off one, by their first key."""
    while match := _START.search(text, start):
        found, end = _whole_records(text, match.start())
        if found and end == len(text):
            return found
        start = match.start() + 1
    return []


def clean(text: str) -> str:
    """Return the text without lone surrogates, which SQLite cannot bind."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


def bindable(path: str) -> str:
    """Return a path as text that SQLite can hold; bytes that are no UTF-8 become escapes.

    Unlike `clean` it keeps different paths different.
    """
    if path.isascii():
        return path
    return path.encode("utf-8", "backslashreplace").decode()
