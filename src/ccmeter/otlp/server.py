"""The receiver: calls of the Claude Code clients on this machine, as they report them."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple, Self

from ccmeter.errors import CcmeterError
from ccmeter.otlp.body import read_body
from ccmeter.otlp.loopback import DEADLINE_S, HOST, LoopbackServer, shut
from ccmeter.otlp.parse import JSON, PROTOBUF, calls
from ccmeter.otlp.records import ApiCall, Refusal

PORT = 14318  # 4318 belongs to a collector that may run here
LOGS, IGNORED = "/v1/logs", ("/v1/metrics", "/v1/traces")
LOOK_S = 0.5  # between looks at deadlines
_LINGER = 32 * 1024 * 1024  # bytes that are thrown away so that a refusal can be read

OnCalls = Callable[[Sequence[ApiCall]], None]


class Counts(NamedTuple):
    """What the receiver has seen since it started."""

    bodies: int = 0  # exports of logs that were taken
    calls: int = 0
    skips: Mapping[str, int] = {}  # events that could not be read, by reason
    refused: Mapping[int, int] = {}  # requests by HTTP status; 0: the connection broke


class Receiver:
    """Takes in calls and hands them on. Use it as a context manager, or start and stop it.

    `on_calls` runs in the receiver's threads, one at a time. A CcmeterError from it makes the
    client send the same calls again later. Nothing but the loopback address can be bound:
    CcmeterError for another host, or a port that is taken.
    """

    def __init__(self, on_calls: OnCalls, port: int = PORT, host: str = HOST) -> None:
        if host not in (HOST, "localhost"):
            raise CcmeterError(f"telemetry is received on {HOST} only, not on {host}.")
        self._server = _Server(on_calls, port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_S,), name="otlp", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    @property
    def counts(self) -> Counts:
        """What has happened so far."""
        return self._server.counts

    def start(self) -> None:
        """Listen in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way and stop; the port is free afterwards."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(LoopbackServer):
    """The server, where the calls go, and what it has counted."""

    def __init__(self, on_calls: OnCalls, port: int) -> None:
        self.deliver = on_calls
        self.delivery = threading.Lock()
        self._counts = Counts()
        super().__init__(port, _Handler)

    def took(self, found: int, skips: Counter[str]) -> None:
        """Count an export."""
        with self.lock:
            old = self._counts
            self._counts = old._replace(
                bodies=old.bodies + 1,
                calls=old.calls + found,
                skips=Counter(old.skips) + skips,
            )

    def refused(self, status: int) -> None:
        """Count a refusal."""
        with self.lock:
            old = self._counts
            self._counts = old._replace(refused=Counter(old.refused) + Counter([status]))

    @property
    def counts(self) -> Counts:
        """What was counted."""
        return self._counts


class _Handler(BaseHTTPRequestHandler):
    """One request per connection: no idle connection can break just as it is used again."""

    protocol_version = "HTTP/1.1"
    timeout = DEADLINE_S + 1  # of one read or write, for the case that the deadline is missed
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what happened is counted."""

    def handle(self) -> None:
        """Answer one request; a client that went away is no error."""
        try:
            self.handle_one_request()
        except OSError:
            self.server.refused(0)

    def do_POST(self) -> None:
        """Take an export."""
        refusal = self._stranger() or self._export()
        if refusal:
            self.send_error(refusal.status, refusal.reason)

    def _stranger(self) -> Refusal | None:
        """Web pages may not speak to us, nor may names that somebody made point here."""
        host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host")
        if "Origin" in self.headers or host not in (HOST, "localhost"):
            return Refusal(403, "for programs of this machine only")
        return None

    def _export(self) -> Refusal | None:
        path = self.path.partition("?")[0]
        if path != LOGS and path not in IGNORED:
            return Refusal(404, f"send logs to {LOGS}")
        body = read_body(self.headers, self.rfile)  # type: ignore[arg-type]
        if isinstance(body, Refusal):
            return body
        if path == LOGS:
            return self._logs(body)
        self._accept()
        return None

    def _logs(self, body: bytes) -> Refusal | None:
        parsed = calls(body, self.headers.get("Content-Type") or "")
        if isinstance(parsed, Refusal):
            return parsed
        try:
            with self.server.delivery:
                if parsed.calls:
                    self.server.deliver(parsed.calls)
        except CcmeterError:
            return Refusal(503, "could not be stored, send it again")
        skips = Counter(skip.reason for skip in parsed.skips)
        self.server.took(len(parsed.calls), skips)
        self._accept(skips.total())
        return None

    def _accept(self, rejected: int = 0) -> None:
        """Answer in the notation of the request; an empty message is all of protobuf's."""
        partial = {"partialSuccess": {"rejectedLogRecords": str(rejected)}} if rejected else {}
        if (self.headers.get("Content-Type") or "").strip().startswith(PROTOBUF):
            self._answer(200, PROTOBUF, b"")
        else:
            self._answer(200, JSON, json.dumps(partial).encode())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse in one line, and let the client finish so that it reads it."""
        self.server.refused(int(code))
        self._answer(int(code), "text/plain", f"{message or 'refused'}\n".encode())
        shut(self.connection, socket.SHUT_WR)
        left = _LINGER
        while left > 0 and (read := self.rfile.read1(65536)):
            left -= len(read)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
