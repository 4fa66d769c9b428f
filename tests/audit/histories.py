"""Transcripts written line by line as the client writes them, and what the audit finds in them."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ccmeter.audit.keep_up import Judgement, forget, keep_up
from ccmeter.ingest import ingest
from ccmeter.pricing.book import load_book
from ccmeter.store.audit_found import with_numbers
from ccmeter.store.db import open_rw

NOON_MS = 1_795_435_200_000  # 2026-11-23T12:00:00Z
OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"
Line = dict[str, Any]

THREADS = """
select session, ifnull(agent, ''), responses.key, threads.last_ms, tier, threads.prompt_tokens,
    threads.read_tokens
from audit_threads as threads
join sessions on sessions.id = threads.session_id
left join agents on agents.id = threads.agent_id
join responses on responses.id = threads.first_id
order by 1, 2
"""
TALLIES = """
select session, ifnull(agent, ''), slot, claude, version, provider, sum(requests),
    sum(tallies.prompt_tokens), sum(tallies.read_tokens), sum(cost), sum(unpriced), sum(exposed)
from audit_tallies as tallies
join sessions on sessions.id = tallies.session_id
left join agents on agents.id = tallies.agent_id
join clients on clients.id = tallies.version_id
group by 1, 2, 3, 4, 5, 6
order by 1, 2, 3, 4, 5, 6
"""
REBUILDS = """
select session, ifnull(agent, ''), responses.key, rebuilds.start_ms, verdict, cause, kind, evidence,
    sure, expected_read, lost_tokens, excess, gap_ms
from audit_rebuilds as rebuilds
join sessions on sessions.id = rebuilds.session_id
left join agents on agents.id = rebuilds.agent_id
join responses on responses.id = rebuilds.response_id
join audit_findings as findings on findings.id = rebuilds.finding_id
order by 1, 2, 4, 3
"""
RAISED = """
select session, ifnull(agent, ''), raised.time_ms, rule, level, wording, numbers, advice, is_sum,
    tokens, usd, version
from audit_raised as raised
join sessions on sessions.id = raised.session_id
left join agents on agents.id = raised.agent_id
left join clients on clients.id = raised.version_id
join audit_sayings as says on says.id = raised.saying_id
order by 1, 2, 3, 4, 5, 6, 7
"""


@cache
def empty_database() -> bytes:
    """The database of a first start, made once."""
    with tempfile.TemporaryDirectory() as home:
        open_rw(home).close()
        return Path(home, "ccmeter.db").read_bytes()


class Place:
    """One history on disk, its database and what is found in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.projects = folder / "projects"
        self.projects.mkdir(parents=True)
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        (self.home / "ccmeter.db").write_bytes(empty_database())
        self.connection = open_rw(str(self.home))

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def write(self, path: str, lines: Iterable[Line]) -> None:
        target = self.projects / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    def append(self, path: str, lines: Iterable[Line]) -> None:
        with open(self.projects / path, "ab") as file:
            file.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    def sync(self, **options: Any) -> None:
        ingest(self.connection, [str(self.folder)], **options)

    def judge(self) -> Judgement:
        return keep_up(self.connection, load_book())

    def judge_anew(self) -> Judgement:
        forget(self.connection)
        return self.judge()

    def take_in(self, lines: Iterable[Line], path: str = "-w-garden/s1.jsonl") -> Judgement:
        """Write a transcript, read it and judge what is new."""
        self.write(path, lines)
        self.sync()
        return self.judge()

    def found(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that is found, in an order and with names that do not depend on history."""
        queries = {"threads": THREADS, "tallies": TALLIES, "rebuilds": REBUILDS, "raised": RAISED}
        return {name: self.connection.execute(query).fetchall() for name, query in queries.items()}

    def verdicts(self) -> list[tuple[str, str]]:
        """Verdict and cause of the rebuilds."""
        return [row[4:6] for row in self.found()["rebuilds"]]

    def alerts(self) -> list[tuple[str, str, str]]:
        """Rule, level and message of what was raised."""
        return [(r[3], r[4], with_numbers(r[5], r[6])) for r in self.found()["raised"]]


@contextmanager
def fresh() -> Iterator[Place]:
    """A place without a history."""
    with tempfile.TemporaryDirectory() as folder, Place(Path(folder)) as place:
        yield place


def iso(time_ms: int) -> str:
    stamp = datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def at(seconds: float) -> str:
    """So many seconds after noon."""
    return iso(NOON_MS + round(1000 * seconds))


def answer(id_: str, seconds: float, **changes: Any) -> Line:
    """A final line of the main thread: 2 tokens in, 300 out, nothing cached unless it is said."""
    short, long = changes.pop("write_5m", 0), changes.pop("write", 0)
    usage = {
        "input_tokens": changes.pop("input", 2),
        "output_tokens": changes.pop("output", 300),
        "cache_read_input_tokens": changes.pop("read", 0),
        "cache_creation_input_tokens": short + long,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
    }
    message = {
        "id": id_,
        "role": "assistant",
        "model": changes.pop("model", OPUS),
        "content": [],
        "stop_reason": changes.pop("stop_reason", "end_turn"),
        "usage": usage,
    }
    if "diagnosis" in changes:
        message["diagnostics"] = {"cache_miss_reason": {"type": changes.pop("diagnosis")}}
    return {
        "type": "assistant",
        "sessionId": "s1",
        "cwd": "/w/garden",
        "version": "2.1.219",
        "entrypoint": "cli",
        "requestId": f"req_{id_}",
        "uuid": f"uuid-{id_}",
        "timestamp": at(seconds),
        "message": message,
        **changes,
    }


def record(kind: str, seconds: float, **fields: Any) -> Line:
    """Any other line of the main thread."""
    return {"type": kind, "sessionId": "s1", "timestamp": at(seconds), **fields}


def prompt(seconds: float, **fields: Any) -> Line:
    return record("user", seconds, message={"role": "user", "content": "Go on."}, **fields)


def command(seconds: float, name: str) -> Line:
    text = f"<command-name>/{name}</command-name>"
    return record("user", seconds, message={"role": "user", "content": text})


def compaction(seconds: float) -> Line:
    metadata = {"trigger": "auto", "preTokens": 100_000}
    return record("system", seconds, subtype="compact_boundary", compactMetadata=metadata)


def fingerprint(id_: str, seconds: float, base: str | None, tail: list[str], **more: Any) -> Line:
    """What the client writes about a request before it sends it."""
    known = {} if base is None else {"base": base, "keep": more.pop("keep", 0)}
    shape = more.pop("shape", "aa" * 8)
    params = {"model": OPUS, "max_tokens": 32_000}
    return record(
        "api-request", seconds, id=id_, shapeHash=shape, params=params, tail=tail, **known, **more
    )


def healthy(count: int, start: float = 0, gap: float = 20, **more: Any) -> list[Line]:
    """Requests that read all that was there and write 3,000 tokens more."""
    first = 60_000
    name = more.pop("name", "m")
    return [
        answer(
            f"msg_0{name}{n}",
            start + n * gap,
            read=first + 3_000 * (n - 1) if n else 0,
            write=3_000 if n else first,
            **more,
        )
        for n in range(count)
    ]


def lost(id_: str, seconds: float, prompt_tokens: int, floor: int = 0, **more: Any) -> Line:
    """A request that reads no more than the floor and writes the rest again."""
    return answer(id_, seconds, read=floor, write=prompt_tokens - floor, **more)


def old_file(path: Path) -> None:
    """Make a file look as if it had been written long ago."""
    os.utime(path, (1_700_000_000, 1_700_000_000))


def rows(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
    return int(count)
