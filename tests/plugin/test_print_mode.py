"""The plugin in the real client without a terminal: installed from the checkout, or read there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from client_fixtures import installed
from counts import visible
from harness import ROOT
from install import NEWEST
from mock_api import MockApi
from mock_ledger import billed
from mock_replies import Reply, Tool
from plugged import Plugged, ended, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
AGENT = Tool(
    "Agent",
    {"description": "greet", "prompt": "Say hello.", "subagent_type": "general-purpose"},
)
WORDS = {
    "report": "at list price",
    "audit": "ccmeter audit",
    "limits": "No percentages have been seen yet",  # they are for subscribers alone
}
EVENTS = ["SessionStart", "UserPromptSubmit", "Stop"]  # what follows is told to nobody


@pytest.fixture(scope="module")
def api() -> Iterator[MockApi]:
    """One API for all tests of this file."""
    with MockApi() as server:
        yield server


@pytest.fixture(scope="module")
def box(api: MockApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugged]:
    """The newest client with the plugin, installed once for all tests of this file."""
    made = Plugged(tmp_path_factory.mktemp("plugged"), installed(NEWEST), api.url)
    made.install()
    with ended(made):
        assert made.ask("hello").code == 0
        made.watcher()
        yield made


def test_what_the_client_asked_for_is_in_the_database_to_the_token(
    box: Plugged, api: MockApi
) -> None:
    """Nothing but the plugin's watcher reads the transcripts."""
    session, log = api.calls[0].session, (box.data / "background.log").stat().st_mtime_ns
    assert box.ask("go on", "--resume", session).code == 0
    api.script("main", Reply("I ask another.", (AGENT,)))
    assert box.ask("delegate", "--resume", session).code == 0
    assert {call.kind for call in api.calls} == {"main", "sub"}

    wait_until(lambda: box.stored() == billed(visible(api)), "all in the database")
    assert api.mentions(b"ccmeter") == []
    assert (box.data / "background.log").stat().st_mtime_ns == log  # nothing was started again


@pytest.mark.parametrize("name", WORDS)
def test_a_command_is_answered_without_a_request(box: Plugged, api: MockApi, name: str) -> None:
    before = len(api.calls)
    done = box.ask(f"/ccmeter:{name}")

    assert done.code == 0, done.err
    assert len(api.calls) == before
    assert done.result["total_cost_usd"] == 0
    assert WORDS[name] in done.result["result"]


@pytest.mark.parametrize("version", [NEWEST, "2.1.90"])
def test_hooks_run_and_do_not_fail_where_the_plugin_is_read_in_place(
    tmp_path: Path, api: MockApi, version: str
) -> None:
    """An answer that is too long for a pipe goes to a hook that does not read it."""
    api.script("main", Reply("many words " * 20_000))
    with ended(Plugged(tmp_path, installed(version), api.url)) as box:
        told = box.hooked("hello", "--plugin-dir", str(ROOT))
        box.watcher()
        before = len(api.calls)
        asked = box.hooked("/ccmeter:report", "--plugin-dir", str(ROOT))

        assert [hook["hook_event"] for hook in told] == EVENTS
        assert {(h["exit_code"], h["outcome"]) for h in told + asked} == {(0, "success")}
        assert {(hook["stdout"], hook["stderr"]) for hook in told} == {("", "")}
        (answer,) = [json.loads(hook["stdout"]) for hook in asked if hook["stdout"]]
        assert answer["decision"] == "block"
        assert len(api.calls) == before
        assert (box.data / "poke").exists()  # at the end of the session


def test_the_history_outlives_the_plugin(tmp_path: Path, api: MockApi) -> None:
    with ended(Plugged(tmp_path, installed(NEWEST), api.url)) as box:
        box.install()
        before = len(api.calls)
        box.ask("hello")
        box.watcher()
        mine = billed(api.calls[before:])
        wait_until(lambda: box.stored() == mine, "all in the database")
        box.plugin("uninstall", "ccmeter@ccmeter")
        for path in box.transcripts():
            path.unlink()

        assert box.hooked("hello again") == []
        assert box.report("--no-sync", "--model", "claude-opus-5-5")["totals"]["responses"] >= 1
        assert mine.write_5m + mine.write_1h > 0


def test_the_first_start_prepares_all_by_itself(tmp_path: Path, api: MockApi) -> None:
    with ended(Plugged(tmp_path, installed(NEWEST), api.url, ready=False)) as box:
        box.offer_python()
        before = len(api.calls)
        told = box.hooked("hello", "--plugin-dir", str(ROOT))
        assert {(h["exit_code"], h["stdout"], h["stderr"]) for h in told} == {(0, "", "")}
        box.watcher()

        wait_until(lambda: box.stored() == billed(api.calls[before:]), "all in the database")
