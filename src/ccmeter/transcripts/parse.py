"""Third step of the flow: one assistant record to the responses it tells of."""

from functools import lru_cache
from typing import Any, NamedTuple

from ccmeter.model import Owner, Response, Terms, Usage
from ccmeter.transcripts.clock import parse_ms
from ccmeter.transcripts.repair import Record, clean

ABSURD = 1 << 53  # no prompt has that many tokens, and SQLite could not hold their sum
SYNTHETIC = "<synthetic>"  # written by the client itself for errors; no API response behind it

_intern_owner = lru_cache(maxsize=1024)(Owner)
_intern_terms = lru_cache(maxsize=1024)(Terms)


class Place(NamedTuple):
    """What a record cannot say of itself, or says wrongly: the file it stands in."""

    session: str | None  # None: take it from the record
    agent: str
    agent_type: str | None
    fallback_ms: int  # for a record without a timestamp


def responses(record: Record, place: Place, offset: int, start_ms: int | None) -> list[Response]:
    """Return the response of the record, then its advisor and compaction calls; [] for none.

    Nothing is counted for a record that is no assistant line, has no usage, or was made up by
    the client. `start_ms` is when the request was sent, where the file tells.
    """
    message = record.get("message")
    if record.get("type") != "assistant" or not isinstance(message, dict):
        return []
    usage = message.get("usage")
    if not isinstance(usage, dict) or message.get("model") == SYNTHETIC:
        return []
    found = _response(record, message, usage, place, offset, start_ms)
    iterations = usage.get("iterations")
    if not iterations or not isinstance(iterations, list):
        return [found]
    return [found, *_extra_calls(found, iterations)]


def _response(
    record: Record,
    message: dict[str, Any],
    usage: dict[str, Any],
    place: Place,
    offset: int,
    start_ms: int | None,
) -> Response:
    tokens = _usage(usage)
    details = usage.get("output_tokens_details")
    tools = usage.get("server_tool_use")
    miss = _miss(message)
    owner = _owner(record, place)
    return Response(
        key=_key(record, message, owner.session),
        request_id=_text(record.get("requestId")),
        request_ref=_text(record.get("requestRef")),
        time_ms=parse_ms(record.get("timestamp")) or place.fallback_ms,
        start_ms=start_ms,
        usage=tokens,
        thinking_tokens=_count(details.get("thinking_tokens")) if isinstance(details, dict) else 0,
        web_fetches=_count(tools.get("web_fetch_requests")) if isinstance(tools, dict) else 0,
        miss_tokens=_count(miss.get("cache_missed_input_tokens")),
        terms=_terms(record, message, usage, miss),
        owner=owner,
        offset=offset,
        rank_output=tokens.output_tokens,
    )


def _usage(usage: dict[str, Any]) -> Usage:
    """Tokens of a usage block; each cache write falls into exactly one lifetime."""
    split = usage.get("cache_creation")
    short = long = 0
    if isinstance(split, dict):
        short = _count(split.get("ephemeral_5m_input_tokens"))
        long = _count(split.get("ephemeral_1h_input_tokens"))
    flat = _count(usage.get("cache_creation_input_tokens"))
    tools = usage.get("server_tool_use")
    return Usage(
        _count(usage.get("input_tokens")),
        _count(usage.get("output_tokens")),
        _count(usage.get("cache_read_input_tokens")),
        short + max(0, flat - short - long),  # what no lifetime is given for is billed as 5 min
        long,
        _count(tools.get("web_search_requests")) if isinstance(tools, dict) else 0,
    )


def _extra_calls(parent: Response, iterations: list[Any]) -> list[Response]:
    """Calls inside the response that its own totals leave out.

    An advisor is another model. A compaction is the same model. Other iterations are already in
    the totals or are not billed.
    """
    numbers = {"advisor_message": 0, "compaction": 0}
    calls = []
    for step in iterations:
        kind = step.get("type") if isinstance(step, dict) else None
        if not isinstance(kind, str) or kind not in numbers:
            continue
        name = kind.removesuffix("_message")
        calls.append(_extra_call(parent, step, f"{parent.key}:{name}:{numbers[kind]}", name))
        numbers[kind] += 1
    return calls


def _extra_call(parent: Response, step: dict[str, Any], key: str, name: str) -> Response:
    terms = parent.terms
    if name == "advisor":
        terms = terms._replace(model=_text(step.get("model")) or terms.model, requested_model=None)
    return parent._replace(
        key=key,
        usage=_usage(step),
        thinking_tokens=0,
        web_fetches=0,
        miss_tokens=0,
        terms=terms,
        parent=parent.key,
    )


def _key(record: Record, message: dict[str, Any], session: str) -> str:
    """What makes lines one response: the message id, wherever and however often it is copied."""
    identity = _text(message.get("id"))
    if identity:
        return identity
    request = _text(record.get("requestId"))
    if request:
        return f"req:{request}"
    return f"line:{session}:{_text(record.get('uuid')) or ''}"


def _owner(record: Record, place: Place) -> Owner:
    own = _text(record.get("sessionId")) or ""
    sidechain = record.get("isSidechain") is True
    agent = place.agent
    if not agent and sidechain:  # clients before 2.0.29 wrote their agents into the main file
        agent = _text(record.get("agentId")) or "sidechain"
    return _intern_owner(
        place.session if place.session is not None else own,
        agent,
        _text(record.get("attributionAgent")) or place.agent_type,
        _text(record.get("cwd")) or "",
        _text(record.get("version")) or "",
        _text(record.get("entrypoint")) or "",
        sidechain or bool(agent),
        _is_copy(record, own),
    )


def _is_copy(record: Record, own: str) -> bool:
    """Whether the line says that it was copied here from another session."""
    if record.get("forkedFrom"):
        return True
    origin = record.get("requestSessionId") or record.get("session_id") or own
    return bool(own) and origin != own


def _terms(
    record: Record, message: dict[str, Any], usage: dict[str, Any], miss: dict[str, Any]
) -> Terms:
    return _intern_terms(
        _text(message.get("model")) or "",
        _text(record.get("requestedModel")),
        _text(usage.get("speed")),
        _text(usage.get("inference_geo")),
        _text(usage.get("service_tier")),
        _text(record.get("effort")),
        _text(record.get("promptCacheRequested")),
        _text(message.get("stop_reason")),
        _text(miss.get("type")),
        record.get("isAbortedMidStream") is True,
    )


def _miss(message: dict[str, Any]) -> dict[str, Any]:
    diagnostics = message.get("diagnostics")
    reason = diagnostics.get("cache_miss_reason") if isinstance(diagnostics, dict) else None
    return reason if isinstance(reason, dict) else {}


def _count(value: object) -> int:
    """A token count; whatever is not a count is no tokens."""
    return value if type(value) is int and 0 < value < ABSURD else 0


def _text(value: object) -> str | None:
    """A name to be stored, or None; free of what SQLite cannot hold."""
    return clean(value) if isinstance(value, str) and value else None
