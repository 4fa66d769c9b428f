"""What the real client wrote: visible and hidden dollars are what the server billed, or unknown.

The truth is the ledger of the server (`billable`, `hidden`), priced by hand.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metered import Place

from ccmeter.ingest import ingest
from ccmeter.reports.coverage import Coverage

PRICES = {  # USD per million tokens: input, output, read, 5-minute write, 1-hour write
    "claude-opus-5-5": ("4", "20", "0.2", "5", "8"),
    "claude-sonnet-5-5": ("2", "10", "0.1", "2.5", "4"),
    "claude-haiku-5-5": ("0.1", "0.5", "0.01", "0.125", "0.2"),
}
COUNTS = ("input", "output", "read", "write_5m", "write_1h")
METERED = (
    *("agent", "bash", "compact", "fork", "hello", "miss", "models", "nested", "oauth_agent"),
    *("parallel", "resume", "retry529", "ttl1h"),
)
UNMETERED = {
    "agents2-v90": "no-meter",
    "bash-v90": "no-meter",
    "hello-v90": "no-meter",
    "resume-v197": "no-meter",
    "sigint": "cut",
}


def read(place: Place, shared: Path, scenario: str) -> tuple[Coverage, dict[str, Any]]:
    folder = shared / "data" / "client" / scenario
    ingest(place.connection, [str(folder)])
    return place.report().coverage, json.loads((folder / "expected.json").read_text())


def usd(model: str, tokens: Mapping[str, int]) -> Decimal:
    rates = zip(COUNTS, PRICES[model], strict=True)
    return sum((tokens[name] * Decimal(rate) for name, rate in rates), Decimal()) / 1_000_000


@pytest.mark.parametrize("scenario", METERED)
def test_visible_and_hidden_are_what_was_billed(
    place: Place, shared_dir: Path, scenario: str
) -> None:
    coverage, expected = read(place, shared_dir, scenario)
    billed = sum(usd(model, tokens) for model, tokens in expected["by_model"].items())
    hidden = sum(usd("claude-opus-5-5", call["usage"]) for call in expected["hidden"])

    assert coverage.unknown == 0
    assert coverage.transcript_usd + coverage.hidden_usd == billed
    assert coverage.hidden_usd == pytest.approx(hidden, abs=Decimal("1e-9"))
    assert set(coverage.sessions) == set(expected["cost_state"])


def test_fast_mode_searches_and_other_odd_usage_are_covered(place: Place, shared_dir: Path) -> None:
    """The ledger has no prices for these; the client's own result of each run has."""
    coverage, expected = read(place, shared_dir, "odd_usage")
    billed = sum(Decimal(str(run["total_cost_usd"])) for run in expected["cli"])

    assert coverage.compared == 8
    assert coverage.transcript_usd == pytest.approx(billed, abs=Decimal("1e-9"))
    assert coverage.hidden_usd == 0


@pytest.mark.parametrize("scenario", UNMETERED)
def test_without_a_meter_to_trust_nothing_is_said(
    place: Place, shared_dir: Path, scenario: str
) -> None:
    coverage, _ = read(place, shared_dir, scenario)

    assert [state.why for state in coverage.sessions.values()] == [UNMETERED[scenario]]
    assert (coverage.compared, coverage.unknown) == (0, 1)
