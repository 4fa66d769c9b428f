"""What the real client's status line shows of its own meter, where no reading is left of it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client_fixtures import NewSandbox
from counts import usd, visible
from harness import ROOT, Sandbox
from install import OLDER
from mock_api import MockApi
from terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("needs_tmux")]


def with_line(box: Sandbox) -> Sandbox:
    """Put ccmeter into the status line, and let the client ask for a title."""
    box.data.mkdir()
    command = f"PYTHONPATH={ROOT / 'src'} {sys.executable} -m ccmeter statusline"
    box.settings({"statusLine": {"type": "command", "command": command}})
    del box.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]
    return box


def spooled(box: Sandbox) -> list[dict[str, Any]]:
    path: Path = box.data / "limits.spool"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def shown(box: Sandbox, dollars: Callable[[], float]) -> Callable[[], bool]:
    """Whether the status line has shown these dollars last."""

    def found() -> bool:
        lines = spooled(box)
        return bool(lines) and lines[-1]["cost"]["usd"] == near(dollars())

    return found


def crash(terminal: Terminal, box: Sandbox, api: MockApi) -> None:
    """Kill the client once all of its answers are on disk: it writes behind."""
    answers = len(visible(api))
    terminal.wait_until(lambda: written(box) == answers, what="answers on disk")
    terminal.kill()


def written(box: Sandbox) -> int:
    return len({entry["message"]["id"] for entry in box.entries("assistant")})


def near(dollars: float) -> Any:
    return pytest.approx(dollars, abs=1e-6)


def by_session(box: Sandbox) -> dict[str, dict[str, Any]]:
    rows = box.report("--by", "session")["rows"]
    return {row["key"]: row["coverage"] for row in rows}


def test_a_session_that_was_killed_hides_its_title(sandbox: NewSandbox, api: MockApi) -> None:
    box = with_line(sandbox())
    with Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for_titled(api, 2)
        terminal.say("and now?")
        terminal.wait_for("Done, number 3")
        terminal.wait_until(shown(box, lambda: usd(api.calls)), what="everything shown")
        crash(terminal, box, api)
    (found,) = by_session(box).values()

    assert box.cost_states() == {}
    assert found["state"] == "known"
    assert found["client_usd"] == near(usd(api.calls))
    assert found["hidden_usd"] == near(usd([call for call in api.calls if call.kind == "title"]))


@pytest.mark.parametrize("version", OLDER)
def test_a_price_that_the_client_made_up_is_not_believed(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    """Older clients do not know the model, and take the price of another one."""
    box = with_line(sandbox(version))
    with Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for("Done, number")
        terminal.wait_for(r"context [1-9]")  # the line that comes with the cost of the answer
        crash(terminal, box, api)
    (found,) = by_session(box).values()

    assert found == {"state": "unknown", "why": "no-meter"}


def test_a_session_that_is_resumed_and_killed_goes_on_from_its_reading(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = with_line(sandbox())
    with Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for_titled(api, 2)
        terminal.leave()
    (session,) = box.cost_states()
    with Terminal(box, "--resume", session) as terminal:
        terminal.say("and now?")
        terminal.wait_for("Done, number 3")
        terminal.wait_until(shown(box, lambda: usd(api.calls)), what="everything shown")
        crash(terminal, box, api)

    found = by_session(box)[session]
    assert found["state"] == "known"
    assert found["client_usd"] == near(usd(api.calls))
    assert found["hidden_usd"] == near(usd(api.calls) - usd(visible(api)))


def test_a_session_after_a_clear_is_shown_alone(sandbox: NewSandbox, api: MockApi) -> None:
    box = with_line(sandbox())
    with Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for_titled(api, 2)
        terminal.say("/clear")
        terminal.wait_until(lambda: bool(box.cost_states()), what="a reading")
        before = len(api.calls)
        terminal.say("and how is it now?")
        terminal.wait_for_titled(api, 4)
        terminal.wait_until(shown(box, lambda: usd(api.calls[before:])), what="everything shown")
        crash(terminal, box, api)

    rows = by_session(box)
    assert len(box.cost_states()) == 1
    assert {row["state"] for row in rows.values()} == {"known"}
    assert len(rows) == 2
    assert sum(row["client_usd"] for row in rows.values()) == near(usd(api.calls))
