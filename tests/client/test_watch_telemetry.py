"""The real client reports to `ccmeter watch --otlp`: the mock's ledger, each request once."""

import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from client_fixtures import NewSandbox
from counts import usd
from harness import ROOT, SECONDS, Sandbox
from mock_api import MockApi
from mock_ledger import Call, Tokens, billed
from mock_replies import Reply, Tool
from terminal import Terminal

from ccmeter.store.api_calls import reported_calls
from ccmeter.store.db import open_rw
from ccmeter.store.responses import stream
from ccmeter.watch.instance import running

pytestmark = pytest.mark.slow
EVER = (0, 2**62)
AGENT = Tool(
    "Agent",
    {"description": "greet", "prompt": "Say hello.", "subagent_type": "general-purpose"},
)
Found = Counter[tuple[str | None, Tokens]]


def bash(command: str) -> Tool:
    return Tool("Bash", {"command": command, "description": "say something"})


@contextmanager
def watching(box: Sandbox, *words: str) -> Iterator[None]:
    """Run `ccmeter watch` beside the client; it listens when the block begins."""
    env = {**box.env, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "ccmeter", "watch", *words]
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL)
    log = box.data / "watch.log"
    try:
        until(lambda: process.poll() is not None or (is_up(box) and listens(log)))
        yield
    finally:
        process.terminate()
        assert process.wait(SECONDS) == 0


def listens(log: Path) -> bool:
    return log.exists() and "receiving reports" in log.read_text()


def is_up(box: Sandbox) -> bool:
    return running(str(box.data)) is not None


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def reporting(box: Sandbox) -> None:
    """Do what a user does: `ccmeter setup --otlp --write`, and telemetry that is not forbidden."""
    del box.env["DISABLE_TELEMETRY"]
    del box.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"]  # with it no title is asked for
    done = box.ccmeter("setup", "--otlp", str(free_port()), "--write")
    assert done.code == 0, done.err


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def ledger(api: MockApi) -> list[Call]:
    return [call for call in api.calls if call.status == 200]


def expected(api: MockApi) -> Found:
    """No event names searches."""
    return Counter((call.request_id, billed([call])._replace(searches=0)) for call in ledger(api))


def stored(box: Sandbox) -> tuple[Found, Found]:
    """Request ids and tokens: of responses, and of calls that no line shows."""
    with closing(open_rw(str(box.data))) as connection:
        rows = [row for chunk in stream(connection, *EVER) for row in chunk]
        calls = list(reported_calls(connection, *EVER))
    seen = Counter((row.request_id, Tokens(*row.usage)) for row in rows)
    hidden = [each.call for each in calls if not each.visible]
    return seen, Counter((c.request_id, Tokens(*c.usage)._replace(searches=0)) for c in hidden)


def assert_whole(box: Sandbox, api: MockApi) -> None:
    """Wait for what the client sends at its end, then compare with the ledger."""

    def complete() -> bool:
        seen, hidden = stored(box)
        return seen.total() + hidden.total() == len(ledger(api))

    until(complete)
    seen, hidden = stored(box)
    assert seen + hidden == expected(api)
    with closing(open_rw(str(box.data))) as connection:
        calls = [each.call for each in reported_calls(connection, *EVER)]
    assert len(calls) == len(ledger(api))
    told = sum((call.cost_usd or Decimal() for call in calls), Decimal())
    assert float(told) == pytest.approx(usd(ledger(api)), abs=1e-9)


def test_tools_retries_and_a_subagent_in_print_mode(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    api.script(
        "main",
        Reply("I try.", (bash("echo one"), bash("echo two"))),
        Reply(status=529),
        Reply("I ask.", (AGENT,)),
    )
    api.script("sub", Reply("", (bash("echo hi"),)))
    reporting(box)
    with watching(box):
        done = box.ask("do everything")
        assert done.code == 0, done.err
        assert_whole(box, api)

    total = box.report("--with-hidden")["totals"]
    assert total["list_cost_usd"] == pytest.approx(usd(ledger(api)), abs=1e-9)


@pytest.mark.usefixtures("needs_tmux")
def test_titles_and_compaction_in_a_terminal(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    reporting(box)
    with watching(box):
        with Terminal(box) as terminal:
            terminal.say("hello, how is the weather?")
            terminal.wait_for_titled(api, 2)
            terminal.say("/compact")
            terminal.wait_for("Compacted")
            terminal.say("and now?")
            terminal.wait_for("Done, number 4")
            terminal.leave()
        assert_whole(box, api)

    visible = box.report()["totals"]
    total = box.report("--with-hidden")["totals"]
    assert total["responses"] == len(ledger(api)) == visible["responses"] + 2
    assert total["list_cost_usd"] == pytest.approx(usd(ledger(api)), abs=1e-9)


def test_a_port_on_the_command_line_will_do_as_well(sandbox: NewSandbox, api: MockApi) -> None:
    box = sandbox()
    reporting(box)
    port = box.ccmeter("config", "show").out.partition("otlp_port = ")[2].split()[0]
    assert box.ccmeter("config", "unset", "otlp_port").code == 0
    with watching(box, "--otlp", port):
        assert box.ask("hello").code == 0
        assert_whole(box, api)
