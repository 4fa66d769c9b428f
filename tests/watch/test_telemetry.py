"""The client's own reports, received by the watcher where the settings say so."""

import json
import shutil
import socket
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

from world import World, until

from ccmeter.watch.log import Log
from ccmeter.watch.telemetry import Telemetry


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def export(*requests: str, **changes: str) -> bytes:
    """An export of calls, as the client sends it."""
    records = []
    for request in requests:
        values = {
            "event.name": "api_request", "session.id": "s", "model": "claude-opus-5-5",
            "input_tokens": "10", "output_tokens": "5", "cost_usd": "0.001",
            "request_id": request, **changes,
        }  # fmt: skip
        pairs = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
        records.append({"timeUnixNano": str(time.time_ns()), "attributes": pairs})
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()


def send(port: int, body: bytes) -> int:
    """Send a body; return the status."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/logs", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def received(world: World) -> list[str]:
    with closing(sqlite3.connect(world.home / "ccmeter.db")) as connection:
        rows = connection.execute("select request_id from api_calls order by request_id")
        return [name for (name,) in rows]


def configure(world: World, port: int) -> None:
    (world.home / "config.toml").write_text(f"otlp_port = {port}\n")


def test_it_listens_where_the_settings_say_and_moves_with_them(world: World) -> None:
    first, second = free_port(), free_port()
    configure(world, first)
    with world.watching():
        until(lambda: is_open(first), "the first port")
        assert send(first, export("req_1")) == 200
        configure(world, second)
        until(lambda: is_open(second) and not is_open(first), "the second port")
        assert send(second, export("req_1", "req_2")) == 200
        configure(world, 0)
        until(lambda: not is_open(second), "no port")
        world.logged("receiving no reports of calls any more")

    assert received(world) == ["req_1", "req_2"]


def test_a_port_that_is_taken_is_said_once_and_had_when_it_is_free(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        telemetry = Telemetry(str(world.home), Log(str(world.home)))
        telemetry.follow(port)
        telemetry.follow(port)
        assert world.log().count("receiving no reports of calls: cannot listen") == 1
    telemetry.follow(port)
    try:
        assert send(port, export("req_1")) == 200
    finally:
        telemetry.close()

    assert received(world) == ["req_1"]
    assert not is_open(port)


def test_what_is_asked_for_on_the_command_line_outranks_the_settings(world: World) -> None:
    asked, set_ = free_port(), free_port()
    telemetry = Telemetry(str(world.home), Log(str(world.home)))
    telemetry.insist(asked)
    telemetry.follow(set_)
    telemetry.follow(0)
    try:
        assert (is_open(asked), is_open(set_)) == (True, False)
    finally:
        telemetry.close()


def test_what_makes_no_sense_is_refused_and_counted_in_the_log(world: World) -> None:
    port = free_port()
    telemetry = Telemetry(str(world.home), Log(str(world.home)))
    telemetry.follow(port)
    try:
        assert send(port, b"kumquat") == 400
        assert send(port, export("req_1", input_tokens="kumquat")) == 200
        assert send(port, export("req_2")) == 200
        telemetry.follow(port)
        telemetry.follow(port)
    finally:
        telemetry.close()

    said = "events: 1 x input_tokens is no count; requests: 1 x HTTP 400"
    assert world.log().count(f"reports of calls left out: {said}\n") == 1
    assert "kumquat" not in world.log()
    assert received(world) == ["req_2"]


def test_a_call_waits_until_another_process_has_made_the_database(
    tmp_path: Path, world: World
) -> None:
    database = world.home / "ccmeter.db"
    database.rename(tmp_path / "later.db")
    port = free_port()
    telemetry = Telemetry(str(world.home), Log(str(world.home)))
    telemetry.follow(port)
    threading.Timer(0.3, (tmp_path / "later.db").rename, (database,)).start()
    try:
        assert send(port, export("req_1")) == 200
    finally:
        telemetry.close()

    assert received(world) == ["req_1"]


def test_a_data_folder_that_was_removed_is_not_made_again(world: World) -> None:
    port = free_port()
    telemetry = Telemetry(str(world.home), Log(str(world.home)))
    telemetry.follow(port)
    shutil.rmtree(world.home)
    try:
        assert send(port, export("req_1")) == 503
    finally:
        telemetry.close()

    assert not world.home.exists()
