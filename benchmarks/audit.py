#!/usr/bin/env python3
"""Measure the cache audit: judging everything from scratch, one new request, and what it stores.

    python benchmarks/audit.py                    a million requests and a corpus of 100 MB: minutes
    python benchmarks/audit.py --requests 50000 --size 20MB

Judging is timed alone, without the reading of transcripts before it, with the database on disk and
its transaction committed. A new request is a line that is appended to one of the history's
transcripts and read; the time is that of finding out that it is new, judging it and committing what
was found.
"""

import argparse
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from machine import facts

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from ccmeter.audit.keep_up import forget, keep_up  # noqa: E402
from ccmeter.ingest import ingest  # noqa: E402
from ccmeter.pricing.book import load_book  # noqa: E402
from ccmeter.store.db import open_rw  # noqa: E402

TABLES = ("threads", "tallies", "rebuilds", "raised", "findings", "sayings", "waiting")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--size", default="100MB", help="of the corpus whose growth is measured")
    parser.add_argument("--appends", type=int, default=200, help="new requests, one after another")
    parser.add_argument("--work", help="a folder with room; a temporary one without")
    args = parser.parse_args()
    for name, fact in facts(sys.executable):
        print(f"{name:<18} {fact}")
    with tempfile.TemporaryDirectory(dir=args.work, prefix="ccmeter-audit-") as folder:
        many = corpus(Path(folder, "many"), "--responses", str(args.requests))
        with closing(read(many)) as connection:
            from_scratch(connection)
            one_more(connection, many, args.appends)
        real = corpus(Path(folder, "real"), "--size", args.size)
        with closing(read(real)) as connection:
            growth(connection, real)


def corpus(out: Path, *options: str) -> Path:
    command = [sys.executable, str(HERE / "corpus.py"), *options, "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def read(folder: Path) -> sqlite3.Connection:
    """Read the transcripts, judge nothing."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    connection = open_rw(str(home))
    ingest(connection, [str(folder)])
    return connection


def from_scratch(connection: sqlite3.Connection) -> None:
    print()
    for _ in range(2):
        forget(connection)
        started, before = time.perf_counter(), cpu()
        judged = keep_up(connection, load_book()).requests
        seconds, spent = time.perf_counter() - started, cpu() - before
        print(f"{judged:,} requests judged from scratch in {seconds:.1f} s, {spent:.1f} s of CPU")
    print(", ".join(f"{count(connection, name):,} {name}" for name in TABLES))


def cpu() -> float:
    """Return the CPU seconds of this process and of the helpers that it has ended."""
    return sum(os.times()[:4])


def one_more(connection: sqlite3.Connection, folder: Path, appends: int) -> None:
    files = sorted((folder / "projects").glob("*/*.jsonl"))
    chosen = random.Random(1).choices(files, k=appends)
    seconds = []
    for number, path in enumerate(chosen):
        append(path, number)
        ingest(connection, [str(folder)])
        started = time.perf_counter()
        judged = keep_up(connection, load_book()).requests
        seconds.append(time.perf_counter() - started)
        if not judged:
            raise SystemExit(f"the request appended to {path} was not judged")
    milliseconds = sorted(1000 * one for one in seconds)
    print(
        f"one new request, {appends} times: median {statistics.median(milliseconds):.1f} ms,"
        f" 95 % {milliseconds[int(0.95 * appends)]:.1f} ms, slowest {milliseconds[-1]:.1f} ms"
    )


def append(path: Path, number: int) -> None:
    """Add a request that goes on where the last one of the file ended."""
    last = [line for line in answers(path) if line["message"]["usage"]["output_tokens"]][-1]
    usage = last["message"]["usage"]
    cached = usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    message = last["message"] | {
        "id": f"msg_01appended{number}",
        "stop_reason": "end_turn",
        "usage": usage | {"cache_read_input_tokens": cached},
    }
    line = last | {"message": message, "uuid": f"appended-{number}", "requestId": f"req_{number}"}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def answers(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if '"assistant"' in line:
                found = json.loads(line)
                if found.get("type") == "assistant":
                    yield found


def growth(connection: sqlite3.Connection, folder: Path) -> None:
    transcripts = sum(path.stat().st_size for path in (folder / "projects").rglob("*.jsonl"))
    before = used(connection)
    judged = keep_up(connection, load_book()).requests
    more = used(connection) - before
    print(
        f"\na corpus of {transcripts / 1e6:.0f} MB with {judged:,} requests: the database grows"
        f" from {before / 1e6:.2f} MB by {more / 1e6:.2f} MB when it is judged,"
        f" {100 * more / transcripts:.2f} % of the transcripts"
    )
    print(", ".join(f"{count(connection, name):,} {name}" for name in TABLES))


def used(connection: sqlite3.Connection) -> int:
    """Bytes of the pages that hold something."""
    pages, free, size = (
        connection.execute(f"pragma {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def count(connection: sqlite3.Connection, table: str) -> int:
    return connection.execute(f"select count(*) from audit_{table}").fetchone()[0]  # noqa: S608


if __name__ == "__main__":
    main()
