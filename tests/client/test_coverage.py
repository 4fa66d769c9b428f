"""The real client's own meter against its transcripts: what is hidden, and what is not known."""

import signal
import time
from typing import Any

import pytest
from client_fixtures import NewSandbox
from counts import usd, visible
from harness import Run, Sandbox
from install import METERED, VERSIONS
from mock_api import MockApi
from mock_replies import Reply, Tool
from terminal import Terminal

pytestmark = pytest.mark.slow

AGENT = Tool(
    "Agent",
    {"description": "greet", "prompt": "Say hello.", "subagent_type": "general-purpose"},
)
UNKNOWN = "unknown"


def told(run: Run) -> Run:
    assert run.code == 0, run.err or run.out
    return run


def by_session(box: Sandbox) -> dict[str, dict[str, Any]]:
    rows = box.report("--by", "session")["rows"]
    return {row["key"]: row["coverage"] for row in rows}


def wait_for_tool(box: Sandbox, seconds: float = 60) -> None:
    """Return when a transcript holds an answer that asks for a tool."""
    until = time.monotonic() + seconds
    while not any(b'"tool_use"' in path.read_bytes() for path in box.transcripts()):
        assert time.monotonic() < until, "no tool in the transcript"
        time.sleep(0.05)


def near(dollars: float) -> Any:
    return pytest.approx(dollars, abs=1e-6)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plain_session_hides_nothing_where_the_client_has_a_meter(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    box = sandbox(version)
    session = told(box.ask("hello")).result["session_id"]
    found = by_session(box)[session]

    if version in METERED:
        amounts = {"visible_usd": near(usd(api.calls)), "client_usd": near(usd(api.calls))}
        assert found == {"state": "known", **amounts, "hidden_usd": near(0)}
    else:
        assert found == {"state": UNKNOWN, "why": "no-meter"}


def test_a_family_of_forks_counts_every_dollar_once(sandbox: NewSandbox, api: MockApi) -> None:
    """The parent has a subagent, goes on after it was forked, and the fork is forked again."""
    box = sandbox()
    api.script("main", Reply("I ask another.", (AGENT,)))
    parent = told(box.ask("delegate")).result["session_id"]
    fork = told(box.ask("what else?", "--resume", parent, "--fork-session")).result["session_id"]
    told(box.ask("go on", "--resume", parent))
    child = told(box.ask("and now?", "--resume", fork, "--fork-session")).result["session_id"]
    coverage, rows = box.report()["coverage"], by_session(box)

    assert {row["state"] for row in rows.values()} == {"known"}
    assert set(rows) == {parent, fork, child}
    assert coverage["transcript_usd"] == near(usd(api.calls))
    assert coverage["client_usd"] == near(usd(api.calls))
    assert coverage["hidden_usd"] == near(0)


def test_a_session_that_was_killed_is_unknown(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script("main", Reply("word " * 200, (AGENT,), stall="block"))
    process = box.start("hello")
    assert api.stalled.wait(30)
    process.kill()
    process.communicate(timeout=60)
    api.settle()

    report = box.report("--by", "session")
    assert "coverage" not in report
    assert all(row["coverage"]["state"] == UNKNOWN for row in report["rows"])


def test_a_session_that_went_on_and_was_killed_is_unknown(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    session = told(box.ask("hello")).result["session_id"]
    assert by_session(box)[session]["state"] == "known"

    echo = Tool("Bash", {"command": "echo hi", "description": "say something"})
    api.script("main", Reply("", (echo,)), Reply("word " * 200, (AGENT,), stall="start"))
    process = box.start("say something", "--resume", session)
    assert api.stalled.wait(30)
    wait_for_tool(box)  # the client writes behind: killed at once, it may not have gone on at all
    process.kill()
    process.communicate(timeout=60)
    api.settle()

    assert by_session(box)[session] == {"state": UNKNOWN, "why": "running"}


def test_an_interrupted_session_is_unknown(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script("main", Reply("word " * 200, (AGENT,), stall="block"))
    process = box.start("hello")
    assert api.stalled.wait(30)
    for _ in range(3):
        box.report()  # time for the client to read what was sent
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    api.settle()
    (found,) = by_session(box).values()

    assert found["state"] == UNKNOWN


@pytest.mark.usefixtures("needs_tmux")
def test_a_compaction_and_a_title_are_hidden(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    del box.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]  # with it no title is asked for
    with Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for("Done, number")
        terminal.say("/compact")
        terminal.wait_for("Compacted")
        terminal.leave()
    coverage = box.report()["coverage"]
    hidden = [call for call in api.calls if call.kind not in ("main", "sub")]

    assert {"compact", "title"} <= {call.kind for call in hidden}
    assert coverage["transcript_usd"] == near(usd(visible(api)))
    assert coverage["hidden_usd"] == near(usd(hidden))


@pytest.mark.usefixtures("needs_tmux")
def test_a_branch_and_a_cleared_session_have_meters_of_their_own(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    with Terminal(box) as terminal:
        terminal.say("hello")
        terminal.wait_for("Done, number 1")
        terminal.say("/branch")
        terminal.wait_for("[Bb]ranched")
        terminal.say("and now?")
        terminal.wait_for("Done, number 2")
        terminal.say("/clear")
        terminal.wait_until(lambda: "Done, number 2" not in terminal.screen())
        terminal.say("something else")
        terminal.wait_for("Done, number 3")
        terminal.leave()
    coverage, rows = box.report()["coverage"], by_session(box)

    assert len(rows) == 3
    assert {row["state"] for row in rows.values()} == {"known"}
    assert coverage["transcript_usd"] == near(usd(api.calls))
    assert coverage["hidden_usd"] == near(0)
