"""How many lines tell of one response in the newest transcripts. Nothing of them is kept."""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

import orjson

from ccmeter.model import SYNTHETIC
from ccmeter.transcripts.discover import Transcript

_BYTES = 16 << 20  # that are looked at, and at least one file: enough for a factor
_MARK = b'"assistant"'


class LinesTold(NamedTuple):
    """Lines with usage, and the responses that they tell of."""

    lines: int = 0
    responses: int = 0


def lines_told(files: Iterable[Transcript]) -> LinesTold:
    """Count in the newest of the files; those that cannot be read are left out."""
    lines, ids, left = 0, set[str](), _BYTES
    for file in sorted(files, key=lambda file: file.mtime_ns, reverse=True):
        if left <= 0:
            break
        left -= file.size
        with suppress(OSError), open(file.path, "rb") as content:
            for id_ in filter(None, (_response(line) for line in content if _MARK in line)):
                lines += 1
                ids.add(id_)
    return LinesTold(lines, len(ids))


def _response(line: bytes) -> str | None:
    """The id of the response that a line tells the usage of."""
    try:
        found = orjson.loads(line)
        message = found["message"]
        if found["type"] == "assistant" and message["usage"] and message["model"] != SYNTHETIC:
            return str(message["id"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        pass
    return None
