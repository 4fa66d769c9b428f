"""The parts of ccmeter, each run in this process on a real corpus and a real database."""

import argparse
import contextlib
import cProfile
import io
import os
import pstats
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

import corpora
import figures
import results
import timing
from subject import EVERYTHING, LAST_WEEK, ROOT, START, Meter

from ccmeter.ingest import carry_out, ingest, plan
from ccmeter.store.db import open_rw
from ccmeter.store.packing import Parcel
from ccmeter.store.writer import Writer
from ccmeter.transcripts.discover import Transcript, discover
from ccmeter.transcripts.reader import Batch, read_batch

Row = tuple[str, ...]
_SHOWN = 25  # lines of a profile


class Parts:
    """The parts, with a folder of their own for databases while they are measured."""

    def __init__(self, args: argparse.Namespace, meter: Meter) -> None:
        self._args, self._meter = args, meter
        self._folder = args.cache.resolve() / "corpora"
        self._temporary = tempfile.mkdtemp(prefix="micro-")

    def __enter__(self) -> Self:
        # nothing in this process may look into the real home
        os.environ.update(timing.environment(self._temporary))
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._temporary, ignore_errors=True)

    def table(self) -> Iterator[str]:
        """Yield the lines of a table."""
        rows: list[Row] = []
        for part in self._args.part:
            rows += getattr(self, f"_{part}")()
        yield from results.table(("part", "measured on", "best", "rate"), rows)

    def profile(self, part: str) -> None:
        """Print where the time of one part goes."""
        work = getattr(self, f"_{part}_work")()
        profiler = cProfile.Profile()
        profiler.runcall(work)
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(_SHOWN)

    def _corpus(self) -> Path:
        return corpora.build(self._folder, "--size", self._args.size)

    def _files(self) -> list[Transcript]:
        return list(discover([str(self._corpus())]))

    # parse: bytes of one file to records

    def _largest(self) -> Transcript:
        return max(self._files(), key=lambda file: file.size)

    def _parse_work(self) -> Callable[[], list[Batch]]:
        file = self._largest()
        corpora.read_seconds(self._corpus())  # into the page cache
        return lambda: _read(file)

    def _parse(self) -> list[Row]:
        work = self._parse_work()
        batches = work()
        seconds = self._best(work)
        lines, size = sum(b.lines for b in batches), sum(b.size for b in batches)
        rate = f"{size / seconds / 1e6:,.0f} MB/s, {lines / seconds:,.0f} lines/s"
        return [("parse", f"{size / 1e6:,.1f} MB in one file", figures.seconds(seconds), rate)]

    # write: records to rows

    def _write_work(self) -> Callable[[], float]:
        """Let one pass run to see what it stores; store that again and again."""
        groups: list[Sequence[Parcel]] = []
        home = str(Path(self._temporary, "recorded"))
        with opened(home) as connection:
            carry_out(connection, plan(connection, [str(self._corpus())]), stored=groups.append)
        return lambda: self._store(groups)

    def _store(self, groups: Sequence[Sequence[Parcel]]) -> float:
        """Store into an empty database; return the seconds of the writer alone."""
        with tempfile.TemporaryDirectory(dir=self._temporary) as home, opened(home) as connection:
            writer = Writer(connection)
            start = time.perf_counter()
            for group in groups:
                writer.store(map(Parcel.opened, group))
            return time.perf_counter() - start

    def _write(self) -> list[Row]:
        number = corpora.count(self._corpus(), "responses")
        work = self._write_work()
        seconds = min(work() for _ in range(self._args.rounds))
        rate = f"{number / seconds:,.0f} responses/s"
        shown = figures.seconds(seconds)
        return [("write", f"{number:,} responses of {self._args.size}", shown, rate)]

    # query: rows to a report

    def _database(self) -> str:
        """Return a CCMETER_HOME whose database holds that many responses, built once."""
        number = self._args.responses
        corpus = corpora.build(self._folder, "--responses", str(number), "--days", "180")
        home = str(Path(self._temporary, "queried"))
        if Path(home).exists():
            return home
        with opened(home) as connection:
            ingest(connection, [str(corpus)])
        return home

    def _query_work(self) -> Callable[[], object]:
        return self._report(LAST_WEEK)

    def _everything_work(self) -> Callable[[], object]:
        return self._report(EVERYTHING)

    def _report(self, words: Sequence[str]) -> Callable[[], object]:
        from ccmeter.cli import main as run

        os.environ["CCMETER_HOME"] = self._database()

        def report() -> None:
            sys.argv = ["ccmeter", *words, "--no-sync"]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
                run()

        report()  # imports, and what is kept ready
        return report

    def _query(self) -> list[Row]:
        seconds = self._best(self._query_work())
        number = f"{self._args.responses:,} responses"
        return [("query", f"overview of 7 days, {number}", figures.seconds(seconds), "")]

    def _everything(self) -> list[Row]:
        seconds = self._best(self._everything_work())
        rate = f"{self._args.responses / seconds:,.0f} responses/s"
        shown = figures.seconds(seconds)
        return [("everything", f"overview of {self._args.responses:,} responses", shown, rate)]

    # start: whole processes, and what they import

    def _start(self) -> list[Row]:
        env = timing.environment(self._temporary, PYTHONPATH=ROOT / "src")
        python = self._meter.python
        rows: list[Row] = []
        starts = {
            "Python that does nothing": (python, "-S", "-c", "pass"),
            "ccmeter --version": (python, "-m", "ccmeter", "--version"),
            "ccmeter statusline": (python, "-S", "-c", START, "statusline"),
            "ccmeter report --help": (python, "-m", "ccmeter", "report", "--help"),
        }
        for name, command in starts.items():
            times = [timing.run(command, env, b"{}").seconds for _ in range(4 * self._args.rounds)]
            listed = timing.run((python, "-X", "importtime", *command[1:]), env, b"{}").err
            modules, slowest = _imports(listed.decode())
            what = f"{modules} modules, own time most: {slowest}"
            rows.append(("start", name, figures.seconds(min(times)), what))
        return rows

    def _best(self, work: Callable[[], object]) -> float:
        def once() -> float:
            start = time.perf_counter()
            work()
            return time.perf_counter() - start

        return min(once() for _ in range(self._args.rounds))


@contextlib.contextmanager
def opened(home: str) -> Iterator[sqlite3.Connection]:
    """Open a database for writing."""
    connection = open_rw(home)
    try:
        yield connection
    finally:
        connection.close()


def _read(file: Transcript) -> list[Batch]:
    """Read one file from its beginning."""
    batches = []
    batch = read_batch(file, None)
    while batch is not None:
        batches.append(batch)
        batch = read_batch(file, batch.cursor) if batch.more else None
    return batches


def _imports(listed: str) -> tuple[int, str]:
    """Return how many modules a start imported, and the three with the most time of their own."""
    rows = [line.removeprefix("import time:").split("|") for line in listed.splitlines()]
    times = [(int(row[0]), row[2].strip()) for row in rows if row[0].strip().isdigit()]
    slowest = sorted(times, reverse=True)[:3]
    return len(times), ", ".join(f"{name} {own / 1000:.1f} ms" for own, name in slowest)
