"""The process ends at once, without taking Python down, and nothing is lost by it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

START = "from ccmeter.__main__ import start\n"


@pytest.fixture
def python(repo_root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run lines of Python that can import the checkout, with arguments."""

    def run(code: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": str(repo_root / "src"), "PYTHONUNBUFFERED": ""}
        command = [sys.executable, "-c", code, *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(command, env=environ, text=True, timeout=60, **streams)

    return run


Python = Callable[..., subprocess.CompletedProcess[str]]


def test_everything_that_was_printed_arrives(python: Python) -> None:
    code = START + "print('#' * 300_000, end='')\nstart()"
    done = python(code, "report", "--demo", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("#" * 300_000)
    assert json.loads(done.stdout.lstrip("#"))["totals"]["responses"] > 100


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("report", "--demo", "--fail-on", "alarm"), 3), (("report", "--by", "nothing"), 2),
     (("report", "--last", "-3"), 2), (("--version",), 0)],
)  # fmt: skip
def test_the_exit_code_is_that_of_the_command(
    python: Python, arguments: tuple[str, ...], code: int
) -> None:
    assert python(START + "start()", *arguments).returncode == code


def test_what_was_to_be_done_at_the_end_is_done(python: Python) -> None:
    code = f"import atexit\natexit.register(print, 'the end')\n{START}start()"

    assert python(code, "--version").stdout.endswith("\nthe end\n")


def test_the_process_does_not_wait_for_python_to_be_taken_down(python: Python) -> None:
    code = f"class Slow:\n    def __del__(self): print('taken down')\nslow = Slow()\n{START}start()"

    assert "taken down" not in python(code, "--version").stdout


def test_a_thread_that_is_still_at_work_gets_done(python: Python) -> None:
    code = (
        "import threading, time\n"
        "def work():\n    time.sleep(0.3)\n    print('done')\n"
        f"threading.Thread(target=work).start()\n{START}start()"
    )

    assert python(code, "--version").stdout.endswith("\ndone\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
def test_output_that_cannot_be_written_is_an_error(python: Python) -> None:
    with open("/dev/full", "w") as full:
        done = python(START + "print('x', end='')\nstart()", "hook", "Stop", stdout=full)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("ccmeter: no space is left on the disk.")


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [(">&-", "report --demo", 0), (">&-", "report --demo --json", 0), ("<&-", "report", 0),
     ("2>&-", "report --by nothing", 2), ("<&- >&- 2>&-", "sync", 0),
     ("<&- >&- 2>&-", "report --by nothing", 2), (">&-", "doctor", 0), (">&-", "audit --demo", 0),
     (">&-", "hook Stop", 0), ("2>&-", "hook Stop", 0)],
)  # fmt: skip
def test_streams_that_are_closed_are_no_bug(
    repo_root: Path, home: Path, closed: str, arguments: str, code: int
) -> None:
    (home / "ccmeter").mkdir()
    script = f"'{sys.executable}' -m ccmeter {arguments} {closed}"
    environ = {**os.environ, "PYTHONPATH": str(repo_root / "src")}
    done = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "ccmeter" / "crash.log").exists()
