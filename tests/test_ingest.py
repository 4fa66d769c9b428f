"""The whole pass in processes of its own: killed anywhere, interrupted, and started many times."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Start = Callable[..., Popen[str]]

SIZE = "56MB"  # worth a pool of processes
EVERYTHING = """
select r.key, r.request_id, r.time_ms, r.start_ms, r.input_tokens, r.output_tokens,
    r.cache_read_tokens, r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.finished, r.offset,
    files.path, sessions.session, owners.agent_id, projects.cwd, owners.copied, models.model
from responses as r
join files on files.id = r.source
join owners on owners.id = r.owner_id
join sessions on sessions.id = owners.session_id
join projects on projects.id = owners.project_id
join terms on terms.id = r.terms_id
join models on models.id = terms.model_id
order by r.key
"""
SMALL_STEPS = """
import sys
from ccmeter.ingest import ingest
from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock
with writer_lock(sys.argv[1], 5):
    ingest(open_rw(sys.argv[1]), [sys.argv[2]], enough=10_000)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    """A made-up history of many files."""
    folder = tmp_path_factory.mktemp("corpus") / "claude"
    script = repo_root / "benchmarks/corpus.py"
    options = ["--size", SIZE, "--out", str(folder)]
    subprocess.run([sys.executable, str(script), *options], check=True, stdout=PIPE)
    return folder


@pytest.fixture
def start(corpus: Path, repo_root: Path, tmp_path: Path) -> Iterator[Start]:
    """Start the command line, or a program, on the corpus and a data folder of this test."""
    started: list[Popen[str]] = []

    def run(
        *arguments: str, home: str = "home", claude: Path = corpus, program: str | None = None
    ) -> Popen[str]:
        environ = {
            **os.environ,
            "PYTHONPATH": str(repo_root / "src"),
            "CLAUDE_CONFIG_DIR": str(claude),
            "CCMETER_HOME": str(tmp_path / home),
        }
        what = ["-c", program, str(tmp_path / home), str(corpus)] if program else ["-m", "ccmeter"]
        process = Popen(
            [sys.executable, *what, *arguments],
            env=environ,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):  # whatever it has left behind, too
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def finish(process: Popen[str]) -> str:
    """Wait for a process that must do well and complain of nothing; return what it says."""
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return out


def contents(home: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(home / "ccmeter.db")) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []
        found: dict[str, Any] = {"responses": database.execute(EVERYTHING).fetchall()}
        for table in ("files", "marks", "skips", "api_requests", "cost_states"):
            (found[table],) = database.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
    return found


@pytest.fixture(scope="module")
def undisturbed(
    corpus: Path, repo_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], float]:
    """What a pass that nobody disturbs stores, and the seconds it takes."""
    home = tmp_path_factory.mktemp("undisturbed")
    environ = {
        **os.environ,
        "PYTHONPATH": str(repo_root / "src"),
        "CLAUDE_CONFIG_DIR": str(corpus),
        "CCMETER_HOME": str(home),
    }
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "ccmeter", "sync"], env=environ, check=True, stdout=PIPE)
    return contents(home), time.monotonic() - started


def children(process: Popen[str]) -> list[int]:
    """The processes of the pool; waits until there are some."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not path.parent.exists():
        pytest.skip("this system does not tell which processes are children")
    while process.poll() is None:
        if found := path.read_text().split():
            return [int(pid) for pid in found]
        time.sleep(0.005)
    return []


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def test_a_sync_that_is_killed_anywhere_loses_and_doubles_nothing(
    start: Start, undisturbed: Any, tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    delays = [seconds * (n + random.random()) / 12 for n in range(12)]
    random.shuffle(delays)
    for number, delay in enumerate(delays):
        process = start("sync", home=f"home{number % 3}")
        time.sleep(delay)
        process.kill()
        process.wait()
    for number in range(3):
        finish(start("sync", home=f"home{number}"))

        assert contents(tmp_path / f"home{number}") == expected


def test_small_transactions_that_are_killed_lose_and_double_nothing(
    start: Start, undisturbed: Any, tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    for _ in range(8):
        process = start(program=SMALL_STEPS)
        time.sleep(random.uniform(0.2, 0.2 + seconds / 3))
        process.kill()
        process.wait()
    finish(start(program=SMALL_STEPS))

    assert contents(tmp_path / "home") == expected


def test_processes_of_a_killed_sync_end_and_let_go_of_the_lock(
    start: Start, undisturbed: Any
) -> None:
    process = start("sync")
    pool = children(process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while left := alive(pool):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.05)

    assert pool
    started = time.monotonic()
    finish(start("sync"))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("victims", [1, 99])
def test_a_sync_whose_processes_are_killed_reads_all_the_same(
    victims: int, start: Start, undisturbed: Any, tmp_path: Path
) -> None:
    process = start("sync")
    pool = children(process)
    for pid in pool[:victims]:
        os.kill(pid, signal.SIGKILL)
    finish(process)

    assert pool
    assert contents(tmp_path / "home") == undisturbed[0]


def test_an_interrupted_sync_says_so_in_one_line_and_leaves_nobody_behind(
    start: Start, tmp_path: Path
) -> None:
    """One process of the pool is busy with the long file, the others have nothing to do."""
    folder = tmp_path / "claude/projects/p"
    folder.mkdir(parents=True)
    (folder / "short.jsonl").write_bytes(b"{}\n")
    (folder / "long.jsonl").write_bytes(b'{"type": "user"}\n' * 3_500_000)
    process = start("sync", claude=folder.parents[1])
    pool = children(process)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does on Ctrl-C
    _, err = process.communicate(timeout=30)

    assert (process.returncode, err.strip()) == (130, "ccmeter: interrupted")
    assert alive(pool) == []


def test_many_commands_at_once_on_a_first_start(
    start: Start, undisturbed: Any, tmp_path: Path
) -> None:
    """Reports wait for the sync that is running, and each is right."""
    syncs = [start("sync") for _ in range(2)]
    reports = [start("report", "--json", "--last", "all", "--by", "month") for _ in range(4)]
    for process in syncs:
        finish(process)
    shown = [finish(process) for process in reports]

    assert contents(tmp_path / "home") == undisturbed[0]
    assert len(set(shown)) == 1
    assert f'"responses": {len(undisturbed[0]["responses"])},' in shown[0]
