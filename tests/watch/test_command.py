"""ccmeter watch on the command line, beside other commands, and the telemetry it receives."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from world import PATIENCE_S, World, until

from ccmeter.version import version
from ccmeter.watch.instance import running

Start = Callable[..., "subprocess.Popen[str]"]
SITE = [sysconfig.get_path("purelib")]


def processes(world: World) -> list[int]:
    """All that were started for the data folder, also those that have yet to make way."""
    wanted = f"CCMETER_HOME={world.home}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            found += [int(path.parent.name)] * (wanted in path.read_bytes().split(b"\0"))
    return [number for number in found if number != os.getpid()]


@pytest.fixture
def stopped(world: World) -> Iterator[None]:
    """Whatever was detached is ended."""
    yield
    while left := processes(world):
        for number in left:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.05)


def pid(world: World) -> int:
    found = running(str(world.home))
    return found.pid if found else 0


@pytest.mark.usefixtures("stopped")
def test_detached_it_outlives_its_starter_and_holds_none_of_its_files(world: World) -> None:
    world.add("s", "m1")
    done = world.run("watch", "--detach")
    assert (done.returncode, done.stderr) == (0, "")
    number = pid(world)
    assert done.stdout == f"watcher started: process {number}\n"
    world.stored("m1")
    files = {os.readlink(f"/proc/{number}/fd/{fd}") for fd in range(3)}

    assert files == {"/dev/null", str(world.home / "watch.log")}
    assert os.getsid(number) == number
    assert os.readlink(f"/proc/{number}/cwd") == str(world.home)

    again = world.run("watch", "--detach")
    assert again.stdout == f"watcher runs already: process {number}\n"
    status = world.run("watch", "--status")
    assert status.returncode == 0
    assert status.stdout.startswith(f"watcher: process {number}, ccmeter {version()}, since ")
    assert f"is told of changes\nreads {world.claude}\nlast: " in status.stdout
    assert world.run("watch", "--stop").stdout == f"watcher ended: process {number}\n"
    assert world.run("watch", "--stop").stdout == "no watcher runs\n"
    none = world.run("watch", "--status")
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == ("ccmeter: no watcher runs. Start one with: ccmeter watch --detach\n")


@pytest.mark.usefixtures("stopped")
def test_its_status_names_the_folders_that_it_reads_as_soon_as_they_are_others(
    world: World, tmp_path: Path
) -> None:
    """A session with a folder of its own notes it while the watcher runs."""
    world.add("s", "m1")
    (world.home / "folders").write_text(f"{world.claude}\n")
    world.run("watch", "--detach")
    world.stored("m1")
    assert reads(world) == [f"reads {world.claude}"]

    (tmp_path / "other").mkdir()
    with (world.home / "folders").open("a") as file:
        file.write(f"{tmp_path}/other\n")
    (world.home / "poke").touch()
    until(lambda: len(reads(world)) == 2, "told of another folder")
    assert reads(world)[1] == f"reads {tmp_path}/other, which has no projects/ yet"


def reads(world: World) -> list[str]:
    lines = world.run("watch", "--status").stdout.splitlines()
    return [line for line in lines if line.startswith("reads ")]


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize(("version", "says"), [("0.0.1", "started"), ("99.10.0", "runs already")])
def test_a_watcher_is_replaced_when_it_is_of_an_older_version_and_of_no_newer_one(
    world: World, version: str, says: str
) -> None:
    world.run("watch", "--detach")
    old = pid(world)
    tell_version(world, version)
    done = world.run("watch", "--detach")

    assert done.stdout == f"watcher {says}: process {pid(world)}\n"
    assert (pid(world) == old) == (says == "runs already")


def tell_version(world: World, other: str) -> None:
    path = world.home / "watch.pid"
    path.write_text(path.read_text().replace(f'"{version()}"', f'"{other}"'))


@pytest.mark.usefixtures("stopped")
def test_with_options_it_replaces_one_that_runs_without_them(world: World) -> None:
    world.run("watch", "--detach")
    old = pid(world)
    done = world.run("watch", "--detach", "--poll")

    assert done.stdout == f"watcher started: process {pid(world)}\n"
    assert pid(world) != old
    assert "looks often at every transcript" in world.run("watch", "--status").stdout
    assert world.run("watch", "--detach").stdout == f"watcher runs already: process {pid(world)}\n"


@pytest.mark.usefixtures("stopped")
def test_many_that_start_one_at_once_agree_on_one(world: World) -> None:
    started = [world.start("watch", "--detach", module="ccmeter") for _ in range(5)]
    ends = [(process.communicate(timeout=PATIENCE_S), process.returncode) for process in started]

    assert {code for _, code in ends} == {0}
    assert {err for (_, err), _ in ends} == {""}
    assert {out.split()[-1] for (out, _), _ in ends} == {str(pid(world))}


def test_one_that_cannot_start_says_why(world: World) -> None:
    (world.home / "config.toml").write_text("timezone = 5\n")
    done = world.run("watch", "--detach")

    assert done.returncode == 1
    assert "the watcher did not start: " in done.stderr
    assert "timezone must be text in quotes" in done.stderr


def test_in_the_foreground_nothing_of_a_command_stays_loaded(world: World, start: Start) -> None:
    world.add("s", "m1")
    process = start("watch", module="ccmeter")
    world.stored("m1")
    arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")[1:3]
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert arguments == [b"-m", b"ccmeter.watch"]
    assert "ccmeter.db-shm" in maps
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, out, err) == (0, "", "")


def test_two_ways_at_once_make_no_sense(world: World) -> None:
    done = world.run("watch", "--stop", "--status")

    assert (done.returncode, done.stdout) == (2, "")
    assert "use one of --live, --detach, --status and --stop." in done.stderr


def test_without_a_terminal_there_is_no_live_view(world: World) -> None:
    done = world.run("watch", "--live")

    assert done.returncode == 2
    assert "--live needs a terminal" in done.stderr
    assert running(str(world.home)) is None


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def call(session: str) -> bytes:
    """An export of one call, as the client sends it."""
    values = {
        "event.name": "api_request", "session.id": session, "model": "claude-opus-5-5",
        "input_tokens": "10", "output_tokens": "5", "cache_read_tokens": "0",
        "cache_creation_tokens": "0", "cost_usd": "0.001", "duration_ms": "100",
        "request_id": "req_x",
    }  # fmt: skip
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
    record = {
        "timeUnixNano": str(time.time_ns()),
        "body": {"stringValue": "claude_code.api_request"},
        "attributes": attributes,
    }
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()


def test_reports_of_the_client_are_received_where_wanted(world: World, start: Start) -> None:
    port = free_port()
    process = start(f"otlp={port}")
    world.logged(f"receiving reports of calls on port {port}")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/logs", call("s"), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    with closing(sqlite3.connect(world.home / "ccmeter.db")) as connection:
        assert connection.execute("select count(*) from api_calls").fetchone() == (1,)
    process.terminate()

    assert process.wait(10) == 0


def test_a_port_that_is_taken_is_said_at_once(world: World, start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(f"otlp={taken.getsockname()[1]}")
        _, err = process.communicate(timeout=20)

    assert process.returncode == 1
    assert err.startswith("ccmeter: cannot listen on 127.0.0.1:")
    assert running(str(world.home)) is None


LOADED = """
import os, signal, sys, threading, time
from ccmeter.paths import data_home
from ccmeter.watch.loop import Options
from ccmeter.watch.run import run
def end():
    time.sleep(1.5)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end).start()
code = run(data_home(), Options())
print(*sorted(sys.modules))
sys.exit(code)
"""
HEAVY = {"click", "rich", "sqlite_utils", "platformdirs", "tomlkit", "asyncio", "http", "pluggy",
         "multiprocessing", "concurrent"}  # fmt: skip


def test_a_watcher_holds_nothing_that_it_does_not_need(world: World) -> None:
    world.add("s", "m1")
    done = subprocess.run(
        [sys.executable, "-S", "-c", LOADED],
        env={**world.env, "PYTHONPATH": os.pathsep.join([world.env["PYTHONPATH"], *SITE])},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert world.keys() == ["m1"]
    assert {name.partition(".")[0] for name in done.stdout.split()} & HEAVY == set()
