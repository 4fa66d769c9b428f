"""The prompt cache of the mock API: prefixes, breakpoints, lifetimes and a look back.

A prompt is a row of blocks: tools, system, messages. An entry is written at a block that carries
cache_control, found again by the hash of everything up to it, and lives for its lifetime counted
from the request that wrote or last read it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

LOOK_BACK = 20  # blocks before a breakpoint that are searched for an entry
MINIMUM = 512  # tokens; shorter prefixes are not cached
LIFETIMES = {"5m": 300.0, "1h": 3600.0}
CHARS_PER_TOKEN = 4

Body = Mapping[str, Any]


class Block(NamedTuple):
    """One block of a prompt, and everything before it."""

    layer: str  # tools, system, messages
    hash: str  # of the prompt up to and including it
    tokens: int  # up to and including it
    lifetime: str | None  # 5m or 1h at a breakpoint


class Bill(NamedTuple):
    """Prompt tokens as the API bills them, each in one field."""

    input: int = 0
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0


class Entry(NamedTuple):
    """A cached prefix."""

    layer: str
    lifetime: float
    expires: float


class PromptCache:
    """What is cached for each model. Not safe for threads: the server holds a lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[tuple[str, str], Entry] = {}

    def bill(self, body: Body) -> Bill:
        """Bill a prompt, renew the entry that it reads and write those of its breakpoints."""
        model, row = str(body.get("model")), list(blocks(body))
        marks = [n for n, block in enumerate(row) if block.lifetime]
        if not row or not marks:
            return Bill(input=row[-1].tokens if row else 0)
        found = self._found(model, row, marks)
        read = row[found].tokens if found is not None else 0
        last = row[marks[-1]].tokens
        if last < MINIMUM:
            return Bill(input=row[-1].tokens)
        return Bill(row[-1].tokens - last, read, *self._write(model, row, marks, read))

    def _found(self, model: str, row: list[Block], marks: list[int]) -> int | None:
        """The longest cached prefix within reach of a breakpoint; it is renewed."""
        now = self._clock()
        for mark in reversed(marks):
            for n in range(mark, max(-1, mark - LOOK_BACK), -1):
                key = model, row[n].hash
                entry = self._entries.get(key)
                if entry and entry.expires > now:
                    self._entries[key] = entry._replace(expires=now + entry.lifetime)
                    return n
        return None

    def _write(self, model: str, row: list[Block], marks: list[int], read: int) -> tuple[int, int]:
        """Write what lies between the read prefix and the last breakpoint; tokens by lifetime."""
        written, done = dict.fromkeys(LIFETIMES, 0), read
        for mark in marks:
            block = row[mark]
            if block.tokens <= done or block.lifetime is None:
                continue
            written[block.lifetime] += block.tokens - done
            done = block.tokens
            seconds = LIFETIMES[block.lifetime]
            if block.tokens >= MINIMUM:
                entry = Entry(block.layer, seconds, self._clock() + seconds)
                self._entries[model, block.hash] = entry
        return written["5m"], written["1h"]

    def evict(self, layers: str) -> None:
        """Forget "all" entries, or those that end in the "messages" layer."""
        kept = {} if layers == "all" else self._entries
        self._entries = {key: e for key, e in kept.items() if e.layer != layers}


def blocks(body: Body) -> Iterator[Block]:
    """The blocks of a prompt in the order of the prefix."""
    digest, size = hashlib.sha256(), 0
    for layer, value, mark in _parts(body):
        text = json.dumps(value, sort_keys=True)
        digest.update(text.encode())
        size += len(text)
        lifetime = mark.get("ttl", "5m") if isinstance(mark, Mapping) else None
        yield Block(layer, digest.hexdigest(), size // CHARS_PER_TOKEN, lifetime)


def _parts(body: Body) -> Iterator[tuple[str, object, object]]:
    """(layer, block without its mark, mark)"""
    for tool in body.get("tools") or ():
        yield "tools", *_unmarked(tool)
    for block in _listed(body.get("system")):
        yield "system", *_unmarked(block)
    for message in body.get("messages") or ():
        for block in _listed(message.get("content")):
            value, mark = _unmarked(block)
            yield "messages", [message.get("role"), value], mark


def _listed(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _unmarked(block: Mapping[str, Any]) -> tuple[dict[str, Any], object]:
    return {k: v for k, v in block.items() if k != "cache_control"}, block.get("cache_control")
