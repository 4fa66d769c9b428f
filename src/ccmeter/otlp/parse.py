"""Bodies of OTLP log exports to calls. Pure: bytes in, records out; the rest is dropped."""

import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ccmeter.model import Skip
from ccmeter.otlp.event import Node, OddEventError, api_call, attributes, is_api_request
from ccmeter.otlp.records import ApiCall, Parsed, Refusal

JSON, PROTOBUF = "application/json", "application/x-protobuf"
HINT = (
    "protobuf needs the extra: pip install 'opentelemetry-proto>=1.25'; or tell the client to send"
    " OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/json"
)
_MESSAGES = "opentelemetry.proto.collector.logs.v1.logs_service_pb2"


class _Record(NamedTuple):
    """One log record, and the version of the program that wrote it."""

    record: Node
    version: str


def calls(body: bytes, content_type: str) -> Parsed | Refusal:
    """Return the calls in an export of logs, or why the body as a whole makes no sense.

    `content_type` is that of the request: application/json or application/x-protobuf.
    """
    document = _document(body, content_type.partition(";")[0].strip().lower())
    if isinstance(document, Refusal):
        return document
    try:
        records = list(_records(document))
    except (TypeError, OddEventError):
        return Refusal(400, "not an export of logs")
    return _parsed(records)


def _parsed(records: Sequence[_Record]) -> Parsed:
    found: list[ApiCall] = []
    skips: list[Skip] = []
    for number, (record, version) in enumerate(records):
        try:
            values = attributes(record)
            if is_api_request(record, values):
                found.append(api_call(record, values, version))
        except OddEventError as error:
            skips.append(Skip(number, str(error)))
        except TypeError:
            skips.append(Skip(number, "unexpected shape"))
    return Parsed(found, skips)


def _document(body: bytes, kind: str) -> Node | Refusal:
    readers: dict[str, Callable[[bytes], Node | Refusal]] = {JSON: _json, PROTOBUF: _protobuf}
    reader = readers.get(kind)
    return reader(body) if reader else Refusal(415, f"send {JSON} or {PROTOBUF}")


def _json(body: bytes) -> Node | Refusal:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return Refusal(400, "not JSON")
    return document if isinstance(document, dict) else Refusal(400, "not a JSON object")


def _protobuf(body: bytes) -> Node | Refusal:
    """The same document as in JSON."""
    try:  # the extra is loaded when the first such body arrives
        messages = importlib.import_module(_MESSAGES)
        json_format = importlib.import_module("google.protobuf.json_format")
        failures = importlib.import_module("google.protobuf.message").DecodeError
    except ImportError:
        return Refusal(415, HINT)
    message = messages.ExportLogsServiceRequest()
    try:
        message.ParseFromString(body)
        document: Node = json_format.MessageToDict(message)
    except (failures, ValueError, RecursionError):
        return Refusal(400, "not a protobuf export of logs")
    return document


def _records(document: Node) -> Iterator[_Record]:
    for resource in _nodes(document, "resourceLogs"):
        told = attributes(_node(resource.get("resource") or {}))
        version = str(told.get("service.version") or "")
        for scope in _nodes(resource, "scopeLogs"):
            named = _node(scope.get("scope") or {}).get("version")
            for record in _nodes(scope, "logRecords"):
                yield _Record(record, version or str(named or ""))


def _nodes(parent: Node, name: str) -> Iterator[Node]:
    children = parent.get(name) or []
    if not isinstance(children, list):
        raise OddEventError(f"{name} is no list")
    yield from map(_node, children)


def _node(value: object) -> Node:
    if not isinstance(value, dict):
        raise OddEventError("an object is missing")
    return value
