"""One `api_request` event to one call: known counts and ids, nothing else of it is looked at."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ccmeter.model import Usage
from ccmeter.otlp.records import ApiCall
from ccmeter.transcripts.repair import bindable

_NAMES = frozenset({"api_request", "claude_code.api_request"})
_WANTED = frozenset(
    {
        "event.name",
        "event.timestamp",
        "event.sequence",
        "service.version",
        "app.version",
        "session.id",
        "agent_id",
        "agent.name",
        "request_id",
        "client_request_id",
        "model",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
        "cache_creation_5m_tokens",
        "cache_creation_1h_tokens",
        "cost_usd",
        "duration_ms",
        "query_source",
        "speed",
        "effort",
    }
)
_SPEEDS = {"normal": "standard"}  # the transcripts' word
_LONGEST = 200  # of a name; longer is no name
_LARGEST = 2**53
_LATEST_MS = 10**13  # in the year 2286, as the largest number of 19 digits is
_NANOSECONDS = re.compile(r"[1-9]\d{15,18}")
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")
_NUMBER = re.compile(r"\d{1,16}")

Node = Mapping[str, Any]
Values = Mapping[str, Any]


class OddEventError(ValueError):
    """What is wrong with an event, in words of our own: nothing of the event is quoted."""


def attributes(owner: Node) -> dict[str, Any]:
    """Return the attributes of a record or a resource that this module reads, by name.

    OddEventError or TypeError when they do not have the shape of attributes.
    """
    found: dict[str, Any] = {}
    for pair in owner.get("attributes") or ():
        name = pair.get("key") if isinstance(pair, dict) else None
        if name in _WANTED:
            value = pair.get("value")
            if not isinstance(value, dict):
                raise OddEventError(f"{name} has no value")
            found[name] = next((value[kind] for kind in _VALUES if kind in value), None)
    return found


def is_api_request(record: Node, values: Values) -> bool:
    """Whether it is the event of a call, by its attribute, its name or its body."""
    body = record.get("body")
    said = body.get("stringValue") if isinstance(body, dict) else None
    name = values.get("event.name") or record.get("eventName") or said
    return isinstance(name, str) and name in _NAMES


def api_call(record: Node, values: Values, version: str) -> ApiCall:
    """Return the call of an event; OddEventError says what is wrong with it."""
    usage, known = _usage(values)
    speed = _text(values, "speed")
    return ApiCall(
        request_id=_text(values, "request_id") or None,
        client_request_id=_text(values, "client_request_id") or None,
        session=_text(values, "session.id"),
        agent=_text(values, "agent_id"),
        agent_type=_text(values, "agent.name") or None,
        time_ms=_time_ms(record, values),
        duration_ms=_count(values, "duration_ms", 0),
        sequence=_count(values, "event.sequence", 0),
        model=_text(values, "model"),
        usage=usage,
        lifetimes_known=known,
        cost_usd=_cost(values.get("cost_usd")),
        query_source=_text(values, "query_source"),
        speed=_SPEEDS.get(speed, speed),
        effort=_text(values, "effort"),
        version=_text(values, "app.version") or _clean(version),
    )


def _usage(values: Values) -> tuple[Usage, bool]:
    """The tokens, and whether the event tells the lifetimes of cache writes apart."""
    known = "cache_creation_5m_tokens" in values or "cache_creation_1h_tokens" in values
    written = _count(values, "cache_creation_tokens", 0)
    hour = _count(values, "cache_creation_1h_tokens", 0)
    return (
        Usage(
            input_tokens=_count(values, "input_tokens"),
            output_tokens=_count(values, "output_tokens"),
            cache_read_tokens=_count(values, "cache_read_tokens", 0),
            cache_write_5m_tokens=max(
                _count(values, "cache_creation_5m_tokens", 0), written - hour
            ),
            cache_write_1h_tokens=hour,
        ),
        known or not written,
    )


def _count(values: Values, name: str, default: int | None = None) -> int:
    """A count, that some clients and the JSON of protobuf send as text."""
    value = values.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise OddEventError(f"{name} is no count")
    return value


def _cost(value: object) -> Decimal | None:
    """The price; None where there is none that makes sense. JSON and older clients: text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        cost = Decimal(str(value)[:_LONGEST])
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and 0 <= cost < _LARGEST else None


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise OddEventError(f"{name} is no name")
    return _clean(value)


def _clean(value: str) -> str:
    return bindable(value)[:_LONGEST]


def _time_ms(record: Node, values: Values) -> int:
    """The time of the event, from the first of its clocks that was set."""
    for name in ("timeUnixNano", "observedTimeUnixNano"):
        nanoseconds = str(record.get(name) or 0)
        if _NANOSECONDS.fullmatch(nanoseconds):
            return int(nanoseconds) // 1_000_000
    try:
        moment = datetime.fromisoformat(_text(values, "event.timestamp"))
        milliseconds = int(moment.timestamp() * 1000) if moment.tzinfo else 0
    except (ValueError, OverflowError):
        milliseconds = 0
    if not 0 < milliseconds < _LATEST_MS:
        raise OddEventError("no time that makes sense")
    return milliseconds
