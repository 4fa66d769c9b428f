"""Lines to JSON records, including the lines that a crash or a race has damaged."""

import json
import re
from typing import Any

import orjson

Record = dict[str, Any]

# How a record starts. A record spliced onto a cut-off one begins with one of these.
_START = re.compile(rb'\{"(?:parentUuid|type|isSidechain|message)"')


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
    found, rest = _whole_records(bare.decode("utf-8", "replace"))
    if not rest:
        return found, None
    return found + _behind_the_cut(rest.encode("utf-8", "replace")), "a record is cut off"


def _whole_records(text: str) -> tuple[list[Record], str]:
    """Read records from the start of the text; return them and what could not be read."""
    decoder = json.JSONDecoder()
    found: list[Record] = []
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            return found, text
        if not isinstance(value, dict):
            return found, text
        found.append(value)
        text = text[end:].lstrip()
    return found, ""


def _behind_the_cut(line: bytes) -> list[Record]:
    """Find the whole records that follow a cut-off one, by their first key."""
    position = 1
    while match := _START.search(line, position):
        found, rest = _whole_records(line[match.start() :].decode("utf-8", "replace"))
        if found and not rest:
            return found
        position = match.start() + 1
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
