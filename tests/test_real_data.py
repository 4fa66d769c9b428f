"""Real transcripts and the real client, through the command line, against totals known elsewhere.

The expected values are those of the reference data: counted by another program for the public
transcripts, and billed by the mock server that the client talked to.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
Report = Callable[..., dict[str, Any]]

FIELDS = {  # of expected.json and of the report
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cw5m": "cache_write_5m_tokens",
    "cw1h": "cache_write_1h_tokens",
    "responses": "responses",
}
VISIBLE = {
    "input": "input_tokens",
    "output": "output_tokens",
    "read": "cache_read_tokens",
    "write_5m": "cache_write_5m_tokens",
    "write_1h": "cache_write_1h_tokens",
}
CANONICAL = {  # every other model of the public transcripts is its own canonical name
    "": "unknown",
    "claude-3-sonnet-20240229": "claude-3-sonnet",
    "claude-haiku-4-5-20251001": "claude-haiku-4-5",
    "claude-opus-4-5-20251101": "claude-opus-4-5",
    "claude-sonnet-4-20250514": "claude-sonnet-4",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4-5",
}
AS_WRITTEN = """
select m.model, sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
    sum(cache_write_5m_tokens), sum(cache_write_1h_tokens), count(*)
from responses join terms as t on t.id = terms_id join models as m on m.id = t.model_id
group by m.model
"""
SCENARIOS = [
    *("agent", "agents2-v90", "bash", "bash-v90", "compact", "fork", "hello", "hello-v90", "miss"),
    *("models", "nested", "oauth_agent", "odd_usage", "parallel", "resume", "resume-v197"),
    *("retry529", "sigint", "ttl1h"),
]
CENTS = 1e-6


@pytest.fixture
def report(run_ccmeter: Run, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Point Claude Code's folder somewhere; return a report on all of it."""

    def ran(folder: Path, by: str = "session") -> dict[str, Any]:
        monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(folder))
        done = run_ccmeter("report", "--json", "--by", by, "--last", "all", "--timezone", "UTC")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return ran


@pytest.fixture
def public(shared_dir: Path) -> Path:
    return shared_dir / "data/transcripts"


@pytest.fixture
def scenario(shared_dir: Path) -> Callable[[str], tuple[Path, dict[str, Any]]]:
    def opened(name: str) -> tuple[Path, dict[str, Any]]:
        folder = shared_dir / "data/client" / name
        return folder, json.loads((folder / "expected.json").read_text("utf-8"))

    return opened


def counts(row: dict[str, Any], fields: dict[str, str]) -> dict[str, int]:
    return {key: row[field] for key, field in fields.items()}


def test_public_transcripts_come_to_the_totals_of_another_reader(
    public: Path, report: Report
) -> None:
    expected = json.loads((public / "expected.json").read_text("utf-8"))
    shown = report(public, by="model")
    canonical: dict[str, Counter[str]] = {}
    for model, values in expected["proposed"].items():
        canonical.setdefault(CANONICAL.get(model, model), Counter()).update(values)

    assert {row["key"]: counts(row, FIELDS) for row in shown["rows"]} == canonical
    assert shown["totals"]["unfinished_responses"] == expected["unfinalized"] == 687


def test_public_transcripts_keep_their_models_as_written(public: Path, report: Report) -> None:
    expected = json.loads((public / "expected.json").read_text("utf-8"))["proposed"]
    report(public)
    with closing(sqlite3.connect(Path(os.environ["CCMETER_HOME"], "ccmeter.db"))) as database:
        rows = {model: values for model, *values in database.execute(AS_WRITTEN)}

    assert {m: dict(zip(FIELDS, values, strict=True)) for m, values in rows.items()} == expected


def test_public_transcripts_hold_two_bad_lines(public: Path, run_ccmeter: Run) -> None:
    done = run_ccmeter("sync", "--json", env={"CLAUDE_CONFIG_DIR": str(public)})

    assert json.loads(done.stdout)["bad_lines"] == 2


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_client_is_counted_as_the_server_billed_it(
    name: str, scenario: Any, report: Report
) -> None:
    """Where the client met its own meter, the list price is that meter's to a millionth."""
    folder, expected = scenario(name)
    shown = report(folder)
    states = expected["cost_state"]

    assert counts(shown["totals"], VISIBLE) == expected["visible"]
    if expected["hidden"] or expected["partial"] or name == "fork":
        return
    spent = {row["key"]: row["list_cost_usd"] for row in shown["rows"]}
    assert not states or spent.keys() == states.keys()
    for session, state in states.items():
        assert abs(spent[session] - state["totalCostUSD"]) < CENTS


def test_all_scenarios_are_tested(shared_dir: Path) -> None:
    assert sorted(os.listdir(shared_dir / "data/client")) == SCENARIOS


def test_enough_scenarios_meet_the_clients_own_meter(scenario: Any) -> None:
    met = [name for name in SCENARIOS if scenario(name)[1]["cost_state"]]

    assert len(met) >= 12


def test_a_fork_starts_from_its_parents_meter(scenario: Any, report: Report) -> None:
    """The client's total of a forked session holds what the parent had spent until then."""
    folder, expected = scenario("fork")
    spent = {row["key"]: row["list_cost_usd"] for row in report(folder)["rows"]}
    first, *_ = expected["cli"]
    parent = first["session"]
    (child,) = expected["cost_state"].keys() - {parent}
    meter = {key: state["totalCostUSD"] for key, state in expected["cost_state"].items()}

    assert abs(spent[parent] - meter[parent]) < CENTS
    assert abs(spent[child] - (meter[child] - first["total_cost_usd"])) < CENTS


def test_a_compaction_is_billed_without_a_line(scenario: Any, report: Report) -> None:
    """What the transcripts hide is what the client's meter has beyond them."""
    folder, expected = scenario("compact")
    (row,) = report(folder)["rows"]
    (state,) = expected["cost_state"].values()

    assert row["list_cost_usd"] < state["totalCostUSD"] - 0.01
