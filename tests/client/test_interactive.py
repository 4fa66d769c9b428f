"""The real client in a terminal: calls that no transcript shows, and what a person does."""

import json
from pathlib import Path

import pytest
from client_fixtures import NewSandbox
from counts import seen, usd, visible
from install import VERSIONS
from mock_api import MockApi
from mock_ledger import billed
from mock_replies import Reply
from terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("needs_tmux")]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_title_is_billed_and_in_no_transcript(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    box = sandbox(version)
    del box.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]  # with it no title is asked for
    with Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for_titled(api, 2)
        terminal.leave()
    totals = box.report()["totals"]

    assert sorted(call.kind for call in api.calls) == ["main", "title"]
    assert seen(totals) == billed(visible(api))
    assert totals["list_cost_usd"] == pytest.approx(usd(visible(api)), abs=1e-9)
    for state in box.cost_states().values():  # 2.1.330: the client's own meter knows of it
        assert state["totalCostUSD"] == pytest.approx(usd(api.calls), abs=1e-6)


def test_a_compaction_is_billed_and_in_no_transcript(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    with Terminal(box) as terminal:
        terminal.say("hello")
        terminal.wait_for("Done, number 1")
        terminal.say("/compact")
        terminal.wait_for("Compacted")
        terminal.say("and now?")
        terminal.wait_for("Done, number 3")
        terminal.leave()
    (state,) = box.cost_states().values()

    assert [call.kind for call in api.calls] == ["main", "compact", "main"]
    assert seen(box.report()["totals"]) == billed(visible(api))
    assert state["totalCostUSD"] == pytest.approx(usd(api.calls), abs=1e-6)


def test_an_answer_stopped_with_escape_is_a_lower_bound(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script("main", Reply("word " * 2000, stall="text"))
    with Terminal(box) as terminal:
        terminal.say("tell me a long story")
        terminal.wait_for("word word")
        terminal.press("Escape")
        terminal.wait_for("Interrupted")
        terminal.leave()
    api.settle()
    totals, (call,) = box.report()["totals"], api.calls

    assert not call.completed
    assert seen(totals)._replace(output=0) == billed([call])._replace(output=0)
    assert totals["unfinished_responses"] == 1
    assert totals["output_tokens"] < call.output


def test_a_subscriber_writes_for_an_hour_and_sees_the_limits_of_the_plan(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    box.subscribe()
    api.plan_limits(five_hour=0.275, seven_day=0.5)
    seen_by_line = box.home / "statusline.json"
    command = f"cat > {seen_by_line}.new && mv {seen_by_line}.new {seen_by_line} && echo line"
    box.settings({"statusLine": {"type": "command", "command": command}})
    with Terminal(box) as terminal:
        terminal.say("hello")
        terminal.wait_for("Done, number")
        terminal.wait_until(lambda: "rate_limits" in _read(seen_by_line))
        terminal.leave()
    limits = json.loads(_read(seen_by_line))["rate_limits"]

    assert limits["five_hour"]["used_percentage"] == pytest.approx(27.5)
    assert limits["seven_day"]["used_percentage"] == pytest.approx(50)
    assert billed(visible(api)).write_1h > 0
    assert billed(visible(api)).write_5m == 0
    assert seen(box.report()["totals"]) == billed(visible(api))


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
