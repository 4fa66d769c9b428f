"""The receiver over real sockets: what it takes, what it refuses, and how long it waits."""

import gzip
import json
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence

import pytest
from exports import event, export

from ccmeter.errors import CcmeterError
from ccmeter.otlp import body as limits
from ccmeter.otlp import loopback, server
from ccmeter.otlp.records import ApiCall
from ccmeter.otlp.server import Receiver

CALLS = export(event(), event(request_id="req_2"))
JSON = "application/json"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOOK_S", 0.02)


@pytest.fixture
def heard() -> list[ApiCall]:
    return []


@pytest.fixture
def receiver(heard: list[ApiCall]) -> Iterator[Receiver]:
    with Receiver(heard.extend, port=0) as started:
        yield started


def post(
    receiver: Receiver, data: bytes, path: str = "/v1/logs", **headers: str
) -> tuple[int, str]:
    """Send an export; header names are written with _ for -."""
    told = {"Content-Type": JSON} | {k.replace("_", "-"): v for k, v in headers.items()}
    url = f"http://127.0.0.1:{receiver.port}{path}"
    request = urllib.request.Request(url, data, told, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def raw(receiver: Receiver, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send bytes as they are; return all of the answer."""
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def head(*headers: str, path: str = "/v1/logs") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1:1", f"Content-Type: {JSON}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


def wait_for(seen: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not seen() and time.monotonic() < until:
        time.sleep(0.01)
    return seen()


def test_calls_are_handed_on_in_order(receiver: Receiver, heard: list[ApiCall]) -> None:
    assert post(receiver, CALLS) == (200, "{}")
    assert [call.request_id for call in heard] == ["req_1", "req_2"]
    assert receiver.counts.bodies == 1
    assert receiver.counts.calls == 2


def test_gzip_is_unpacked(receiver: Receiver, heard: list[ApiCall]) -> None:
    status, _ = post(receiver, gzip.compress(CALLS), Content_Encoding="gzip")

    assert status == 200
    assert len(heard) == 2


def test_chunks_are_joined(receiver: Receiver, heard: list[ApiCall]) -> None:
    body = chunks(CALLS[:10], CALLS[10:11], CALLS[11:])
    answer = raw(receiver, head("Transfer-Encoding: chunked"), body[:7], body[7:], pause_s=0.05)

    assert answer.startswith(b"HTTP/1.1 200")
    assert len(heard) == 2


def test_protobuf_is_answered_with_an_empty_message(receiver: Receiver) -> None:
    pytest.importorskip("opentelemetry.proto", reason="the extra otlp is not installed")

    assert post(receiver, b"", Content_Type="application/x-protobuf") == (200, "")


def test_metrics_and_traces_are_accepted_and_ignored(
    receiver: Receiver, heard: list[ApiCall]
) -> None:
    for path in ("/v1/metrics", "/v1/traces"):
        assert post(receiver, CALLS, path) == (200, "{}")
    assert post(receiver, b"\xff", "/v1/metrics", Content_Type="application/x-protobuf")[0] == 200
    assert heard == []


def test_a_skipped_event_is_counted_and_told(receiver: Receiver, heard: list[ApiCall]) -> None:
    status, answer = post(receiver, export(event(output_tokens=-1), event(output_tokens=-2)))

    assert (status, json.loads(answer)) == (200, {"partialSuccess": {"rejectedLogRecords": "2"}})
    assert heard == []
    assert receiver.counts.skips == {"output_tokens is no count": 2}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"", {}, 400),
        (CALLS, {"Content_Type": "text/plain"}, 415),
        (CALLS, {"Content_Encoding": "br"}, 415),
        (CALLS, {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(CALLS)[:-9], {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(bytes(9_000_000)), {"Content_Encoding": "gzip"}, 413),
        (bytes(4 * 1024 * 1024 + 1), {}, 413),
        (CALLS, {"Origin": "http://page.invalid"}, 403),
        (CALLS, {"Host": "page.invalid:4318"}, 403),
    ],
    ids=range(10),
)
def test_a_bad_body_is_refused_and_counted(
    receiver: Receiver, heard: list[ApiCall], body: bytes, headers: dict[str, str], status: int
) -> None:
    found, answer = post(receiver, body, **headers)

    assert found == status
    assert answer.count("\n") == 1
    assert receiver.counts.refused == {status: 1}
    assert post(receiver, CALLS)[0] == 200
    assert len(heard) == 2


def test_the_largest_body_is_taken(receiver: Receiver) -> None:
    padding = " " * (limits.MOST_SENT - len(CALLS))

    assert post(receiver, CALLS + padding.encode())[0] == 200


CHUNKED = head("Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head() + CALLS, 400),
        (head("Content-Length: -5") + CALLS, 400),
        (head("Content-Length: 1_0") + CALLS, 400),
        (head("Content-Length: 9" + "9" * 30) + CALLS, 400),
        (head("Content-Length: 4194305"), 413),
        (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", 400),
        (CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\r\n{} and more\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\r\n{}\r\n0\r\nno end of the trailers: " + b"x" * 9999, 400),
        (CHUNKED + b"ffffffff\r\n" + CALLS, 413),
        (CHUNKED + b"".join(b"%x\r\n%s\r\n" % (2**20, bytes(2**20)) for _ in range(5)), 413),
        (CHUNKED + b"zz" * 500, 400),
        (head(*[f"X-{n}: 1" for n in range(200)]) + CALLS, 431),
        (b"POST /v1/logs\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/logs HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 501),
        (b"POST /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (head("Content-Length: 2", path="/v1/other") + b"{}", 404),
    ],
    ids=range(18),
)
def test_a_bad_request_is_refused_and_counted(
    receiver: Receiver, heard: list[ApiCall], request_: bytes, status: int
) -> None:
    raw(receiver, request_)

    assert receiver.counts.refused == {status: 1}
    assert post(receiver, CALLS)[0] == 200
    assert len(heard) == 2


def test_a_connection_that_says_nothing_is_no_error(receiver: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert post(receiver, CALLS)[0] == 200


def test_a_body_that_is_cut_off_is_refused(receiver: Receiver, heard: list[ApiCall]) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(head("Content-Length: 1000") + b"{}")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(99).startswith(b"HTTP/1.1 400")
    assert heard == []


def drip(connection: socket.socket, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        connection.sendall(b"x")
        time.sleep(0.05)


def test_a_request_that_drips_is_ended_at_its_deadline(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "DEADLINE_S", 0.5)
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(head("Content-Length: 1000"))
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            drip(connection, 10)

    assert 0.4 < time.monotonic() - started < 5
    assert receiver.counts.refused == {400: 1}


def test_headers_that_drip_are_ended_at_their_deadline(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "DEADLINE_S", 0.3)
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=5) as connection:
        connection.sendall(b"POST /v1/logs HTTP/1.1\r\nX-One")
        assert wait_for(lambda: connection.recv(1) == b"", 5)


def test_no_more_connections_than_allowed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "CONNECTIONS", 2)
    address = ("127.0.0.1", receiver.port)
    with socket.create_connection(address), socket.create_connection(address):
        time.sleep(0.2)
        with socket.create_connection(address, timeout=5) as third:
            assert third.recv(1) == b""
    assert wait_for(lambda: _answers(receiver))


def _answers(receiver: Receiver) -> bool:
    try:
        return post(receiver, CALLS)[0] == 200
    except OSError:
        return False


def test_calls_that_could_not_be_stored_are_asked_for_again() -> None:
    heard: list[ApiCall] = []

    def full(calls: Sequence[ApiCall]) -> None:
        if not heard:
            heard.extend(calls)
            raise CcmeterError("the disk is full")
        heard.extend(calls)

    with Receiver(full, port=0) as receiver:
        assert [post(receiver, CALLS)[0] for _ in range(2)] == [503, 200]
        assert receiver.counts.calls == 2


def test_a_client_that_does_not_wait_for_the_answer_is_no_error() -> None:
    heard: list[ApiCall] = []
    gone = threading.Event()

    def slow(calls: Sequence[ApiCall]) -> None:
        gone.wait(10)
        heard.extend(calls)

    with Receiver(slow, port=0) as receiver:
        connection = socket.create_connection(("127.0.0.1", receiver.port))
        connection.sendall(head(f"Content-Length: {len(CALLS)}") + CALLS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        gone.set()
        assert wait_for(lambda: receiver.counts.refused == {0: 1})
    assert len(heard) == 2


def test_calls_are_handed_on_one_body_at_a_time() -> None:
    inside, most = 0, 0

    def slow(calls: Sequence[ApiCall]) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)
        inside -= 1

    with Receiver(slow, port=0) as receiver:
        threads = [threading.Thread(target=post, args=(receiver, CALLS)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert receiver.counts.bodies == 5
    assert most == 1


def test_stop_answers_what_is_under_way_and_frees_the_port() -> None:
    began, heard = threading.Event(), []

    def slow(calls: Sequence[ApiCall]) -> None:
        began.set()
        time.sleep(0.5)
        heard.extend(calls)

    receiver = Receiver(slow, port=0)
    receiver.start()
    answers: list[tuple[int, str]] = []
    sender = threading.Thread(target=lambda: answers.append(post(receiver, CALLS)))
    sender.start()
    with socket.create_connection(("127.0.0.1", receiver.port)):  # and one that only waits
        assert began.wait(10)
        started = time.monotonic()
        receiver.stop()
        assert len(heard) == 2
    sender.join(10)

    assert answers == [(200, "{}")]
    assert time.monotonic() - started < 5
    Receiver(slow, port=receiver.port).stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.1", "example.invalid"])
def test_no_other_address_can_be_bound(host: str) -> None:
    with pytest.raises(CcmeterError, match=r"127\.0\.0\.1 only"):
        Receiver(print, port=0, host=host)


def test_the_port_is_not_reachable_from_outside(receiver: Receiver) -> None:
    outside = socket.gethostbyname(socket.gethostname())
    if outside.startswith("127."):
        outside = "127.0.0.2"  # another loopback address: only one is bound
    with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
        socket.create_connection((outside, receiver.port), timeout=2)


def test_a_taken_port_is_an_error_with_advice(receiver: Receiver) -> None:
    with pytest.raises(CcmeterError, match="Choose another"):
        Receiver(print, port=receiver.port)
    with pytest.raises(CcmeterError, match="Choose another"):
        Receiver(print, port=70_000)
