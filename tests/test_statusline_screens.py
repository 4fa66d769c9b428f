"""The status line as it stands on narrow and wide terminals, with and without something wrong."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ccmeter.statusline.program import made
from ccmeter.store.db import open_rw

NOW = datetime(2026, 11, 27, 9, 46, tzinfo=UTC).timestamp()  # a Friday
HOUR, DAY = 3600, 86_400
GIVEN: dict[str, Any] = {
    "session_id": "a-b",
    "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5 (1M context)"},
    "cost": {"total_cost_usd": 3.4},
    "context_window": {"used_percentage": 34},
    "prompt_cache": {
        "expires_at": NOW + HOUR,
        "requests": 80,
        "misses": 0,
        "hit_ratio": 0.971,
        "recache_tokens_if_cold": 341_000,
    },
    "rate_limits": {
        "five_hour": {"used_percentage": 28.5, "resets_at": NOW + 2 * HOUR},
        "seven_day": {"used_percentage": 76, "resets_at": NOW + 3 * DAY},
    },
}
TODAY = {"list_usd": 41.07, "until_ms": 1000 * (NOW + DAY)}
WELL = {"list_usd": 3.42}
BAD = {"list_usd": 23.1, "rebuilds": 9, "alarm": "R2"}
COLD = {"prompt_cache": {**GIVEN["prompt_cache"], "expires_at": NOW - 60}}

SCREENS = {
    "well, 60": "Opus 5.5 · ctx 34% · $3.42 · 5h 28% · 7d 76% · cache 97%",
    "well, 100": "Opus 5.5 · ctx 34% · $3.42 · today $41.07 · 5h 28% →11:46 · 7d 76% →Mon 09:46"
    " · cache 97% →10:46",
    "well, 160": "Opus 5.5 (1M context) · context 34% · session $3.42 · today $41.07"
    " · 5h 28% resets 11:46 · 7d 76% resets Mon 09:46 · cache 97% until 10:46",
    "bad, 60": "ctx 34% · $23.10 · 5h 28% · 7d 76% · cache 97% ↻9 · !R2",
    "bad, 100": "Opus 5.5 · ctx 34% · $23.10 · today $41.07 · 5h 28% →11:46 · 7d 76%"
    " · cache 97% ↻9 · alarm R2",
    "bad, 160": "Opus 5.5 · ctx 34% · $23.10 · today $41.07 · 5h 28% →11:46 · 7d 76% →Mon 09:46"
    " · cache 97% →10:46 ↻9 · alarm R2",
    "cold, 60": "ctx 34% · $3.42 · 5h 28% · 7d 76% · cache cold",
    "cold, 100": "Opus 5.5 · ctx 34% · $3.42 · today $41.07 · 5h 28% →11:46 · 7d 76% →Mon 09:46"
    " · cache cold",
    "cold, 160": "Opus 5.5 (1M context) · context 34% · session $3.42 · today $41.07"
    " · 5h 28% resets 11:46 · 7d 76% resets Mon 09:46 · cache cold, 341k tokens to write again",
}
STATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "well": (WELL, {}),
    "bad": (BAD, {}),
    "cold": (WELL, COLD),
}


@pytest.fixture
def data(home: Path) -> Path:
    open_rw(str(home / "ccmeter")).close()
    return home / "ccmeter"


@pytest.mark.parametrize("screen", SCREENS)
def test_a_line_fits_its_terminal_and_leaves_out_what_matters_least(
    data: Path, screen: str
) -> None:
    state, columns = screen.split(", ")
    session, more = STATES[state]
    with closing(sqlite3.connect(data / "ccmeter.db")) as connection, connection:
        for name, value in (("session/a-b", session), ("today", TODAY)):
            connection.execute("insert into ready values (?, ?, 0)", (name, json.dumps(value)))

    shown = made({**GIVEN, **more}, str(data), NOW, {"COLUMNS": columns, "NO_COLOR": "1"})
    assert shown == SCREENS[screen]
    assert len(shown) <= int(columns) - 4  # the client draws to the left and right of it
