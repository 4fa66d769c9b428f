"""What a name on the command line means: a row that is called so, or else every row it fits."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Line = dict[str, Any]
DAY = ("--since", "2026-11-23", "--until", "2026-11-23")
MODELS = ("glm-5", "glm-5.1", "GLM-4.6", "claude-opus-5-5", "")


@pytest.fixture(autouse=True)
def history(transcript: Callable[..., Path], answer: Callable[..., Line]) -> None:
    """An answer of each model, and one of a folder that is not told."""
    lines = [
        answer(f"m{number}", f"2026-11-23T12:0{number}:00.000Z", model=model)
        for number, model in enumerate(MODELS)
    ]
    transcript(*lines, answer("m9", "2026-11-23T12:09:00.000Z", cwd=""))


def rows(ok: Callable[..., str], by: str, *words: str) -> set[str]:
    document = json.loads(ok("report", *DAY, "--json", "--by", by, *words))
    return {row["key"] for row in document["rows"]}


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("glm-5", {"glm-5"}),
        ("GLM-5", {"glm-5"}),
        ("glm-5.1", {"glm-5.1"}),
        ("glm", {"glm-5", "glm-5.1", "GLM-4.6"}),
        ("opus", {"claude-opus-5-5"}),
        ("claude-opus-5", set()),
        ("us.anthropic.claude-opus-5-5-v1:0", {"claude-opus-5-5"}),
        ("unknown", {"unknown"}),
    ],
)
def test_a_model_that_is_a_row_is_that_row_alone(
    wanted: str, meant: set[str], ok: Callable[..., str]
) -> None:
    assert rows(ok, "model", "--model", wanted) == meant


def test_an_export_means_the_same(ok: Callable[..., str]) -> None:
    found = csv.DictReader(io.StringIO(ok("export", *DAY, "--model", "glm-5")))

    assert [row["model"] for row in found] == ["glm-5"]


def test_a_folder_that_is_not_told_can_be_asked_for(ok: Callable[..., str]) -> None:
    assert rows(ok, "project") == {"/w/garden", "unknown"}
    assert rows(ok, "project", "--project", "unknown") == {"unknown"}
