"""Third step of the flow: one assistant record to the responses it tells of."""

from functools import lru_cache
from typing import Any, NamedTuple

from ccmeter.model import SYNTHETIC, Owner, Response, Terms
from ccmeter.transcripts.clock import parse_ms
from ccmeter.transcripts.repair import Record, clean
from ccmeter.transcripts.tokens import count, counted, is_untyped

_NOTHING: dict[str, Any] = {}


class Place(NamedTuple):
    """What a record cannot say of itself, or says wrongly: the file it stands in."""

    session: str | None  # None: take it from the record
    agent: str
    agent_type: str | None
    fallback_ms: int  # for a record without a timestamp


def responses(
    record: Record,
    place: Place,
    offset: int,
    start_ms: int | None,
    first: Record | None = None,
    time: object = None,
) -> list[Response]:
    """Return the response of the record, then its advisor and compaction calls; [] for none.

    Nothing is counted for a record that is no assistant line, has no usage, or was made up by
    the client. `start_ms` is when the request was sent, where the file tells. `first` is the
    response's first line, where that is another one: it tells whose the response is. `time` is
    the earliest time of its lines, where the record's own is a later one.
    """
    message = record.get("message")
    if record.get("type") != "assistant" or not isinstance(message, dict):
        return []
    usage = message.get("usage")
    if not isinstance(usage, dict) or message.get("model") == SYNTHETIC:
        return []
    owner = _owner(first or record, place)
    moment = parse_ms(time or record.get("timestamp")) or place.fallback_ms
    found = _response(record, message, usage, owner, moment, offset, start_ms)
    iterations = usage.get("iterations")
    if not iterations or not isinstance(iterations, list):
        return [found]
    return [found, *_extra_calls(found, iterations)]


def _response(
    record: Record,
    message: dict[str, Any],
    usage: dict[str, Any],
    owner: Owner,
    time_ms: int,
    offset: int,
    start_ms: int | None,
) -> Response:
    tokens = counted(usage)
    details = usage.get("output_tokens_details")
    tools = usage.get("server_tool_use")
    miss = _miss(message) if message.get("diagnostics") else _NOTHING
    return Response(
        _key(record, message, owner.session),
        _text(record.get("requestId")),
        _text(record.get("requestRef")),
        time_ms,
        start_ms,
        tokens,
        count(details.get("thinking_tokens")) if isinstance(details, dict) else 0,
        count(tools.get("web_fetch_requests")) if isinstance(tools, dict) else 0,
        count(miss.get("cache_missed_input_tokens")),
        _terms(record, message, usage, miss, is_untyped(usage, tokens)),
        owner,
        offset,
        tokens.output_tokens,
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
    tokens = counted(step)
    terms = parent.terms._replace(untyped_write=is_untyped(step, tokens))
    if name == "advisor":
        terms = terms._replace(model=_text(step.get("model")) or terms.model, requested_model=None)
    return parent._replace(
        key=key,
        usage=tokens,
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
    get = record.get
    raw = (
        place,
        get("sessionId"),
        get("isSidechain") is True,
        get("agentId"),
        get("attributionAgent"),
        get("cwd"),
        get("version"),
        get("entrypoint"),
        bool(get("forkedFrom")),
        get("requestSessionId") or get("session_id"),
    )
    try:
        return _known_owner(*raw)
    except TypeError:  # a list or object where a name belongs
        return _make_owner(*raw)


def _make_owner(
    place: Place,
    session_id: object,
    sidechain: bool,
    agent_id: object,
    agent_type: object,
    cwd: object,
    version: object,
    entrypoint: object,
    forked: bool,
    origin: object,
) -> Owner:
    own = _text(session_id) or ""
    agent = place.agent
    if not agent and sidechain:  # clients before 2.0.29 wrote their agents into the main file
        agent = _text(agent_id) or "sidechain"
    return Owner(
        place.session if place.session is not None else own,
        agent,
        _text(agent_type) or place.agent_type,
        _text(cwd) or "",
        _text(version) or "",
        _text(entrypoint) or "",
        sidechain or bool(agent),
        forked or (bool(own) and (origin or own) != own),
    )


def _terms(
    record: Record,
    message: dict[str, Any],
    usage: dict[str, Any],
    miss: dict[str, Any],
    untyped: bool,
) -> Terms:
    get, of = record.get, usage.get
    raw = (
        message.get("model"),
        get("requestedModel"),
        of("speed"),
        of("inference_geo"),
        of("service_tier"),
        get("effort"),
        get("promptCacheRequested"),
        message.get("stop_reason"),
        miss.get("type"),
    )
    aborted = get("isAbortedMidStream") is True
    try:
        return _known_terms(aborted, untyped, *raw)
    except TypeError:  # a list or object where a name belongs
        return _make_terms(aborted, untyped, *raw)


def _make_terms(aborted: bool, untyped: bool, model: object, *names: object) -> Terms:
    known = (_text(name) for name in names)
    return Terms._make((_text(model) or "", *known, aborted, untyped))


# A file repeats a few owners and terms thousands of times; looking one up costs a tenth. Owners
# are of their file alone: more would be memory that grows with the number of files.
_known_owner = lru_cache(maxsize=64)(_make_owner)
_known_terms = lru_cache(maxsize=1024)(_make_terms)


def _miss(message: dict[str, Any]) -> dict[str, Any]:
    diagnostics = message.get("diagnostics")
    reason = diagnostics.get("cache_miss_reason") if isinstance(diagnostics, dict) else None
    return reason if isinstance(reason, dict) else {}


def _text(value: object) -> str | None:
    """A name to be stored, or None; free of what SQLite cannot hold."""
    return clean(value) if isinstance(value, str) and value else None
