"""What a start loads. Sets are asserted; times are printed and never asserted."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ccmeter.notices import START, Notice, leave

HEAVY = {
    "asyncio",
    "concurrent.futures",
    "importlib.metadata",
    "multiprocessing",
    "platformdirs",
    "pluggy",
    "sqlite_utils",
    "tomlkit",
    "watchdog",
}
READING = {"ccmeter.transcripts.scan", "ccmeter.store.packing", "ccmeter.store.writer"}
# all that Claude Code waits for at every message, and little more than any interpreter loads
STATUSLINE = {
    "_collections",
    "_collections_abc",
    "_functools",
    "_json",
    "_operator",
    "_sqlite3",
    "_stat",
    "collections",
    "functools",
    "genericpath",
    "itertools",
    "keyword",
    "operator",
    "os",
    "posixpath",
    "reprlib",
    "stat",
    "types",
}
HOOK = STATUSLINE | {
    "_locale",
    "_sre",
    "_typing",
    "_weakrefset",
    "contextlib",
    "copyreg",
    "enum",
    "json",
    "re",
    "typing",
    "warnings",
}
FAST = (
    "import sys\n"
    "before = set(sys.modules)\n"
    "sys.argv[1:] = {arguments!r}\n"
    "from ccmeter.__main__ import main\n"
    "code = main()\n"
    "print(*(set(sys.modules) - before), file=sys.stderr)\n"
    "sys.exit(code)\n"
)
RUN = (
    "import sys\n"
    "from ccmeter.cli import main\n"
    "code = main({arguments!r})\n"
    "print(*sorted(sys.modules), file=sys.stderr)\n"
    "sys.exit(code)\n"
)


@pytest.fixture
def loaded(repo_root: Path) -> Callable[..., set[str]]:
    """Run a command in a process of its own; return the modules it had loaded at its end."""

    def run(*arguments: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", RUN.format(arguments=list(arguments))],
            capture_output=True,
            text=True,
            env={**__import__("os").environ, "PYTHONPATH": str(repo_root / "src")},
            check=True,
        )
        return set(done.stderr.split())

    return run


def test_a_warm_report_loads_nothing_heavy(
    loaded: Callable[..., set[str]], run_ccmeter: Callable[..., CompletedProcess[str]]
) -> None:
    run_ccmeter("sync")

    assert loaded("report") & (HEAVY | READING) == set()


def test_json_needs_no_rich(
    loaded: Callable[..., set[str]], run_ccmeter: Callable[..., CompletedProcess[str]]
) -> None:
    run_ccmeter("sync")

    assert "rich" not in loaded("report", "--json")


def test_a_page_needs_no_rich_and_only_a_page_loads_what_makes_one(
    loaded: Callable[..., set[str]], run_ccmeter: Callable[..., CompletedProcess[str]]
) -> None:
    run_ccmeter("sync")
    page = loaded("report", "--html", os.devnull)

    assert page & (HEAVY | READING | {"rich"}) == set()
    making = {name for name in page if name.startswith("ccmeter.render.html")}
    assert {"ccmeter.render.html", "ccmeter.render.html_days"} <= making
    assert loaded("report") & making == set()
    assert loaded("report", "--json") & making == set()


def test_the_guard_sees_a_heavy_module(loaded: Callable[..., set[str]]) -> None:
    """tomlkit keeps the comments of config.toml."""
    assert "tomlkit" in loaded("config", "set", "timezone", "UTC") & HEAVY
    assert loaded("report", "--demo") >= READING


@pytest.fixture
def loaded_fast(repo_root: Path) -> Callable[..., set[str]]:
    """Run a command that Claude Code waits for; return the parts of others that it loaded.

    Without site, as bin/ccmeter runs it: some machine's site loads half of the library.
    """

    def run(*arguments: str, stdin: str, code: str = FAST) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-S", "-c", code.format(arguments=list(arguments))],
            input=stdin,
            capture_output=True,
            text=True,
            env={**__import__("os").environ, "PYTHONPATH": str(repo_root / "src")},
            check=True,
        )
        assert done.stdout.count("\n") == 1  # it did its work
        return {name.partition(".")[0] for name in done.stderr.split()} - {"ccmeter"}

    return run


def test_a_statusline_loads_little_of_the_standard_library(
    loaded_fast: Callable[..., set[str]], run_ccmeter: Callable[..., CompletedProcess[str]]
) -> None:
    run_ccmeter("sync")  # there is a database to be asked
    given = {
        "session_id": "a-b",
        "model": {"display_name": "Opus"},
        "rate_limits": {"five_hour": {"used_percentage": 5, "resets_at": time.time() + 60}},
    }
    loaded = loaded_fast("statusline", stdin=json.dumps(given))

    assert "_sqlite3" in loaded
    assert loaded <= STATUSLINE


@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit", "Stop"])
def test_a_hook_that_shows_a_notice_loads_little_of_the_standard_library(
    loaded_fast: Callable[..., set[str]], home: Path, event: str
) -> None:
    for name in (START, "a-b"):
        leave(str(home / "ccmeter"), name, [Notice("alarm", "R1", "look", 1)])

    assert loaded_fast("hook", event, stdin='{"session_id": "a-b", "prompt": "hello"}') <= HOOK


def test_a_hook_that_answers_a_command_loads_the_standard_library_alone(
    loaded_fast: Callable[..., set[str]],
) -> None:
    """The command itself runs in a process of its own."""
    loaded = loaded_fast("hook", "UserPromptSubmit", stdin='{"prompt": "/ccmeter:report --demo"}')

    assert "subprocess" in loaded
    assert loaded <= sys.stdlib_module_names


def test_the_guard_sees_one_more_module(loaded_fast: Callable[..., set[str]]) -> None:
    more = FAST.replace("code = main()", "import datetime; code = main()")

    assert "datetime" in loaded_fast("statusline", stdin="{}", code=more) - STATUSLINE


def test_importing_the_package_loads_nothing_of_it(repo_root: Path) -> None:
    code = "import sys, ccmeter; print([m for m in sys.modules if m.startswith('ccmeter.')])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(repo_root / "src")},
        check=True,
    )

    assert done.stdout.strip() == "[]"


def test_the_time_of_a_start_is_printed(
    run_ccmeter: Callable[..., CompletedProcess[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    run_ccmeter("sync")
    started = time.perf_counter()
    done = run_ccmeter("report")
    took = 1000 * (time.perf_counter() - started)

    assert done.returncode == 0
    with capsys.disabled():
        sys.stdout.write(f"\nwarm report of an empty history, whole process: {took:.0f} ms\n")
