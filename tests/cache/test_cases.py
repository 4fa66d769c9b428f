"""Published request sequences get the verdicts and the alerts that were set for them by hand."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ccmeter.cache.judge import judge
from ccmeter.cache.rules import alerts
from ccmeter.cache.steps import Step

Case = dict[str, Any]
Segments = Callable[[Case], Iterable[list[Step]]]
CASES = Path(__file__).resolve().parents[2] / "fixtures" / "cache-cases.json"


def load(path: Path) -> list[Case]:
    cases: list[Case] = json.loads(path.read_text("utf-8"))["cases"]
    return cases


def verdicts(case: Case, segments: Segments) -> list[str]:
    return [judged.verdict for steps in segments(case) for judged in judge(steps)]


def rules(case: Case, segments: Segments) -> set[str]:
    return {alert.rule for alert in alerts(judge(steps) for steps in segments(case))}


@pytest.mark.parametrize("case", load(CASES), ids=lambda case: case["id"])
def test_each_request_of_a_published_case_gets_its_verdict(case: Case, segments: Segments) -> None:
    assert verdicts(case, segments) == [row["expected_verdict"] for row in case["requests"]]


@pytest.mark.parametrize("case", load(CASES), ids=lambda case: case["id"])
def test_a_published_case_raises_its_alerts_and_no_other(case: Case, segments: Segments) -> None:
    assert rules(case, segments) == set(case["expected_alerts"])


def test_the_shared_cases_agree_as_well(shared_dir: Path, segments: Segments) -> None:
    cases = load(shared_dir / "data" / "cache-cases.json")

    assert len(cases) >= 33
    for case in cases:
        wanted = [row["expected_verdict"] for row in case["requests"]]
        assert (verdicts(case, segments), rules(case, segments)) == (
            wanted,
            set(case["expected_alerts"]),
        ), case["id"]


def test_the_copied_figures_are_those_of_the_source(shared_dir: Path) -> None:
    source = {case["id"]: case for case in load(shared_dir / "data" / "cache-cases.json")}

    for case in load(CASES):
        for row, original in zip(case["requests"], source[case["id"]]["requests"], strict=True):
            assert row == {k: v for k, v in original.items() if k != "note"}
