#!/usr/bin/env python3
"""Measure the watcher: from a line in a transcript to a row, and what it costs to wait.

    python benchmarks/watch.py            everything, in about four minutes (Linux)
    python benchmarks/watch.py --appends 200 --idle-s 10 --responses 20000

One watcher, started by nothing but `python -m ccmeter.watch`, on a made-up history: it reads and
judges all of it, then lines are appended to some of its files at random moments, then it is left
alone. A line's latency is the time from the end of its write until another process finds its row,
with the time until that one looks. CPU is that of the watcher's threads, by the scheduler.
"""

import argparse
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from figures import Figure, seconds, size
from machine import facts
from results import table
from timing import environment

ROOT = Path(__file__).resolve().parents[1]
MB = 1_000_000
MET = {True: "yes", False: "**no**", None: ""}
_PATIENCE_S = 600.0
_LOOK_S = 0.002  # between looks into the database
_SPAN_S = 170 * 86_400  # of the history
_PAUSE_S = 65.0  # until the watcher closes the database
_POKES = 5


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--appends", type=int, default=1000)
    add("--into", type=int, default=50, help="files that are appended to")
    add("--per-second", type=float, default=20.0, help="appends, on average")
    add("--files", type=int, default=4000, help="transcripts of the history")
    add("--responses", type=int, default=100_000, help="of the history")
    add("--idle-s", type=float, default=60.0)
    add("--python", default=sys.executable, help="an interpreter with what ccmeter needs")
    return parser.parse_args()


