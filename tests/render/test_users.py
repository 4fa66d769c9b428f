"""Several users in one report: plans side by side, at every width."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from page import parse, section
from page import rows as table_rows

WEEK = ("--since", "2026-11-18", "--until", "2026-11-24", "--timezone", "UTC")
PLANS = "Plans, and what serving leaves to the provider: low, mid, high"
# a million tokens out of Sonnet 5.5 at $10; 7 of November's 30 days: Pro $4.67, Max $23.33
USERS = {"ada": "ultra", "lea": "pro", "max": "max", "ann": "api", "eve": ""}
Show = Callable[..., str]


def use(folder: Path, name: str) -> None:
    path = folder / "projects" / "-w" / f"{name}.jsonl"
    path.parent.mkdir(parents=True)
    message = {
        "id": f"msg_{name}",
        "model": "claude-sonnet-5-5",
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 0, "output_tokens": 1_000_000},
    }
    line = {
        "type": "assistant",
        "timestamp": "2026-11-20T10:00:00.000Z",
        "sessionId": name,
        "version": "2.1.330",
        "cwd": "/w",
        "uuid": name,
        "message": message,
    }
    path.write_text(json.dumps(line) + "\n")


@pytest.fixture
def show(home: Path, run_ccmeter: Callable[..., CompletedProcess[str]]) -> Show:
    """Run a report on some of the users; return what is on the screen."""

    def run(names: str, *arguments: str, columns: int = 80) -> str:
        text = ""
        for name in names.split():
            if not (home / name).exists():
                use(home / name, name)
            tier = f'tier = "{USERS[name]}"\n' if USERS[name] else ""
            text += f'[[users]]\nname = "{name}"\nfolder = "{home / name}"\n{tier}'
        (home / "ccmeter").mkdir(exist_ok=True)
        (home / "ccmeter" / "config.toml").write_text(text)
        done = run_ccmeter("report", *WEEK, *arguments, env={"COLUMNS": str(columns)})
        assert (done.returncode, done.stderr) == (0, "")
        assert max(map(len, done.stdout.splitlines())) <= columns
        return done.stdout

    return run


def rows(screen: str) -> dict[str, list[str]]:
    """The words of each line of the table of plans, by user."""
    table = screen.partition("Plans, and what")[2].partition("\n\n")[0]
    words = [line.split() for line in table.splitlines()[2:]]
    return {found[0]: found[1:] for found in words}


def test_plans_stand_side_by_side(show: Show) -> None:
    found = rows(show("ada lea ann eve", "--by", "user"))

    assert found["ada"][:3] == ["Ultra", "$46.67", "0.2x"]
    assert found["lea"][:3] == ["Pro", "$4.67", "2.1x"]
    assert found["ann"] == ["API", "$10.00", "-", "-", "-", "-"]
    assert found["eve"] == ["not", "set", "-", "-", "-", "-", "-"]


def test_what_serving_leaves_is_the_price_less_the_cost_by_scenario(show: Show) -> None:
    """A million tokens out, for Sonnet: at $0.28, $1.20 and $3.50, see pricing/compute.toml."""
    found = rows(show("ada lea", "--by", "user"))

    assert found["lea"][3:] == ["+$4.39", "+$3.47", "+$1.17"]
    assert found["ada"][3:] == ["+$46.39", "+$45.47", "+$43.17"]


def test_the_overview_has_them_too_and_one_user_needs_none(show: Show) -> None:
    assert set(rows(show("ada lea"))) == {"ada", "lea"}
    assert "Plans, and what" not in show("lea", "--user", "lea")


def test_without_any_plan_there_is_no_such_table(show: Show) -> None:
    assert "Plans, and what" not in show("eve", "--by", "user")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_narrow_terminal_keeps_the_middle_scenario(show: Show, columns: int) -> None:
    found = rows(show("ada lea", "--by", "user", columns=columns))

    assert "+$3.47" in found["lea"]


def test_a_page_has_them_side_by_side(show: Show, run_ccmeter: Callable[..., Any]) -> None:
    show("ada lea max eve")
    page = parse(run_ccmeter("report", *WEEK, "--html", "-").stdout)
    found = {row.pop("user"): row for row in table_rows(section(page, PLANS).one("table"))}

    assert found["lea"] == {"plan": "Pro", "paid": "$4.67", "value": "2.1x", "low": "+$4.39",
                            "mid": "+$3.47", "high": "+$1.17"}  # fmt: skip
    assert found["eve"]["plan"] == "not set"
    assert set(found) == {"ada", "lea", "max", "eve"}
    assert "The 3 users whose plan is set paid $74.67 together." in page.text


def test_of_many_users_the_opening_tells_the_sum_alone(show: Show) -> None:
    screen = " ".join(show("ada lea max eve", "--by", "user").split())

    assert "The 3 users whose plan is set paid $74.67 together." in screen
    assert "lea paid" not in screen
