"""A mock of the Messages API on 127.0.0.1, as far as Claude Code asks for it.

It answers from a script, bills by a simulated prompt cache, and keeps a ledger of every request.
"""

import json
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from mock_cache import Bill, PromptCache
from mock_ledger import Call, kind_of, session_of
from mock_replies import Ids, Json, Reply, content, frames, ids, message, output_tokens, usage

HOST = "127.0.0.1"
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


class MockApi:
    """The server, its script, its ledger. Use it as a context manager."""

    def __init__(self, seed: str = "") -> None:
        self.calls: list[Call] = []
        self.bodies: list[bytes] = []  # of the calls, in the same order
        self.requests: list[str] = []  # "METHOD path" of everything that was asked
        self.headers: dict[str, str] = {}  # sent with every answer
        self.request_headers: list[dict[str, str]] = []  # of the calls
        self._seed = seed
        self._shift = 0.0
        self._open = 0  # answers under way
        self._scripts: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self._cache = PromptCache(lambda: time.monotonic() + self._shift)
        self._lock = threading.Lock()
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """The base of the API's addresses."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def script(self, kind: str, *replies: Reply) -> None:
        """Answer the next requests of a kind (main, sub, title, compact, other) with these."""
        self._scripts[kind].extend(replies)

    def unused(self) -> int:
        """Return how many scripted replies nobody asked for."""
        return sum(map(len, self._scripts.values()))

    def mentions(self, word: bytes) -> list[int]:
        """Return the numbers of the calls whose request names the word, in any case."""
        return [n for n, body in enumerate(self.bodies, 1) if word.lower() in body.lower()]

    def advance(self, seconds: float) -> None:
        """Let time pass for the prompt cache."""
        self._shift += seconds

    def plan_limits(self, five_hour: float, seven_day: float, status: str = "allowed") -> None:
        """Send the headers of a subscription with every answer; shares between 0 and 1."""
        prefix, soon = "anthropic-ratelimit-unified", int(time.time()) + 3600
        self.headers |= {
            f"{prefix}-status": status,
            f"{prefix}-reset": str(soon),
            f"{prefix}-representative-claim": "five_hour",
            f"{prefix}-5h-status": status,
            f"{prefix}-5h-utilization": str(five_hour),
            f"{prefix}-5h-reset": str(soon),
            f"{prefix}-7d-status": "allowed",
            f"{prefix}-7d-utilization": str(seven_day),
            f"{prefix}-7d-reset": str(soon + 86_400),
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def plan(self, raw: bytes, headers: Mapping[str, str]) -> Plan:
        """Decide how to answer; the call is in the ledger from now on, not completed yet."""
        body = json.loads(raw)
        with self._lock:
            kind, names = kind_of(body), ids(self._seed, len(self.calls) + 1)
            script = self._scripts[kind]
            reply = script.popleft() if script else _default(kind, len(self.calls) + 1)
            reply = reply._replace(speed=reply.speed or body.get("speed"))
            if reply.evict:
                self._cache.evict(reply.evict)
            bill = self._cache.bill(body) if reply.status == 200 else Bill()
            call = Call(
                len(self.calls) + 1, time.time(), kind, session_of(body), str(body.get("model")),
                reply.status, names.request, names.message, bill, 0, 0, reply.speed, reply.geo,
                completed=False,
            )  # fmt: skip
            self.calls.append(call)
            self._open += 1
            self.bodies.append(raw)
            self.request_headers.append({k.lower(): v for k, v in headers.items()})
        blocks = content(reply, names)
        final = usage(bill, reply, output_tokens(reply, blocks), final=True)
        first = usage(bill, reply, min(4, final["output_tokens"]), final=False)
        return Plan(call, reply, names, message(reply, names, call.model, blocks, final), first)

    def settle(self, seconds: float = 30) -> None:
        """Wait until every answer was sent, or its client was found gone."""
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            time.sleep(0.02)
        assert not self._open, "an answer is still being sent"

    def sent(self, call: Call, output: int, searches: int, completed: bool) -> None:
        """Note in the ledger how much of an answer was sent."""
        done = call._replace(output=output, searches=searches, completed=completed)
        with self._lock:
            self.calls[call.seq - 1] = done
            self._open -= 1


def _default(kind: str, number: int) -> Reply:
    text = {
        "title": '{"title": "A talk about the weather"}',
        "compact": "<analysis>Short.</analysis>\n<summary>They talked.</summary>",
    }
    return Reply(text.get(kind, f"Done, number {number}."))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: MockApi) -> None:
        super().__init__((HOST, 0), _Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

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
        plan = self.server.api.plan(raw, self.headers)
        if plan.reply.status != 200:
            self._answer(plan.reply.status, _error(plan.reply.status), plan)
            self._sent(plan, 0)
        elif json.loads(raw).get("stream"):
            self._stream(plan)
        else:
            self._answer(200, json.dumps(plan.message).encode(), plan)
            self._sent(plan, completed=True)

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
                if _is_cut(plan.reply.cut, name, data):
                    self._sent(plan, min(streamed, _whole(plan)))
                    return self._break()
            self._write(b"0\r\n\r\n")
        except OSError:  # the client went away
            self._sent(plan, min(streamed, _whole(plan)))
            self.close_connection = True
        else:
            self._sent(plan, completed=True)
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


def _is_cut(where: str, name: str, data: Json) -> bool:
    last = {"start": "message_start", "block": "content_block_stop", "text": "content_block_delta"}
    return last.get(where) == name
