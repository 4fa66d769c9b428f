"""The demo month as read by these tests' own reader: nothing here comes from ccmeter's parser."""

import datetime
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from ccmeter.demo import write_demo

TODAY = datetime.date(2026, 11, 24)
# USD per million tokens: input, output, cache read, cache write 5m, 1h
PRICES = {
    "claude-opus-5-5": (4, 20, 0.2, 5, 8),
    "claude-sonnet-5-5": (2, 10, 0.1, 2.5, 4),
    "claude-haiku-5-5": (0.1, 0.5, 0.01, 0.125, 0.2),
    "claude-fable-5-2": (8, 40, 0.2, 10, 16),
}


class Seen(NamedTuple):
    """The believed line of one message id."""

    final: bool
    output: int
    original: bool  # not copied from another session
    order: int
    path: str
    line: dict

    @property
    def vector(self):
        usage = self.line["message"]["usage"]
        split = usage.get("cache_creation", {})
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens")
        lives = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
        return *(usage.get(n, 0) for n in names), *(split.get(n, 0) for n in lives)

    @property
    def searches(self):
        return (
            self.line["message"]["usage"].get("server_tool_use", {}).get("web_search_requests", 0)
        )

    @property
    def usd(self):
        prices = PRICES.get(self.line["message"]["model"], (0,) * 5)
        tokens = sum(n * p for n, p in zip(self.vector, prices, strict=True))
        return tokens / 1e6 + 0.01 * self.searches


class Month:
    def __init__(self, root: Path) -> None:
        self.files = {p: p.read_bytes() for p in sorted((root / "projects").rglob("*.jsonl"))}
        self.lines = [
            (str(path), orjson.loads(line))
            for path, data in self.files.items()
            for line in data.splitlines()
        ]
        self.responses: dict[str, Seen] = {}
        self.homes = defaultdict(set)
        for order, (path, line) in enumerate(self.lines):
            if line["type"] == "assistant":
                self._believe(order, path, line)

    def _believe(self, order, path, line):
        message = line["message"]
        final = message.get("stop_reason") is not None
        original = "requestSessionId" not in line
        seen = Seen(final, message["usage"]["output_tokens"], original, order, path, line)
        self.homes[message["id"]].add(path)
        if message["id"] not in self.responses or seen > self.responses[message["id"]]:
            self.responses[message["id"]] = seen

    def of_type(self, kind):
        return [line for _, line in self.lines if line["type"] == kind]

    def read_share_by_version(self):
        read, prompt = Counter(), Counter()
        for seen in self.responses.values():
            version, vector = seen.line["version"], seen.vector
            if seen.line["message"]["model"] in PRICES:
                read[version] += vector[2]
                prompt[version] += sum(vector) - vector[1]
        return {version: read[version] / prompt[version] for version in prompt}

    def threads(self):
        """Return the responses of every file in order, without copies."""
        threads = defaultdict(list)
        for seen in sorted(self.responses.values(), key=lambda seen: seen.order):
            threads[seen.path].append(seen)
        return threads


@pytest.fixture(scope="session")
def month_of(tmp_path_factory):
    def make(today):
        root = tmp_path_factory.mktemp("demo")
        write_demo(str(root), today)
        return Month(root)

    return make


@pytest.fixture(scope="session")
def month(month_of):
    return month_of(TODAY)
