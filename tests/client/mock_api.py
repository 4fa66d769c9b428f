"""A mock of the Messages API on 127.0.0.1, as far as Claude Code asks for it.

It answers from a script, bills by a simulated prompt cache, and keeps a ledger of every request.
"""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Self

from mock_cache import Bill, PromptCache
from mock_http import HOST, Plan, Server
from mock_ledger import Call, kind_of, session_of
from mock_replies import Reply, content, ids, message, output_tokens, usage


class MockApi:
    """The server, its script, its ledger. Use it as a context manager."""

    def __init__(self, seed: str = "") -> None:
        self.calls: list[Call] = []
        self.bodies: list[bytes] = []  # of the calls, in the same order
        self.requests: list[str] = []  # "METHOD path" of everything that was asked
        self.stalled = threading.Event()  # set when an answer has stopped to wait
        self.headers: dict[str, str] = {}  # sent with every answer
        self.request_headers: list[dict[str, str]] = []  # of the calls
        self._seed = seed
        self._shift = 0.0
        self._open = 0  # answers under way
        self._scripts: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self._cache = PromptCache(lambda: time.monotonic() + self._shift)
        self._lock = threading.Lock()
        self._server = Server(self)

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
