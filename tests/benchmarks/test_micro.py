"""The parts by themselves, on a small corpus."""

import subprocess
import sys
from pathlib import Path

import corpora
import pytest

MICRO = Path(__file__).resolve().parents[2] / "benchmarks" / "micro"
SMALL = ("--size", "2MB", "--responses", "400", "--rounds", "1")


def micro(cache: Path, *more: str) -> str:
    options = [*SMALL, "--python", sys.executable, "--cache", str(cache), *more]
    command = [sys.executable, MICRO, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_every_part_is_measured(cache: Path) -> None:
    rows = [line.split(" | ") for line in micro(cache).splitlines()[2:]]
    written = corpora.count(corpora.build(cache / "corpora", "--size", "2MB"), "responses")

    assert [row[0].strip("| ") for row in rows] == [
        *("parse", "write", "query", "everything"),
        *["start"] * 4,
    ]
    assert rows[1][1] == f"{written:,} responses of 2MB"


@pytest.mark.parametrize("part", ["parse", "write", "query", "everything"])
def test_every_part_can_be_profiled(cache: Path, part: str) -> None:
    assert "function calls" in micro(cache, "--profile", part)
