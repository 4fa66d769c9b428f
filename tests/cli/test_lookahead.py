"""A second process may say that nothing is new; whatever becomes of it, nothing is missed."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

import pytest

from ccmeter.cli.lookahead import Look, let_go, look, nothing_new
from ccmeter.cli.syncing import sync
from ccmeter.store.db import open_ro

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody looks ahead")
Line = dict[str, Any]
Start = Callable[..., Look]


@pytest.fixture
def data(home: Path) -> str:
    return str(home / "ccmeter")


@pytest.fixture
def grown(transcript: Callable[..., Path], answer: Callable[..., Line], data: str,
          claude_dir: Path) -> Path:  # fmt: skip
    """A transcript that has been read, in a history of one."""
    path = transcript(answer("m1", "2026-11-23T12:00:00.000Z"))
    sync(data, [str(claude_dir)])
    return path


def keys(data: str) -> set[str]:
    connection = open_ro(data)
    assert connection
    with closing(connection):
        return {key for (key,) in connection.execute("select key from responses")}


def append(path: Path, line: Line) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


@pytest.fixture
def looked(data: str, claude_dir: Path) -> Iterator[Start]:
    """Start to look; everybody ends."""
    started: list[Look] = []

    def start(**options: Any) -> Look:
        found = look(data, [str(claude_dir)], **options)
        assert found
        started.append(found)
        return found

    yield start
    for found in started:
        let_go(found)


def test_where_nothing_is_new_nobody_else_looks(
    grown: Path, data: str, claude_dir: Path, looked: Start
) -> None:
    assert nothing_new(looked())
    assert sync(data, [str(claude_dir)], settled=nothing_new(looked())).files == 0


def test_what_is_new_is_read(
    grown: Path, data: str, claude_dir: Path, answer: Callable[..., Line], looked: Start
) -> None:
    append(grown, answer("m2", "2026-11-23T12:01:00.000Z"))
    stats = sync(data, [str(claude_dir)], settled=nothing_new(looked()))

    assert stats.responses_new == 1
    assert keys(data) == {"m1", "m2"}


@pytest.mark.parametrize("state", ["no database", "no table"])
def test_it_says_nothing_of_a_history_that_it_cannot_read(
    state: str, grown: Path, data: str, claude_dir: Path, looked: Start
) -> None:
    for path in Path(data).glob("ccmeter.db*"):
        path.unlink()
    if state == "no table":
        Path(data, "ccmeter.db").write_bytes(b"")

    assert not nothing_new(looked())
    assert sync(data, [str(claude_dir)], settled=nothing_new(looked())).responses_new == 1


def test_whoever_is_not_told_of_the_end_of_a_process_needs_not_wait_for_it(
    grown: Path, repo_root: Path
) -> None:
    """A parent that ignores it hands that down."""
    ignored = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
    start = "os.execv(sys.executable, [sys.executable, '-m', 'ccmeter', 'report', '--json'])"
    environ = {**os.environ, "PYTHONPATH": str(repo_root / "src")}
    command = [sys.executable, "-c", ignored + start]
    done = run(command, env=environ, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["schema"] == 1


@pytest.fixture
def sessions(transcript: Callable[..., Path], answer: Callable[..., Line], data: str,
             claude_dir: Path) -> list[Path]:  # fmt: skip
    """Transcripts that have been read, each with an agent's beside it."""
    paths = []
    for number in range(6):
        name = f"session-{number}"
        line = answer(f"m{number}", "2026-11-23T12:00:00.000Z")
        paths.append(transcript(line, session=name))
        agent = paths[-1].with_suffix("") / "subagents" / "agent-a1.jsonl"
        agent.parent.mkdir(parents=True)
        agent.write_text(json.dumps(answer(f"a{number}", "2026-11-23T12:00:00.000Z")) + "\n")
        paths.append(agent)
    sync(data, [str(claude_dir)])
    return paths


def test_of_many_a_helper_looks_at_half(
    sessions: list[Path], looked: Start, answer: Callable[..., Line]
) -> None:
    assert nothing_new(looked(many=range(1, 100)))
    for path in sessions:
        before = path.read_bytes()
        state = path.stat()
        append(path, answer("more", "2026-11-23T12:01:00.000Z"))
        assert not nothing_new(looked(many=range(1, 100)))
        path.write_bytes(before)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert nothing_new(looked(many=range(1, 100)))


def test_that_something_is_new_is_said_and_not_only_shown_by_an_end(
    sessions: list[Path], looked: Start, answer: Callable[..., Line]
) -> None:
    append(sessions[0], answer("more", "2026-11-23T12:01:00.000Z"))
    said = looked(many=range(1, 100)).answer
    try:
        assert os.read(said, 32) == b"news"
    finally:
        os.close(said)


@pytest.mark.parametrize("number", [0, 1, 6, 11])
def test_a_moved_transcript_is_looked_at_again(
    number: int, sessions: list[Path], looked: Start, data: str, claude_dir: Path
) -> None:
    path = sessions[number]
    path.rename(path.with_name(f"{path.stem}-moved.jsonl"))

    settled = nothing_new(looked(many=range(1, 100)))
    assert not settled
    assert sync(data, [str(claude_dir)], settled=settled).responses_new == 0


def test_it_may_be_killed(
    grown: Path, data: str, claude_dir: Path, answer: Callable[..., Line], looked: Start
) -> None:
    append(grown, answer("m2", "2026-11-23T12:01:00.000Z"))
    found = looked()
    os.kill(found.process, signal.SIGKILL)
    sync(data, [str(claude_dir)], settled=nothing_new(found))

    assert keys(data) == {"m1", "m2"}


def test_what_it_meets_is_no_news_for_the_terminal(
    grown: Path, data: str, looked: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    Path(data, "ccmeter.db").write_bytes(b"no database at all")

    assert not nothing_new(looked())
    assert capfd.readouterr() == ("", "")


def test_beside_another_thread_nobody_forks(grown: Path, data: str, claude_dir: Path) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert look(data, [str(claude_dir)]) is None
    finally:
        done.set()
        thread.join()


def test_a_report_looks_ahead_and_misses_nothing(
    grown: Path,
    answer: Callable[..., Line],
    run_ccmeter: Callable[..., CompletedProcess[str]],
) -> None:
    days = ("--since", "2026-11-23", "--until", "2026-11-23")
    for number in (2, 3):
        append(grown, answer(f"m{number}", f"2026-11-23T12:0{number}:00.000Z"))
        done = run_ccmeter("report", "--json", *days)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["totals"]["responses"] == number
    again = run_ccmeter("report", "--json", *days)
    assert json.loads(again.stdout)["totals"] == json.loads(done.stdout)["totals"]
