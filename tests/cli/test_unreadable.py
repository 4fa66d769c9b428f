"""What may not be read is told wherever numbers are shown that lack it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
CODE = "unreadable-transcripts"


@pytest.fixture
def run(repo_root: Path, powerless: Sequence[str]) -> Run:
    def ran(*arguments: str) -> CompletedProcess[str]:
        return subprocess.run(
            [*powerless, sys.executable, "-m", "ccmeter", *arguments],
            env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
            capture_output=True,
            text=True,
            check=False,
        )

    return ran


@pytest.fixture(params=["file", "project", "projects"])
def barred(
    request: pytest.FixtureRequest, transcript: Any, answer: Any, claude_dir: Path
) -> Iterator[Path]:
    """Two sessions were used, and of one of them or of both the transcript may not be read."""
    transcript(answer("m1", "2026-11-23T12:00:00.000Z"))
    second = transcript(answer("m2", "2026-11-23T13:00:00.000Z"), session="session-2")
    other = second.parent.with_name("-w-other")
    other.mkdir()
    second = second.rename(other / second.name)
    path = {"file": second, "project": other, "projects": claude_dir / "projects"}[request.param]
    mode = path.stat().st_mode
    path.chmod(0)
    yield path
    path.chmod(mode)


def test_a_report_says_what_is_not_in_it_each_time(run: Run, barred: Path) -> None:
    for _ in range(2):
        found = json.loads(run("report", "--last", "all", "--json").stdout)

        (warning,) = [each for each in found["warnings"] if each["code"] == CODE]
        assert str(barred) in warning["message"]
        assert warning["level"] == "warning"
        assert found["totals"]["responses"] == (0 if barred.name == "projects" else 1)
    assert "cannot be read" in " ".join(run("report", "--last", "all").stdout.split())


@pytest.mark.parametrize("command", ["sync", "audit", "plans", "limits", "export", "report --csv"])
def test_other_commands_say_it_beside_their_output(run: Run, barred: Path, command: str) -> None:
    done = run(*command.split())

    assert f"{barred} cannot be read" in done.stderr
    assert done.returncode == 0


def test_doctor_finds_it_and_does_not_take_it_for_deleted(
    run: Run, barred: Path, claude_dir: Path
) -> None:
    mode = 0o700 if barred.suffix == "" else 0o600
    barred.chmod(mode)
    run("sync")
    barred.chmod(0)

    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    named = barred.parent if barred.name == "projects" else barred
    (problem,) = [check for check in checks if check["status"] == "problem"]
    (vanished,) = [check for check in checks if check["name"] == "vanished"]

    assert str(named) in problem["message"]
    assert "cannot be read, so what is in there is not counted" in problem["message"]
    assert "no transcript" in vanished["message"]


def test_once_it_may_be_read_it_is_counted_and_nothing_is_said(run: Run, barred: Path) -> None:
    run("report")
    barred.chmod(0o700)

    found = json.loads(run("report", "--last", "all", "--json").stdout)

    assert found["totals"]["responses"] == 2
    assert CODE not in {each["code"] for each in found["warnings"]}
