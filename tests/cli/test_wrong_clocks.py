"""Answers of a computer whose clock was ahead: stored like all others, and not forgotten."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

NEXT_YEAR = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize(
    "command",
    [
        ("report", "--json"),
        ("report", "--json", "--by", "day"),
        ("report", "--json", "--by", "month"),
        ("plans", "--json"),
    ],
)
def test_everything_holds_what_is_dated_in_the_future(
    command: tuple[str, ...],
    transcript: Callable[..., Path],
    answer: Callable[..., dict[str, Any]],
    ok: Callable[..., str],
) -> None:
    """10 + 20 + 3,000 + 400 tokens each."""
    transcript(answer("msg_01", "2026-11-01T12:00:00.000Z"), answer("msg_02", NEXT_YEAR))

    document = json.loads(ok(*command, "--last", "all", "--timezone", "UTC"))
    assert document["period"]["until"] == NEXT_YEAR[:10]
    if "totals" in document:
        totals = document["totals"]
        assert (totals["responses"], totals["cache_read_tokens"]) == (2, 6000)
    assert ok("report", "--last", "all")


def test_the_last_days_end_today(
    transcript: Callable[..., Path], answer: Callable[..., dict[str, Any]], ok: Callable[..., str]
) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00.000Z")
    transcript(answer("msg_01", today), answer("msg_02", NEXT_YEAR))

    document = json.loads(ok("report", "--json", "--last", "week", "--timezone", "UTC"))
    assert document["period"]["until"] == today[:10]
    assert document["totals"]["responses"] == 1
