"""The HTTP of the mock API: plans become answers and streams, broken ones among them."""

import contextlib
import json
import select
import socket
import struct
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Protocol

from mock_ledger import Call
from mock_replies import Ids, Json, Reply, frames

HOST = "127.0.0.1"
STALL_S = 60
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class Plan(NamedTuple):
    """How one request is going to be answered."""

    call: Call
    reply: Reply
    ids: Ids
    message: Json
    first: Json  # the usage of message_start


class Api(Protocol):
    """What decides and remembers."""

    headers: dict[str, str]
    requests: list[str]
    stalled: threading.Event

    def plan(self, raw: bytes, headers: Mapping[str, str]) -> Plan:
        """Decide how to answer."""

    def sent(self, call: Call, output: int, searches: int, completed: bool) -> None:
        """Note how much was sent."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: Api) -> None:
        super().__init__((HOST, 0), _Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._note()
        self._answer(200, b"")

    def do_GET(self) -> None:
        self._note()
        self._answer(200, b"{}")

    def do_POST(self) -> None:
        self._note()
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        if path == "/v1/messages":
            self._message(raw)
        elif path == "/v1/messages/count_tokens":
            self._answer(200, json.dumps({"input_tokens": len(raw) // 4}).encode())
        else:
            self._answer(404, _error(404))

    def _note(self) -> None:
        self.server.api.requests.append(f"{self.command} {self.path.partition('?')[0]}")

    def _message(self, raw: bytes) -> None:
        plan = self.server.api.plan(raw, dict(self.headers))
        if plan.reply.status != 200:
            self._sent(plan, 0)
            self._answer(plan.reply.status, _error(plan.reply.status), plan)
        elif json.loads(raw).get("stream"):
            self._stream(plan)
        else:
            self._sent(plan, completed=True)
            self._answer(200, json.dumps(plan.message).encode(), plan)

    def _stream(self, plan: Plan) -> None:
        self._begin(200, "text/event-stream; charset=utf-8", plan)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        streamed = plan.first["output_tokens"]
        try:
            for name, data in frames(plan.message, plan.first):
                if plan.reply.pause_s:
                    time.sleep(plan.reply.pause_s)
                self._frame(name, data)
                streamed += _spoken(data)
                if _is_at(plan.reply.stall, name):
                    self._stall()
                if _is_at(plan.reply.cut, name):
                    self._sent(plan, min(streamed, _whole(plan)))
                    return self._break()
        except OSError:  # the client went away
            self._sent(plan, min(streamed, _whole(plan)))
            self.close_connection = True
            return None
        self._sent(plan, completed=True)  # before the client can see that it is
        with contextlib.suppress(OSError):
            self._write(b"0\r\n\r\n")
        return None

    def _frame(self, name: str, data: Json) -> None:
        text = f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
        self._write(b"%x\r\n%s\r\n" % (len(text), text))

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def _sent(self, plan: Plan, output: int | None = None, *, completed: bool = False) -> None:
        searches = plan.reply.searches if completed else 0
        output = _whole(plan) if output is None else output
        self.server.api.sent(plan.call, output, searches, completed)

    def _stall(self) -> None:
        """Say nothing more until the client has gone."""
        self.server.api.stalled.set()
        select.select([self.connection], [], [], STALL_S)
        raise ConnectionAbortedError

    def _break(self) -> None:
        """Close the connection the hard way: the client sees a reset."""
        time.sleep(0.05)  # what was sent must arrive before the reset
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def _answer(self, status: int, body: bytes, plan: Plan | None = None) -> None:
        self._begin(status, "application/json", plan)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self._write(body)

    def _begin(self, status: int, kind: str, plan: Plan | None) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        given = {**self.server.api.headers, **(plan.reply.headers if plan else {})}
        if plan:
            given["request-id"] = plan.ids.request
        for name, value in given.items():
            self.send_header(name, value)


def _error(status: int) -> bytes:
    error = {"type": ERRORS.get(status, "api_error"), "message": "made up by the test"}
    return json.dumps({"type": "error", "error": error}).encode()


def _whole(plan: Plan) -> int:
    return int(plan.message["usage"]["output_tokens"])


def _spoken(data: Json) -> int:
    delta = data.get("delta", {})
    text = delta.get("text") or delta.get("thinking") or delta.get("partial_json") or ""
    return len(text) // 4


def _is_at(where: str, name: str) -> bool:
    last = {"start": "message_start", "block": "content_block_stop", "text": "content_block_delta"}
    return last.get(where) == name
