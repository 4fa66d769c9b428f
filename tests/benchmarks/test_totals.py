"""What a program says is held against the truth of the corpus, model by model."""

import json
from pathlib import Path
from typing import Any

import pytest
import totals

TRUTH = {
    "claude-opus-5": {
        "responses": 2,
        "input_tokens": 10,
        "output_tokens": 300,
        "cache_read_tokens": 5_000,
        "cache_write_5m_tokens": 40,
        "cache_write_1h_tokens": 60,
        "web_searches": 1,
    },
    "claude-haiku-4-5-20251001": {
        "responses": 1,
        "input_tokens": 1,
        "output_tokens": 100,
        "cache_read_tokens": 0,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "web_searches": 0,
    },
}


@pytest.fixture
def truth(tmp_path: Path) -> totals.Totals:
    (tmp_path / "truth.json").write_text(json.dumps({"models": TRUTH}))
    return totals.truth_of(tmp_path)


def day(**more: Any) -> dict[str, Any]:
    row = {
        "modelName": "claude-opus-5",
        "inputTokens": 10,
        "outputTokens": 300,
        "cacheReadTokens": 5_000,
        "cacheCreationTokens": 100,
    }
    return {"modelBreakdowns": [{**row, **more}]}


HAIKU = day(
    modelName="claude-haiku-4-5-20251001",
    inputTokens=1,
    outputTokens=100,
    cacheReadTokens=0,
    cacheCreationTokens=0,
)


def told(truth: totals.Totals, *days: dict[str, Any]) -> totals.Verdict:
    return totals.check(truth, totals.of_daily(json.dumps({"daily": days}).encode()))


def test_right_totals_are_right_however_they_are_spread_over_days(truth: totals.Totals) -> None:
    half = day(inputTokens=5, outputTokens=150, cacheReadTokens=2_500, cacheCreationTokens=50)

    assert told(truth, half, HAIKU, half) == (True, "right")


def test_one_token_too_many_is_wrong_and_said(truth: totals.Totals) -> None:
    verdict = told(truth, day(outputTokens=301), HAIKU)

    assert verdict.right is False
    assert verdict.words == "wrong in claude-opus-5: output +0.25 %"


def test_a_program_that_counts_double_is_said_to(truth: totals.Totals) -> None:
    assert "output +100 %" in told(truth, day(), HAIKU, day(), HAIKU).words


def test_a_model_that_is_left_out_is_wrong(truth: totals.Totals) -> None:
    verdict = told(truth, day())

    assert verdict.right is False
    assert "claude-haiku-4-5" in verdict.words


def test_a_model_that_is_made_up_is_wrong(truth: totals.Totals) -> None:
    verdict = told(truth, day(), HAIKU, day(modelName="gpt"))

    assert verdict.right is False
    assert "wrong in gpt" in verdict.words


def test_tokens_moved_from_one_model_to_another_are_wrong_though_the_sums_are_right(
    truth: totals.Totals,
) -> None:
    haiku = {**HAIKU["modelBreakdowns"][0], "outputTokens": 99}

    verdict = told(truth, day(outputTokens=301), {"modelBreakdowns": [haiku]})

    assert verdict.right is False
    assert verdict.words.endswith("the sums are right")


def test_who_tells_nothing_is_neither_right_nor_wrong(truth: totals.Totals) -> None:
    assert told(truth).right is None


def test_ccmeter_is_held_to_the_lifetimes_and_the_number_of_responses(
    truth: totals.Totals,
) -> None:
    rows = [{"key": totals.canonical(model), **row} for model, row in TRUTH.items()]

    def verdict() -> bool | None:
        document = json.dumps({"rows": rows}).encode()
        return totals.check(truth, totals.of_ccmeter(document)).right

    assert verdict() is True
    for field in TRUTH["claude-opus-5"]:
        rows[0][field] += 1
        assert verdict() is False, field
        rows[0][field] -= 1
    rows[0]["cache_write_5m_tokens"], rows[0]["cache_write_1h_tokens"] = 60, 40
    assert verdict() is False


@pytest.mark.parametrize(
    ("shown", "model"),
    [
        ("Opus 5.5", "claude-opus-5-5"),
        ("Sonnet 5", "claude-sonnet-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("glm-5.1", "glm-5.1"),
        ("MiniMax M2.7", "minimax-m2.7"),
    ],
)
def test_models_are_known_by_the_names_that_programs_show(shown: str, model: str) -> None:
    assert totals.canonical(shown) == model
