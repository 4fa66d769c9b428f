"""The one command, on small corpora, without peers."""

import json
import subprocess
import sys
from pathlib import Path

import corpora
import pytest

COMPARE = Path(__file__).resolve().parents[2] / "benchmarks" / "compare"

pytestmark = pytest.mark.slow


def compare(folder: Path, size: str, *more: str) -> subprocess.CompletedProcess[str]:
    options = ["--size", size, "--peers", "none", "--rounds", "1", *more]
    places = [
        "--python",
        sys.executable,
        "--cache",
        str(folder / "cache"),
        "--out",
        str(folder / "RESULTS.md"),
    ]
    return subprocess.run(
        [sys.executable, COMPARE, *options, *places], capture_output=True, text=True, check=False
    )


def test_one_command_measures_and_writes_the_results(tmp_path: Path) -> None:
    done = compare(tmp_path, "10MB", "--growth", "400")

    assert done.returncode == 0, done.stderr
    text = (tmp_path / "RESULTS.md").read_text("utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| ccmeter | ")]
    assert "| right |" in row
    for figure in (
        "cold report, last 7 days, on the screen, 10MB |",
        "cold report, last 7 days, and all is stored, 10MB of 30 days |",
        "peak memory",
        "database",
        "statusline",
        "sync after 1 MB",
        "warm report of",
    ):
        assert f"| {figure}" in text
    assert str(tmp_path) not in text


def test_totals_of_ccmeter_that_are_not_the_truth_fail_the_command(tmp_path: Path) -> None:
    corpus = corpora.build(tmp_path / "cache" / "corpora", "--size", "2MB")
    truth = json.loads((corpus / "truth.json").read_text())
    next(iter(truth["models"].values()))["output_tokens"] += 1
    (corpus / "truth.json").write_text(json.dumps(truth))

    done = compare(tmp_path, "2MB")

    assert done.returncode == 1
    assert "ccmeter is wrong: 2MB: wrong in claude-" in done.stderr
    assert (tmp_path / "RESULTS.md").exists()
