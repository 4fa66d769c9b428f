"""Sessions written line by line as the client writes them, and the report on them."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ccmeter.ingest import ingest
from ccmeter.pricing.book import load_book
from ccmeter.pricing.money import load_money
from ccmeter.reports.asked import Filters
from ccmeter.reports.overview import COUNTED, Extras, People, Report, make_report
from ccmeter.reports.period import Period
from ccmeter.store.db import open_rw

START_MS = 1_795_420_800_000  # 2026-11-23T08:00:00Z
MINUTE = 60_000
Line = dict[str, Any]


def iso(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def answer(session: str, key: str, minute: float, **changes: Any) -> Line:
    """A final line: 1,000 tokens in, 500 out; with Opus 5.5 that is $0.004 and $0.01."""
    usage = {
        "input_tokens": changes.pop("input", 1000),
        "output_tokens": changes.pop("output", 500),
        "cache_read_input_tokens": changes.pop("read", 0),
        "cache_creation_input_tokens": changes.pop("write", 0),
        **changes.pop("usage", {}),
    }
    message = {
        "id": key,
        "role": "assistant",
        "model": changes.pop("model", "claude-opus-5-5"),
        "content": changes.pop("content", []),
        "stop_reason": changes.pop("stop_reason", "end_turn"),
        "usage": usage,
    }
    return {
        "type": "assistant",
        "sessionId": session,
        "cwd": "/w/garden",
        "version": "2.1.330",
        "entrypoint": "cli",
        "requestId": f"req_{key}",
        "uuid": f"uuid-{key}",
        "timestamp": iso(START_MS + round(minute * MINUTE)),
        "message": message,
        **changes,
    }


def copied(line: Line, session: str, *, marked: bool = True) -> Line:
    """The line as --fork-session copies it to another session."""
    mark = {"requestSessionId": line["sessionId"]} if marked else {}
    return {**line, "sessionId": session, **mark}


def meter(session: str, usd: float, minutes: float, start: float = -1, **changes: Any) -> Line:
    """The client's own meter after so many minutes, with more tokens than any test uses in one."""
    tokens = round(minutes * 10**6)
    used = {
        "inputTokens": tokens,
        "outputTokens": tokens,
        "cacheReadInputTokens": tokens,
        "cacheCreationInputTokens": tokens,
        "webSearchRequests": 0,
        "costUSD": usd,
        **changes.pop("used", {}),
    }
    return {
        "type": "cost-state",
        "sessionId": session,
        "totalCostUSD": usd,
        "totalDuration": round(minutes * MINUTE),
        "startTime": START_MS + round(start * MINUTE),
        "modelUsage": {"claude-opus-5-5": used},
        "hasUnknownModelCost": False,
        **changes,
    }


class Place:
    """A Claude folder, its database, and reports on it."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection

    def write(self, name: str, *lines: Line, age_s: int = 0) -> Path:
        """Write the transcript of a session, or of `session/subagents/agent-x`."""
        path = self.folder / "projects" / "-w-garden" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        moment = 1_800_000_000 - age_s
        os.utime(path, (moment, moment))
        return path

    def add(self, name: str, *lines: Line) -> None:
        """Append to a transcript."""
        path = self.folder / "projects" / "-w-garden" / f"{name}.jsonl"
        with path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    def sync(self, *, full: bool = False) -> "Place":
        ingest(self.connection, [str(self.folder)], full=full)
        return self

    def report(
        self,
        since: str = "2026-11-01",
        until: str = "2026-11-30",
        by: str = "session",
        extras: Extras = COUNTED,
        prices: dict[str, Any] | None = None,
        filters: Filters = Filters(),  # noqa: B008
    ) -> Report:
        period = Period(date.fromisoformat(since), date.fromisoformat(until), UTC, "UTC")
        people = People(lambda root: "me", lambda user: ())
        money = load_money(load_book(prices or {}), {})
        return make_report(
            self.connection, money, period, by, filters, people, "mid", period.until, extras
        )


@cache
def empty_database() -> bytes:
    """The database of a first start, made once."""
    with tempfile.TemporaryDirectory() as home:
        open_rw(home).close()
        return Path(home, "ccmeter.db").read_bytes()


def place_in(folder: Path) -> Iterator[Place]:
    (folder / "claude" / "projects").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "ccmeter.db").write_bytes(empty_database())
    with closing(open_rw(str(folder / "data"))) as connection:
        yield Place(folder / "claude", connection)
