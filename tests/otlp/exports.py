"""Builders of OTLP exports, by hand."""

import json
from typing import Any

Json = dict[str, Any]
NANOSECONDS = 1_795_506_775_813_000_000
ATTRIBUTES: Json = {
    "session.id": "session-1",
    "event.name": "api_request",
    "event.sequence": 7,
    "model": "claude-opus-5-5",
    "input_tokens": 3,
    "output_tokens": 40,
    "cache_read_tokens": 500,
    "cache_creation_tokens": 70,
    "cache_creation_5m_tokens": 60,
    "cache_creation_1h_tokens": 10,
    "cost_usd": 0.0125,
    "duration_ms": 245,
    "request_id": "req_1",
    "speed": "normal",
    "query_source": "sdk",
    "effort": "medium",
}


def value(of: object) -> Json:
    """An attribute's value as OTLP writes it in JSON."""
    if isinstance(of, bool):
        return {"boolValue": of}
    if isinstance(of, int):
        return {"intValue": of}
    return {"doubleValue": of} if isinstance(of, float) else {"stringValue": of}


def event(name: str = "api_request", **changed: object) -> Json:
    """A log record; a change of None leaves the attribute out, dots are written as __."""
    told = {**ATTRIBUTES, "event.name": name}
    told |= {key.replace("__", "."): new for key, new in changed.items()}
    pairs = [{"key": k, "value": value(v)} for k, v in told.items() if v is not None]
    body = {"stringValue": f"claude_code.{name}"}
    return {"timeUnixNano": str(NANOSECONDS), "body": body, "attributes": pairs}


def document(*events: object, version: str = "2.1.330") -> Json:
    """An export of logs."""
    told = [{"key": "service.version", "value": {"stringValue": version}}]
    scope = {"scope": {"name": "events", "version": version}, "logRecords": list(events)}
    return {"resourceLogs": [{"resource": {"attributes": told}, "scopeLogs": [scope]}]}


def export(*events: object) -> bytes:
    """An export of logs in JSON."""
    return json.dumps(document(*events)).encode()
