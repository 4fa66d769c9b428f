"""Records between two requests that explain what the prompt cache did. Counts and hashes only.

Nothing here is text: labels come from closed lists, everything else is a number or a hash.
"""

import re
from typing import Any

import orjson

from ccmeter.digests import blake2b
from ccmeter.model import ApiRequest, CostState, Mark
from ccmeter.transcripts.clock import parse_ms
from ccmeter.transcripts.parse import Place
from ccmeter.transcripts.repair import Record, clean
from ccmeter.transcripts.tokens import ABSURD

# Commands that change what is sent, or that start a process anew.
COMMANDS = frozenset(
    {
        "add-dir", "agents", "branch", "clear", "compact", "config", "context", "effort", "fast",
        "fork", "hooks", "login", "logout", "mcp", "memory", "model", "output-style",
        "permissions", "plugin", "reload-plugins", "resume", "rewind", "undo",
    }
)  # fmt: skip
DELTAS = frozenset({"deferred_tools_delta", "mcp_instructions_delta", "agent_listing_delta"})
_SOURCES = frozenset({"startup", "resume", "clear", "compact", "fork"})
_TRIGGERS = frozenset({"auto", "manual"})
_COMMAND = re.compile(r"<command-name>/?([a-z-]+)")
_COMPACTIONS = {"compact_boundary": "compact", "microcompact_boundary": "microcompact"}


def mark(record: Record, place: Place, offset: int) -> Mark | None:
    """Return what the record says about the cache, or None."""
    found = _kind(record)
    if found is None:
        return None
    kind, label = found
    metadata = _first_dict(record, "compactMetadata", "microcompactMetadata")
    return Mark(
        _session(record, place),
        _agent(record, place),
        kind,
        parse_ms(record.get("timestamp")) or place.fallback_ms,
        label,
        _number(metadata.get("preTokens")),
        _number(metadata.get("postTokens")),
        offset,
    )


def _kind(record: Record) -> tuple[str, str | None] | None:
    match record.get("type"):
        case "system":
            return _system_kind(record)
        case "attachment":
            return _attachment_kind(_first_dict(record, "attachment"))
        case "progress":
            return _start_kind(_first_dict(record, "data"))
        case "fork-context-ref":
            return ("fork", None)
        case "queue-operation" if record.get("operation") == "enqueue":
            return ("queue", None)  # a prompt was handed over: in print mode to a new process
        case "user" if record.get("isCompactSummary") is True:
            return ("compact_summary", None)
        case "user":
            return _command_kind(_first_dict(record, "message").get("content"))
    return None


def _attachment_kind(attachment: dict[str, Any]) -> tuple[str, str | None] | None:
    name = _name(attachment.get("type"))
    return ("delta", name) if name in DELTAS else _start_kind(attachment)


def _start_kind(hook: dict[str, Any]) -> tuple[str, str | None] | None:
    """A process that started, as the record of its SessionStart hooks tells."""
    event, _, source = str(hook.get("hookName", "")).partition(":")
    return ("start", source) if event == "SessionStart" and source in _SOURCES else None


def _system_kind(record: Record) -> tuple[str, str | None] | None:
    subtype = _name(record.get("subtype"))
    if subtype in _COMPACTIONS:
        trigger = _name(_first_dict(record, "compactMetadata").get("trigger"))
        return (_COMPACTIONS[subtype], trigger if trigger in _TRIGGERS else None)
    if subtype in ("model_fallback", "api_error"):
        return (subtype, None)
    if subtype == "local_command":
        return _command_kind(record.get("content"))
    return None


def _command_kind(content: Any) -> tuple[str, str | None] | None:
    found = _COMMAND.search(content) if isinstance(content, str) else None
    return ("command", found[1]) if found and found[1] in COMMANDS else None


def api_request(record: Record, place: Place, offset: int) -> ApiRequest | None:
    """Return the fingerprint of one attempt; None when the record is not whole."""
    identity, shape, keep = record.get("id"), record.get("shapeHash"), record.get("keep")
    sent = parse_ms(record.get("timestamp"))
    if not isinstance(identity, str) or not isinstance(shape, str) or sent is None:
        return None
    params = _first_dict(record, "params")
    digest = _digest({k: v for k, v in params.items() if k not in ("model", "output_config")})
    if digest is None:
        return None
    base, tail = record.get("base"), record.get("tail")
    return ApiRequest(
        clean(identity),
        _session(record, place),
        _agent(record, place),
        sent,
        _name(record.get("querySource")),
        clean(shape),
        _name(params.get("model")),
        _effort(params),
        digest,
        clean(base) if isinstance(base, str) else None,
        _number(keep) or 0,
        tuple(h for h in tail if isinstance(h, str)) if isinstance(tail, list) else (),
        _lifetimes(record.get("cacheControl")),
        offset,
    )


def cost_state(record: Record, place: Place, offset: int) -> CostState | None:
    """Return the client's own running total of a session; None when the record is not whole."""
    cost, models = record.get("totalCostUSD"), record.get("modelUsage")
    if not _is_number(cost) or not isinstance(models, dict):
        return None
    numbers = {clean(name): _numbers(row) for name, row in models.items() if isinstance(row, dict)}
    return CostState(
        _session(record, place),
        _number(record.get("startTime")) or 0,
        _number(record.get("totalDuration")) or 0,
        repr(cost),
        orjson.dumps(numbers, option=orjson.OPT_SORT_KEYS).decode(),
        record.get("hasUnknownModelCost") is True,
        offset,
    )


def _session(record: Record, place: Place) -> str:
    return place.session if place.session is not None else _name(record.get("sessionId"))


def _agent(record: Record, place: Place) -> str:
    return place.agent or _name(record.get("agentId"))


def _effort(params: dict[str, Any]) -> str | None:
    return _name(_first_dict(params, "output_config").get("effort")) or None


def _lifetimes(marks: Any) -> str:
    """Cache lifetimes asked for, in prompt order; the API's default is five minutes."""
    if not isinstance(marks, list):
        return ""
    values = [_first_dict(m, "value").get("ttl", "5m") for m in marks if isinstance(m, dict)]
    return " ".join(_name(value) for value in values)


def _digest(value: Any) -> str | None:
    try:
        packed = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # lone surrogates, numbers beyond 64 bits, bottomless nesting
        return None
    return blake2b(packed, digest_size=8).hexdigest()


def _first_dict(record: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        value = record.get(name)
        if isinstance(value, dict):
            return value
    return {}


def _numbers(row: dict[str, Any]) -> dict[str, int | float]:
    return {clean(k): v for k, v in row.items() if _is_number(v)}


def _is_number(value: Any) -> bool:
    """Whether it is a number that JSON and SQLite can hold: neither true nor NaN nor absurd."""
    return type(value) in (int, float) and -ABSURD < value < ABSURD


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < ABSURD else None


def _name(value: Any) -> str:
    return clean(value)[:200] if isinstance(value, str) else ""
