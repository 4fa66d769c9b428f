"""What the mock API remembers of the requests it answered: the truth of every test here."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mock_cache import Bill

Body = Mapping[str, Any]

_TITLE = re.compile(r"title", re.IGNORECASE)
_SUBAGENT = re.compile(r"cc_is_subagent=true|You are an agent for Claude Code")
_SUMMARY = re.compile(r"create a detailed summary|summary of (the|our|this) conversation", re.I)


class Call(NamedTuple):
    """One answered request for a message."""

    seq: int
    time: float  # epoch seconds, at arrival
    kind: str  # main, sub, title, compact, other: guessed from the body
    session: str
    model: str  # that was asked for
    status: int
    request_id: str
    message_id: str
    bill: Bill
    output: int  # tokens that were streamed
    searches: int
    speed: str | None
    geo: str
    completed: bool  # the whole answer was sent


class Tokens(NamedTuple):
    """Sums over calls."""

    input: int = 0
    output: int = 0
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    searches: int = 0


def billed(calls: Iterable[Call]) -> Tokens:
    """Return what the calls that were not refused cost together."""
    rows = [
        (c.bill.input, c.output, c.bill.read, c.bill.write_5m, c.bill.write_1h, c.searches)
        for c in calls
        if c.status == 200
    ]
    return Tokens(*map(sum, zip(*rows, strict=True))) if rows else Tokens()


def kind_of(body: Body) -> str:
    """Guess who asks."""
    system, last = _text(body.get("system")), _text(_last_message(body))
    if _SUMMARY.search(last):
        return "compact"
    if not body.get("tools"):
        return "title" if _TITLE.search(system) else "other"
    return "sub" if _SUBAGENT.search(system) else "main"


def session_of(body: Body) -> str:
    """Return the session id that the client put into the metadata, or ""."""
    user = str((body.get("metadata") or {}).get("user_id", ""))
    found = re.search(r"session(?:_id)?[_\W]+([0-9a-f-]{36})", user)
    return found[1] if found else ""


def _last_message(body: Body) -> object:
    messages = body.get("messages") or [{}]
    return messages[-1].get("content")


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
