"""The published conformance set, run through the command line.

Expected values are those of fixtures/conformance/*/case.json, worked out by hand.
"""

import json
import os
import shutil
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

SET = Path(__file__).resolve().parent.parent / "fixtures" / "conformance"
CASES = {path.parent.name: json.loads(path.read_text("utf-8")) for path in SET.glob("*/case.json")}
COUNTS = (
    "responses",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
)
NEAR = Decimal("1e-9")
NAMES = sorted(CASES)
TRANSCRIPTS = {
    name: sorted(path for path in (SET / name / "projects").rglob("*.jsonl")) for name in CASES
}
SEVERAL_FILES = [name for name in NAMES if len(TRANSCRIPTS[name]) > 1]
GROUPS = [
    (name, group)
    for name in NAMES
    for group in ("session", "project", "agent")
    if f"by_{group}" in CASES[name]["expected"]
]
DAYS = [(name, zone) for name in NAMES for zone in CASES[name]["expected"].get("by_day", ())]

Report = Callable[..., dict[str, Any]]


@pytest.fixture
def metered(
    claude_dir: Path, run_ccmeter: Callable[..., CompletedProcess[str]]
) -> Callable[..., tuple[dict[str, Any], Report]]:
    """Copy cases into Claude's folder and read them; give what sync says, and reports."""

    def ran(*args: str) -> dict[str, Any]:
        done = run_ccmeter(*args, "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def report(by: str, zone: str = "UTC") -> dict[str, Any]:
        return ran("report", "--last", "all", "--by", by, "--timezone", zone)

    def read(*names: str) -> tuple[dict[str, Any], Report]:
        for name in names:
            _copy(name, claude_dir / "projects")
        return ran("sync"), report

    return read


def _copy(name: str, target: Path) -> None:
    """Copy the transcripts without their times, and make them old where the case asks for it."""
    source = SET / name / "projects"
    shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)
    age = CASES[name].get("age_seconds")
    if age is not None:
        moment = time.time() - age
        for path in (p for p in source.rglob("*") if p.is_file()):
            os.utime(target / path.relative_to(source), (moment, moment))


def _counts(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in COUNTS}


def _assert_rows(report: dict[str, Any], expected: dict[str, dict[str, Any]]) -> None:
    rows = {row["key"]: row for row in report["rows"]}
    assert {key: _counts(row) for key, row in rows.items()} == {
        key: _counts(row) for key, row in expected.items()
    }
    for key, row in expected.items():
        if "list_cost_usd" in row:
            _assert_usd(rows[key]["list_cost_usd"], row["list_cost_usd"])


def _assert_usd(shown: float | None, expected: str | None) -> None:
    assert abs(Decimal(str(shown or 0)) - Decimal(expected or 0)) < NEAR


@pytest.mark.parametrize("name", NAMES)
def test_a_case_counts_as_worked_out_by_hand(name: str, metered: Any) -> None:
    expected = CASES[name]["expected"]
    synced, report = metered(name)
    shown = report("model")
    totals = shown["totals"]

    _assert_rows(shown, expected["by_model"])
    assert totals["responses"] == expected["responses"]
    assert totals["unfinished_responses"] == expected["unfinished_responses"]
    assert totals["unpriced"]["responses"] == expected["unpriced_responses"]
    _assert_usd(totals["list_cost_usd"], expected["list_cost_usd"])
    if "extra_usage_usd" in expected:
        _assert_usd(totals["extra_usage_usd"], expected["extra_usage_usd"])
    assert synced["bad_lines"] == expected["bad_lines"]


@pytest.mark.parametrize(("name", "group"), GROUPS)
def test_a_case_belongs_to_its_owner(name: str, group: str, metered: Any) -> None:
    _, report = metered(name)
    _assert_rows(report(group), CASES[name]["expected"][f"by_{group}"])


@pytest.mark.parametrize(("name", "zone"), DAYS)
def test_a_case_falls_on_its_day_in_every_zone(name: str, zone: str, metered: Any) -> None:
    _, report = metered(name)
    _assert_rows(report("day", zone), CASES[name]["expected"]["by_day"][zone])


@pytest.mark.parametrize("name", SEVERAL_FILES)
def test_files_that_appear_one_by_one_in_any_order_come_to_the_same(
    name: str, claude_dir: Path, run_ccmeter: Any, metered: Any
) -> None:
    expected = CASES[name]["expected"]
    _copy(name, claude_dir / "projects")
    late = [claude_dir / path.relative_to(SET / name) for path in reversed(TRANSCRIPTS[name])]
    contents = [path.read_bytes() for path in late]
    for path in late:
        path.unlink()
    for path, content in zip(late, contents, strict=True):
        path.write_bytes(content)
        assert run_ccmeter("sync", "--json").returncode == 0
    _, report = metered()
    _assert_rows(report("model"), expected["by_model"])
    if "by_session" in expected:
        _assert_rows(report("session"), expected["by_session"])


def test_all_cases_in_one_folder_come_to_the_sum_of_each(metered: Any) -> None:
    names = NAMES
    synced, report = metered(*names)
    totals = report("model")["totals"]
    cases = [CASES[name]["expected"] for name in names]
    rows = [row for case in cases for row in case["by_model"].values()]
    costs = [Decimal(case["list_cost_usd"] or 0) for case in cases]

    assert _counts(totals) == {key: sum(row[key] for row in rows) for key in COUNTS}
    _assert_usd(totals["list_cost_usd"], str(sum(costs)))
    assert synced["bad_lines"] == sum(case["bad_lines"] for case in cases)
