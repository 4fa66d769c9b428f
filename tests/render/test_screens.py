"""What six people see at 80 columns, whole. Renew with UPDATE_SCREENS=1 and read every change."""

import json
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ccmeter.demo import write_demo

SCREENS = Path(__file__).parent / "screens"
WEEK = ("--since", "2026-11-18", "--until", "2026-11-24", "--timezone", "UTC")
# What every screen says some weeks after the bundled prices were checked.
OLD_PRICES = re.compile(r"(?:(?<=\n)\n)?(?<=\n)! the list prices [^.]*\. Update\s+ccmeter\.\n")
Show = Callable[..., str]


@pytest.fixture
def show(home: Path, claude_dir: Path, run_ccmeter: Callable[..., CompletedProcess[str]]) -> Show:
    """Run a report at 80 columns with this config.toml; return what is on the screen."""

    def run(config: str, *arguments: str) -> str:
        folder = Path(os.environ["CCMETER_HOME"])
        folder.mkdir(exist_ok=True)
        (folder / "config.toml").write_text(config, "utf-8")
        done = run_ccmeter("report", *WEEK, *arguments, env={"COLUMNS": "80"})
        assert (done.returncode, done.stderr) == (0, "")
        text = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
        return OLD_PRICES.sub("", text)

    return run


def heavy_user(folder: Path) -> None:
    write_demo(str(folder), date(2026, 11, 24))


def light_user(folder: Path, model: str = "claude-sonnet-5-5") -> None:
    """Ten answers on three days, with 5-minute writes: as few as a curious student makes."""
    path = folder / "projects" / "-home-lea-thesis" / "1b671a64-40d5-491e-99b0-da01ff1f3341.jsonl"
    path.parent.mkdir(parents=True)
    lines = [
        {
            "type": "assistant",
            "timestamp": f"2026-11-{18 + number // 4:02d}T10:{number:02d}:00.000Z",
            "sessionId": "1b671a64-40d5-491e-99b0-da01ff1f3341",
            "version": "2.1.330",
            "cwd": "/home/lea/thesis",
            "uuid": f"00000000-0000-4000-8000-{number:012d}",
            "requestId": f"req_{number}",
            "message": {
                "id": f"msg_{number}",
                "model": model,
                "stop_reason": "end_turn",
                "usage": {
                    "input_tokens": 10,
                    "output_tokens": 900,
                    "cache_read_input_tokens": 20_000 + 2_000 * number,
                    "cache_creation_input_tokens": 2_000,
                    "cache_creation": {"ephemeral_5m_input_tokens": 2_000},
                    "speed": "standard",
                },
            },
        }
        for number in range(10)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def same(name: str, screen: str) -> None:
    """The screen is the one that was read and kept."""
    path = SCREENS / f"{name}.txt"
    if os.environ.get("UPDATE_SCREENS"):
        path.write_text(screen, "utf-8")
    assert screen == path.read_text("utf-8")
    assert max(map(len, screen.splitlines())) <= 80


def test_a_heavy_user_of_the_largest_plan(claude_dir: Path, show: Show) -> None:
    heavy_user(claude_dir)

    same("heavy-ultra", show('tier = "max-20x"'))


def test_a_light_user_of_pro(claude_dir: Path, show: Show) -> None:
    light_user(claude_dir)

    same("light-pro", show('tier = "pro"'))


def test_a_user_of_the_api_hears_nothing_of_plans(claude_dir: Path, show: Show) -> None:
    light_user(claude_dir)
    screen = show('tier = "api"')

    same("api", screen)
    assert "plan" not in screen.lower()


def test_two_users_with_plans_of_their_own(claude_dir: Path, home: Path, show: Show) -> None:
    heavy_user(claude_dir)
    light_user(home / "lea")
    users = f"""
user = "ada"
tier = "ultra"

[[users]]
name = "lea"
folder = "{home}/lea"
tier = "pro"
"""

    same("two-users", show(users, "--by", "user"))


def test_a_model_without_a_price(claude_dir: Path, show: Show) -> None:
    light_user(claude_dir, "glm-5.1")

    same("unknown-model", show('tier = "pro"'))


def test_no_plan_is_set(claude_dir: Path, show: Show) -> None:
    light_user(claude_dir)

    same("no-plan", show(""))
