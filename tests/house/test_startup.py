"""What a start loads. Sets are asserted; times are printed and never asserted."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

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

    assert loaded("report") & HEAVY == set()


def test_json_needs_no_rich(
    loaded: Callable[..., set[str]], run_ccmeter: Callable[..., CompletedProcess[str]]
) -> None:
    run_ccmeter("sync")

    assert "rich" not in loaded("report", "--json")


def test_the_guard_sees_a_heavy_module(loaded: Callable[..., set[str]]) -> None:
    """The first sync makes the schema, for which sqlite-utils is loaded."""
    assert "sqlite_utils" in loaded("sync")


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
