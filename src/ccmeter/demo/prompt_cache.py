"""Second step of the demo: the server's prompt cache as one conversation meets it."""

from typing import NamedTuple

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class _Entry(NamedTuple):
    tokens: int  # cached prefix
    used_ms: int  # start of the request that wrote or last read it


class PromptCache:
    """Prefixes by model; `floor` is the part (tools and system) that other sessions keep warm."""

    def __init__(self, ttl_ms: int, floor: int) -> None:
        self.floor = floor
        self._ttl_ms = ttl_ms
        self._entries: dict[str, _Entry] = {}

    def ask(self, model: str, prompt: int, now_ms: int, lost: bool = False) -> int:
        """Return the tokens of a prompt that are read; the rest is written.

        `lost` means that the client, or the server, broke the prefix behind the floor.
        """
        entry = self._entries.get(model)
        if entry is None or lost:
            read = self.floor
        elif now_ms - entry.used_ms > self._ttl_ms:
            read = 0
        else:
            read = entry.tokens
        self._entries[model] = _Entry(prompt, now_ms)
        return min(read, prompt)

    def rewrite(self) -> None:
        """Forget everything behind the floor, as a compaction does."""
        self._entries.clear()
