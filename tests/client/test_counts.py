"""What ccmeter reports of a session of the real client is what the server billed for it."""

import signal
import time

import pytest
from client_fixtures import NewSandbox
from counts import by_session, seen, usd, visible
from harness import Run, Sandbox
from install import METERED, VERSIONS
from mock_api import MockApi
from mock_ledger import billed
from mock_replies import Reply, Tool

pytestmark = pytest.mark.slow
every_version = pytest.mark.parametrize("version", VERSIONS)


def bash(command: str) -> Tool:
    return Tool("Bash", {"command": command, "description": "say something"})


AGENT = Tool(
    "Agent",
    {"description": "greet", "prompt": "Say hello.", "subagent_type": "general-purpose"},
)


def told(run: Run) -> Run:
    assert run.code == 0, run.err or run.out
    return run


def assert_everything_is_counted(box: Sandbox, api: MockApi) -> None:
    """Tokens as in the ledger, money as by hand and as the client's own meter says."""
    totals = box.report()["totals"]

    assert api.unused() == 0
    assert seen(totals) == billed(api.calls)
    assert totals["list_cost_usd"] == pytest.approx(usd(api.calls), abs=1e-9)
    meter = sum(state["totalCostUSD"] for state in box.cost_states().values())
    if box.client.version in METERED:
        assert totals["list_cost_usd"] == pytest.approx(meter, abs=1e-6)


@every_version
def test_a_short_talk_is_counted(sandbox: NewSandbox, api: MockApi, version: str) -> None:
    box = sandbox(version)
    told(box.ask("hello"))

    assert len(api.calls) == 1
    assert_everything_is_counted(box, api)


@every_version
def test_each_step_of_a_tool_is_counted(sandbox: NewSandbox, api: MockApi, version: str) -> None:
    box = sandbox(version)
    api.script("main", Reply("I try.", (bash("echo one"),)), Reply("", (bash("echo two"),)))
    told(box.ask("use a tool twice"))

    assert len(api.calls) == 3
    assert_everything_is_counted(box, api)


@every_version
def test_parallel_tools_of_one_response_are_counted_once(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    box = sandbox(version)
    tools = tuple(bash(f"echo {n}") for n in range(3))
    api.script("main", Reply("All at once.", tools, output_tokens=321))
    told(box.ask("use three tools at once"))

    assert len(api.calls) == 2
    assert_everything_is_counted(box, api)


@every_version
def test_the_calls_of_a_subagent_are_counted(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    box = sandbox(version)
    api.script("main", Reply("I ask another.", (AGENT,)))
    api.script("sub", Reply("", (bash("echo hi"),)))
    session = told(box.ask("delegate")).result["session_id"]
    by_agent = {row["key"]: row for row in box.report("--by", "agent")["rows"]}
    of_agent = [call for call in api.calls if call.kind == "sub"]

    assert len(of_agent) == 2
    assert list(by_session(box)) == [session]
    assert seen(by_agent["general-purpose"]) == billed(of_agent)
    assert_everything_is_counted(box, api)


@every_version
def test_a_resumed_session_adds_up(sandbox: NewSandbox, api: MockApi, version: str) -> None:
    box = sandbox(version)
    session = told(box.ask("hello")).result["session_id"]
    told(box.ask("and now?", "--resume", session))
    told(box.ask("and then?", "--resume", session))

    assert list(by_session(box)) == [session]
    assert_everything_is_counted(box, api)


@every_version
def test_what_a_fork_copied_is_not_counted_again(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    box = sandbox(version)
    api.script("main", Reply("", (bash("echo hi"),)))
    parent = told(box.ask("hello")).result["session_id"]
    shared = usd(api.calls)
    fork = told(box.ask("what else?", "--resume", parent, "--fork-session")).result["session_id"]
    rows = by_session(box)

    assert fork != parent
    assert seen(box.report()["totals"]) == billed(api.calls)
    assert seen(rows[parent]) == billed(api.calls[:2])
    assert seen(rows[fork]) == billed(api.calls[2:])
    if version in METERED:  # the meter of a fork goes on from its parent's
        meter = box.cost_states()
        assert meter[parent]["totalCostUSD"] == pytest.approx(shared, abs=1e-6)
        own = meter[fork]["totalCostUSD"] - shared
        assert rows[fork]["list_cost_usd"] == pytest.approx(own, abs=1e-6)


@every_version
def test_a_lifetime_of_an_hour_is_told_apart(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    box = sandbox(version)
    box.env["ENABLE_PROMPT_CACHING_1H"] = "1"
    told(box.ask("hello"))

    assert (billed(api.calls).write_1h > 0) == (version != "2.1.90")  # it came with 2.1.108
    assert_everything_is_counted(box, api)


def test_refused_attempts_cost_nothing(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script("main", Reply(status=529), Reply(status=529), Reply("At last."))
    told(box.ask("hello"))

    assert [call.status for call in api.calls] == [529, 529, 200]
    assert_everything_is_counted(box, api)


def test_searches_speed_and_place_are_priced(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script(
        "main",
        Reply("Found.", (bash("echo 1"),), searches=3),
        Reply("Quick.", (bash("echo 2"),), speed="fast"),
        Reply("Near.", (bash("echo 3"),), geo="us"),
        Reply("All of it.", searches=2, speed="fast", geo="us"),
    )
    told(box.ask("do everything"))

    assert_everything_is_counted(box, api)


def test_an_evicted_cache_is_billed_as_it_was_written_again(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    session = told(box.ask("hello")).result["session_id"]
    api.script("main", Reply("Again.", evict="all"))
    told(box.ask("and now?", "--resume", session))
    first, second = api.calls

    assert second.bill.read == 0
    assert second.bill.write_5m >= first.bill.write_5m
    assert_everything_is_counted(box, api)


def test_a_stream_that_broke_at_its_start_is_billed_but_has_no_line(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    api.script("main", Reply("Lost.", cut="start"), Reply("Found."))
    told(box.ask("hello"))
    broken, whole = api.calls

    assert not broken.completed
    assert whole.completed
    assert seen(box.report()["totals"]) == billed([whole])
    (meter,) = box.cost_states().values()
    prompt = billed([broken])._replace(output=0)
    used = meter["modelUsage"]["claude-opus-5-5"]
    assert used["cacheCreationInputTokens"] == prompt.write_5m + whole.bill.write_5m
    assert used["cacheReadInputTokens"] == whole.bill.read


def test_a_stream_that_broke_after_a_block_is_a_lower_bound(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    long = "word " * 400
    api.script("main", Reply(long, (bash("echo hi"),), cut="block"), Reply("Found."))
    told(box.ask("hello"))
    report, (broken, whole) = box.report()["totals"], api.calls
    expected = billed([broken, whole])

    assert report["responses"] == 2
    assert seen(report)._replace(output=0) == expected._replace(output=0)
    assert report["output_tokens"] < expected.output


def test_an_interrupted_answer_is_counted_as_far_as_it_is_known(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    api.script("main", Reply("word " * 200, (bash("echo hi"),), stall="block"))
    process = box.start("hello")
    assert api.stalled.wait(30)
    time.sleep(1)  # the client must have read what was sent
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    api.settle()
    totals, (call,) = box.report()["totals"], visible(api)

    assert seen(totals)._replace(output=0) == billed([call])._replace(output=0)
    assert totals["unfinished_responses"] == totals["responses"] == 1