def line(session: str, key: str, moment: float, cached: int) -> bytes:
    """One answer, as the client writes it, that reads what was cached before."""
    usage = {
        "input_tokens": 12,
        "output_tokens": 480,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 1500,
        "cache_creation": {"ephemeral_1h_input_tokens": 1500, "ephemeral_5m_input_tokens": 0},
    }
    message = {
        "id": key,
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [{"type": "text", "text": "." * 600}],
        "stop_reason": "end_turn",
        "usage": usage,
    }
    entry = {
        "parentUuid": None,
        "isSidechain": False,
        "type": "assistant",
        "sessionId": session,
        "cwd": "/home/ada/garden",
        "version": "2.1.330",
        "requestId": f"req_{key}",
        "uuid": f"uuid-{key}",
        "timestamp": datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "message": message,
    }
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def build(projects: Path, files: int, responses: int) -> list[Path]:
    """Write the history: sessions of equal length, one after the other, until now."""
    paths, now, each = [], time.time(), max(1, responses // files)
    for number in range(files):
        session = f"{number:08x}-0000-4000-8000-000000000000"
        path = projects / f"-home-ada-{number % 40}" / f"{session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        start = now - _SPAN_S * (files - number) / files
        lines = [
            line(session, f"msg_{number}_{n}", start + 40 * n, 1500 * n + 15_000 * (n > 0))
            for n in range(each)
        ]
        path.write_bytes(b"".join(lines))
        paths.append(path)
    return paths


class Watcher:
    """The watcher's process, and what it has used."""

    def __init__(self, python: str, home: Path) -> None:
        self.home = home / "ccmeter"
        env = environment(home, PYTHONPATH=ROOT / "src")
        self._process = subprocess.Popen([python, "-m", "ccmeter.watch", "forever"], env=env)
        self._proc = Path(f"/proc/{self._process.pid}")

    def cpu(self) -> float:
        """Return the seconds its threads have run."""
        stats = self._proc.glob("task/*/schedstat")
        return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9

    def memory(self, what: str) -> int:
        """Return bytes by their name in /proc: VmRSS now, VmHWM at most."""
        for row in (self._proc / "status").read_text().splitlines():
            if row.startswith(f"{what}:"):
                return int(row.split()[1]) * 1024
        return 0

    def wait(self, done: Callable[[], object], what: str) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not done():
            if self._process.poll() is not None or time.monotonic() > until:
                sys.exit(f"the watcher did not get there: {what}")
            time.sleep(0.1)

    def log(self) -> str:
        path = self.home / "watch.log"
        return path.read_text() if path.exists() else ""

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()


def reading(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{home / 'ccmeter.db'}?mode=ro", uri=True, timeout=10)


def latencies(home: Path, paths: list[Path], count: int, per_second: float) -> list[float]:
    """Append lines at random moments; return how long each took to become a row."""
    chance = random.Random(1)
    written: dict[str, float] = {}
    taken: list[float] = []
    due = time.monotonic()
    with closing(reading(home)) as connection:
        last = connection.execute("select max(id) from responses").fetchone()[0]
        number, until = 0, time.monotonic() + count / per_second + _PATIENCE_S
        while len(taken) < count and time.monotonic() < until:
            if number < count and time.monotonic() >= due:
                path, key = chance.choice(paths), f"msg_new_{number}"
                data = line(path.stem, key, time.time(), 60_000 + 1500 * number)
                with path.open("ab") as file:
                    file.write(data)
                written[key] = time.monotonic()
                number, due = number + 1, due + chance.expovariate(per_second)
            found = connection.execute("select id, key from responses where id > ?", (last,))
            for row, key in found.fetchall():
                taken.append(time.monotonic() - written[key])
                last = max(last, row)
            time.sleep(_LOOK_S)
    if len(taken) < count:
        sys.exit(f"{count - len(taken)} of {count} lines never became rows")
    return taken


def run(args: argparse.Namespace, home: Path, say: Callable[[str], None]) -> Iterator[Figure]:
    say(f"writing {args.responses:,} responses into {args.files:,} files")
    paths = build(home / ".claude/projects", args.files, args.responses)
    started = time.monotonic()
    watcher = Watcher(args.python, home)
    try:
        watcher.wait(lambda: "it is done" in watcher.log(), "the first pass")
        took, own = time.monotonic() - started, watcher.cpu()
        yield Figure("first pass", seconds(took), f"watcher's own CPU {seconds(own)}", "", "", None)
        time.sleep(3)
        say(f"appending {args.appends:,} lines to {args.into} files")
        before, began = watcher.cpu(), time.monotonic()
        taken = latencies(watcher.home, paths[-args.into :], args.appends, args.per_second)
        spent, length = watcher.cpu() - before, time.monotonic() - began
        yield from latency(taken, spent, length)
        say(f"idle for {args.idle_s:g} s")
        yield from idle(watcher, args.idle_s)
        most, now = watcher.memory("VmHWM"), watcher.memory("VmRSS")
        yield Figure(
            "memory, at most", size(most), f"at the end {size(now)}", "", "< 60 MB", most < 60 * MB
        )
    finally:
        watcher.end()


def latency(taken: list[float], spent: float, length: float) -> Iterator[Figure]:
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    yield Figure("append to row, p50", seconds(cuts[49]), "", "", "< 300 ms", cuts[49] < 0.3)
    yield Figure("append to row, p99", seconds(cuts[98]), "", "", "< 1 s", cuts[98] < 1)
    yield Figure("append to row, slowest", seconds(max(taken)), "", "", "", None)
    each = f"{1000 * spent / len(taken):.1f} ms"
    share = f"{spent / length:.1%} of a core"
    yield Figure("CPU per appended line", each, share, "", "", None)


def idle(watcher: Watcher, length: float) -> Iterator[Figure]:
    """What waiting costs, and a look at every file, which comes every five minutes."""
    time.sleep(_PAUSE_S)
    before, began = watcher.cpu(), time.monotonic()
    time.sleep(length)
    share = (watcher.cpu() - before) / (time.monotonic() - began)
    before = watcher.cpu()
    for _ in range(_POKES):
        (watcher.home / "poke").touch()
        time.sleep(3)
    look = max(0.0, (watcher.cpu() - before - share * 3 * _POKES) / _POKES)
    every = share + look / 300
    waiting = f"waiting {share:.3%}, a look at all files {seconds(look)} in 300 s"
    yield Figure("idle, of a core", f"{every:.3%}", waiting, "", "< 0.2 %", every < 0.002)


def main() -> int:
    args = parse_args()
    if not Path("/proc/self/schedstat").exists():
        sys.exit("this needs Linux: CPU and memory are read from /proc")

    def say(words: str) -> None:
        print(words, "...", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="watch-") as home:
        before = list(facts(args.python))
        figures = list(run(args, Path(home), say))
    print("\n".join(table(("", ""), before)))
    print()
    head = ("figure", "ccmeter", "", "target", "met")
    rows = [(f.figure, f.ccmeter, f.peer, f.target, MET[f.met]) for f in figures]
    print("\n".join(table(head, rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
