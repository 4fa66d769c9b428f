"""The plugin in the real client in a terminal: its notices, its commands, its status line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from client_fixtures import installed
from counts import visible
from harness import MODEL, ROOT
from install import NEWEST
from mock_api import MockApi
from mock_ledger import billed
from mock_replies import Reply, Tool
from plugged import Plugged, ended, wait_until
from terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("needs_tmux")]

# returns when the watcher has left a notice for the session
WAIT = """\
n=0
until ls {folder}/notices/*-*.json >/dev/null 2>&1 || [ $n -ge 300 ]; do
  n=$((n + 1))
  sleep 0.1
done
"""
IN_PLACE = ("--model", MODEL, "--permission-mode", "default", "--plugin-dir", str(ROOT))


def bash(command: str) -> tuple[Tool]:
    return (Tool("Bash", {"command": command, "description": "say something"}),)


@pytest.fixture
def box(api: MockApi, tmp_path: Path) -> Plugged:
    """A subscriber with the newest client, and the plugin in it."""
    made = Plugged(tmp_path, installed(NEWEST), api.url)
    made.subscribe()
    api.plan_limits(five_hour=0.275, seven_day=0.5)
    return made


def test_a_lost_cache_is_told_at_the_end_of_the_turn_and_once(box: Plugged, api: MockApi) -> None:
    """An hour of a person: set up, ask, look at the report, and hear of what went wrong."""
    (box.project / "wait.sh").write_text(WAIT.format(folder=box.data))
    with ended(box), Terminal(box, *IN_PLACE, columns=100, lines=60) as terminal:
        terminal.say("/ccmeter:setup")
        terminal.wait_for("ccmeter is in the status line")
        terminal.wait_for(r"^ +Opus \S+$")  # without a restart; nothing was spent yet
        assert api.calls == []

        terminal.say("hello")
        terminal.wait_for("Done, number 1")
        terminal.say("/ccmeter:report")
        terminal.wait_for("at list price")
        assert len(api.calls) == 1
        box.watcher()

        for n in range(3):  # each request after these finds nothing in the cache
            api.script("main", Reply("", bash(f"echo {n}"), evict="all"))
        api.script("main", Reply("", bash("sh wait.sh")), Reply("I am ready."))
        terminal.say("do it")
        screen = terminal.wait_for("Stop says")
        assert "ccmeter alarm: The cache is pinned at 0 tokens: 3 rebuilds in a row" in screen
        terminal.wait_for("alarm R2")  # in the status line, too

        terminal.say("and now?")
        terminal.wait_for("Done, number 7")
        assert terminal.screen().count("ccmeter alarm") == 1
        sent, last = api.calls[-2].bill, api.calls[-1].bill
        assert last.read == sent.read + sent.write_1h  # the report left the cache alone
        terminal.leave()

        wait_until(lambda: box.stored() == billed(visible(api)), "all in the database")
        assert api.mentions(b"ccmeter") == []
        limits = json.dumps(box.ccmeter("limits", "--json").result)
        assert "27.5" in limits


def test_why_nothing_is_metered_is_told_once(box: Plugged) -> None:
    """There is no Python on the PATH: a person has to do something."""
    box.hide_python()
    with ended(box), Terminal(box, *IN_PLACE) as terminal:
        wait_until(lambda: (box.data / "start.failed").exists(), "a failure")
        terminal.say("/clear")
        terminal.wait_for("ccmeter does not meter yet: needs Python 3.11")
        terminal.say("/clear")
        terminal.wait_until(lambda: "ccmeter does not meter" not in terminal.screen())
        terminal.say("hello")
        terminal.wait_for("Done, number 1")
        assert "ccmeter" not in terminal.screen()
        terminal.leave()
