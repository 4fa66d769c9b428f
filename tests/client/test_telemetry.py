"""The real client reports its calls: each one is a response or a hidden call, never both."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal

import pytest
from client_fixtures import NewSandbox
from counts import usd, visible, worth
from harness import ROOT, Sandbox
from install import METERED, VERSIONS
from mock_api import MockApi
from mock_ledger import Call, Tokens, billed
from mock_replies import Reply, Tool
from record_telemetry import collector
from terminal import Terminal

from ccmeter.otlp.records import ApiCall
from ccmeter.otlp.server import Counts, Receiver
from ccmeter.otlp.settings import otlp_settings
from ccmeter.store.api_calls import hidden_calls, reported_calls, save_calls
from ccmeter.store.db import open_rw
from ccmeter.store.responses import stream

pytestmark = pytest.mark.slow
EVER = (0, 2**62)
AGENT = Tool(
    "Agent",
    {"description": "greet", "prompt": "Say hello.", "subagent_type": "general-purpose"},
)
WAYS = {
    "json": {},
    "protobuf": {"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf"},
    "gzip": {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"},
}


def bash(command: str) -> Tool:
    return Tool("Bash", {"command": command, "description": "say something"})


@contextmanager
def reporting(box: Sandbox, **more: str) -> Iterator[Receiver]:
    """Let the client of the sandbox report into its ccmeter."""
    data = str(box.data)

    def store(calls: Sequence[ApiCall]) -> None:
        with closing(open_rw(data)) as connection:
            save_calls(connection, calls)

    with Receiver(store, port=0) as receiver:
        del box.env["DISABLE_TELEMETRY"]
        del box.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]  # with it no title is asked for
        box.settings({"env": otlp_settings(receiver.port) | more})
        yield receiver


def shown(box: Sandbox) -> list[tuple[str | None, Tokens]]:
    """Request id and tokens of what the transcripts show."""
    assert box.ccmeter("sync").code == 0
    with closing(open_rw(str(box.data))) as connection:
        rows = [row for chunk in stream(connection, *EVER) for row in chunk]
    return [(row.request_id, tokens(*row.usage)) for row in rows]


def tokens(input_: int, output: int, read: int, w5m: int, w1h: int, _: int = 0) -> Tokens:
    """Tokens without searches: no event names them."""
    return Tokens(input_, output, read, w5m, w1h)


def hidden(box: Sandbox) -> list[ApiCall]:
    with closing(open_rw(str(box.data))) as connection:
        return hidden_calls(connection, *EVER)


def reported(box: Sandbox) -> list[ApiCall]:
    with closing(open_rw(str(box.data))) as connection:
        return [row.call for row in reported_calls(connection, *EVER)]


def identified(call: Call) -> tuple[str, Tokens]:
    return call.request_id, billed([call])._replace(searches=0)


def assert_each_once(box: Sandbox, api: MockApi, received: Counts) -> None:
    """Responses and hidden calls together are the ledger."""
    ledger = [call for call in api.calls if call.status == 200]
    found = shown(box) + [(call.request_id, tokens(*call.usage)) for call in hidden(box)]
    if box.client.version == "2.1.90":  # its events name no ids
        assert Counter(told for _, told in found) == Counter(identified(c)[1] for c in ledger)
    else:
        assert Counter(found) == Counter(map(identified, ledger))
    assert received.calls == len(reported(box)) == len(ledger)
    assert received.skips == received.refused == {}


def assert_priced(box: Sandbox, api: MockApi) -> None:
    """The client's own price of each call is that of the ledger."""
    prices = {call.request_id: call.cost_usd for call in reported(box)}
    for call in api.calls:
        if call.status == 200:
            assert prices[call.request_id] == pytest.approx(worth(call), abs=Decimal("1e-9"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_call_in_print_mode_is_reported_once(
    sandbox: NewSandbox, api: MockApi, version: str, way: str
) -> None:
    box = sandbox(version)
    api.script(
        "main",
        Reply("I try.", (bash("echo one"), bash("echo two"))),
        Reply(status=529),
        Reply("I ask.", (AGENT,)),
    )
    api.script("sub", Reply("", (bash("echo hi"),)))
    with reporting(box, **WAYS[way]) as receiver:
        done = box.ask("do everything")
    assert done.code == 0, done.err

    assert_each_once(box, api, receiver.counts)
    if version in METERED:
        assert_priced(box, api)
        assert {c.query_source for c in reported(box)} == {"sdk", "agent:builtin:general-purpose"}


@pytest.mark.usefixtures("needs_tmux")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_title_is_a_hidden_call(sandbox: NewSandbox, api: MockApi, version: str) -> None:
    box = sandbox(version)
    with reporting(box) as receiver, Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for_titled(api, 2)
        terminal.leave()
    (title,) = [call for call in api.calls if call.kind == "title"]
    assert_each_once(box, api, receiver.counts)
    (found,) = hidden(box)

    assert tokens(*found.usage) == billed([title])
    assert found.model == title.model
    if version != "2.1.90":
        assert found.query_source == "generate_session_title"


@pytest.mark.usefixtures("needs_tmux")
def test_what_is_hidden_makes_the_clients_meter_whole(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    with reporting(box) as receiver, Terminal(box) as terminal:
        terminal.say("hello, how is the weather?")
        terminal.wait_for_titled(api, 2)
        terminal.say("/compact")
        terminal.wait_for("Compacted")
        terminal.say("and now?")
        terminal.wait_for("Done, number 4")
        terminal.leave()
    visible_usd = box.report()["totals"]["list_cost_usd"]
    hidden_usd = float(sum(call.cost_usd or 0 for call in hidden(box)))
    (meter,) = box.cost_states().values()

    assert_each_once(box, api, receiver.counts)
    assert_priced(box, api)
    assert sorted(call.query_source for call in hidden(box)) == [
        "compact",
        "generate_session_title",
    ]
    assert visible_usd == pytest.approx(usd(visible(api)), abs=1e-9)
    assert visible_usd + hidden_usd == pytest.approx(meter["totalCostUSD"], abs=1e-6)


def test_searches_and_fast_mode_stand_only_in_the_price(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script("main", Reply("Quick.", (bash("echo 1"),), searches=2, speed="fast"))
    with reporting(box) as receiver:
        box.ask("hello")

    assert_each_once(box, api, receiver.counts)
    assert_priced(box, api)
    assert {call.speed for call in reported(box)} == {"standard"}  # as it was asked for


def test_a_broken_attempt_stands_only_in_the_price_of_the_next(
    sandbox: NewSandbox, api: MockApi
) -> None:
    box = sandbox()
    api.script("main", Reply("Lost.", cut="start"), Reply("Found."))
    with reporting(box) as receiver:
        box.ask("hello")
    broken, whole = api.calls
    (call,) = reported(box)

    assert receiver.counts.calls == 1
    assert shown(box) == [identified(whole)]
    assert hidden(box) == []
    assert identified(whole) == (call.request_id, tokens(*call.usage))
    assert float(call.cost_usd or 0) == pytest.approx(usd([broken, whole]), abs=1e-9)


LOUD = {"OTEL_LOG_USER_PROMPTS": "1", "OTEL_LOG_TOOL_DETAILS": "1"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("more", [{}, LOUD], ids=["quiet", "loud"])
def test_prompts_and_commands_stay_out_of_what_is_sent(
    sandbox: NewSandbox, api: MockApi, version: str, more: dict[str, str]
) -> None:
    box = sandbox(version)
    api.script("main", Reply("", (bash("echo kumquat"),)), Reply("A kumquat, then."))
    sent: list[bytes] = []
    with collector(sent) as url:
        endpoint = {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": url}
        box.settings({"env": otlp_settings(1) | endpoint | more})
        box.ask("think of a kumquat")

    assert b"api_request" in b"".join(sent)
    assert (b"kumquat" in b"".join(sent)) == bool(more)  # the settings, not luck, keep it out


def test_prompts_are_not_stored_even_when_they_are_sent(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script("main", Reply("", (bash("echo kumquat"),)), Reply("A kumquat, then."))
    with reporting(box, **LOUD):
        box.ask("think of a kumquat")
    with closing(open_rw(str(box.data))) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")

    assert len(reported(box)) == 2
    assert all(b"kumquat" not in path.read_bytes() for path in box.data.iterdir())


def test_a_receiver_that_is_gone_disturbs_no_session(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    with reporting(box) as receiver:
        port = receiver.port
    box.settings({"env": otlp_settings(port)})
    done = box.ask("hello")

    assert done.code == 0
    assert done.result["result"] == "Done, number 1."


@pytest.mark.parametrize("version", VERSIONS)
def test_the_recording_still_tells_what_this_client_sends(
    sandbox: NewSandbox, api: MockApi, version: str
) -> None:
    """fixtures/telemetry.json, see record_telemetry.py."""
    recorded = json.loads((ROOT / "fixtures" / "telemetry.json").read_text("utf-8"))
    events = [
        event
        for body in recorded[version]["bodies"]
        for resource in body["resourceLogs"]
        for scope in resource["scopeLogs"]
        for event in scope["logRecords"]
        if event["body"]["stringValue"] == "claude_code.api_request"
    ]
    named = {pair["key"] for event in events for pair in event["attributes"]}
    box = sandbox(version)
    with reporting(box):
        box.ask("hello")
    (call,) = reported(box)

    assert (call.request_id is not None) == ("request_id" in named)
    assert (call.query_source != "") == ("query_source" in named)
    assert call.lifetimes_known == ("cache_creation_5m_tokens" in named)
