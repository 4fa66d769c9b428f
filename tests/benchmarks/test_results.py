"""RESULTS.md: what was measured, what is met, and what could not be had."""

from pathlib import Path
from typing import Any

import figures
import measure
import peers
import pytest
import results
import totals
from installing import Unavailable


def measured(name: str, cold: float, **more: Any) -> measure.Measured:
    program = peers.Program(name, "1.0", (name,))
    sizes = {"largest": 90_000_000, "together": 100_000_000}
    verdict = totals.Verdict(True, "right")
    given = {"cold": [cold], "warm": [cold / 10], "verdict": verdict, **sizes, **more}
    return measure.Measured(program, **given)


def on_corpus(*programs: measure.Measured, name: str = "1GB") -> measure.OnCorpus:
    counts = {"bytes": 10**9, "files": 1_400, "lines": 430_000, "responses": 104_000}
    return measure.OnCorpus(
        name, counts, 0.2, programs, [0.4], [1.0], [0.1], 80_000_000, 18_000_000
    )


def page(*found: measure.OnCorpus, **more: Any) -> str:
    rows = [row for result in found for row in figures.cold(result)]
    document = results.Document(
        "benchmarks/compare", "run", [("date", "2026-11-27")], rows, found, [], [], 5
    )
    return results.render(document._replace(**more))


def test_a_ratio_is_held_against_its_target() -> None:
    text = page(on_corpus(measured("ccmeter", 1.0), measured("ccusage", 2.2)))

    figure = "| cold report, everything, 1GB | 1.00 s | ccusage 2.20 s "
    assert figure + "| 0.455 | ≤ 0.5 × | yes |" in text


def test_a_target_that_is_missed_says_no() -> None:
    text = page(on_corpus(measured("ccmeter", 1.2), measured("ccusage", 2.0)))

    assert "| ccusage 2.00 s | 0.6 | ≤ 0.5 × | **no** |" in text


def test_a_first_report_is_on_the_screen_before_all_is_stored() -> None:
    rows = figures.cold(on_corpus(measured("ccmeter", 1.5), measured("ccusage", 2.0)))

    assert {row.figure: row.ratio for row in rows if row.target} == {
        "cold report, last 7 days, on the screen, 1GB": "0.2",
        "cold report, last 7 days, and all is stored, 1GB": "0.5",
        "cold report, everything, 1GB": "0.75",
    }


def test_memory_is_that_of_all_processes_and_must_not_grow() -> None:
    small = on_corpus(measured("ccmeter", 1, together=100_000_000), name="100MB")
    large = on_corpus(measured("ccmeter", 1, together=160_000_000), name="1GB")

    met = {row.figure: row.met for row in figures.memory([small, large])}

    assert met == {
        "peak memory, cold report, last 7 days, 100MB": True,
        "peak memory, cold report, last 7 days, 1GB": True,
        "peak memory, last 7 days, 1GB over 100MB": True,
        "peak memory, cold report, everything, 100MB": True,
        "peak memory, cold report, everything, 1GB": False,
        "peak memory, everything, 1GB over 100MB": False,
    }


def test_new_lines_may_cost_a_tenth_of_a_second_over_an_empty_sync() -> None:
    assert figures.appended("5GB", [0.3, 0.31, 0.9], [0.2, 0.21, 0.2]).met is False
    assert figures.appended("5GB", [0.29, 0.28], [0.2, 0.2]).met is True


def test_a_program_that_failed_is_named_with_its_reason_and_no_place() -> None:
    failed = measured("ghost", 1)._replace(cold=[], failed="ended with 1: no /home/me/file.db")

    text = page(on_corpus(measured("ccmeter", 1.0), failed))

    assert "failed: ended with 1: no ..." in text
    assert "/home" not in text


def test_a_peer_that_cannot_be_had_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no npm here

    programs, missing = peers.gather(["ccusage", "tokscale"], tmp_path)

    assert programs == []
    text = page(missing=missing)
    assert "| ccusage | npm is not installed |" in text
    assert "| tokscale | npm is not installed |" in text


def test_one_peer_that_cannot_be_had_keeps_no_other_away(tmp_path: Path) -> None:
    def ghost(_: Path) -> peers.Program:
        raise Unavailable("npm could not install it: E404 at https://example.org/ghost")

    alive = peers.Program("alive", "1.0", ("alive",))
    programs, missing = peers.gather(
        ["ghost", "alive"], tmp_path, {"ghost": ghost, "alive": lambda _: alive}
    )

    assert programs == [alive]
    assert "| ghost | npm could not install it: E404 at ... |" in page(missing=missing)


def test_what_was_not_measured_is_said() -> None:
    assert "Not measured in this run: large databases." in page(unmeasured=["large databases"])


def test_the_command_is_shown_without_folders_of_this_machine() -> None:
    given = ["--size", "1GB", "--cache", "/somewhere", "--out=/there", "--rounds", "3"]

    assert results.shown(given) == ["--size", "1GB", "--rounds", "3"]
