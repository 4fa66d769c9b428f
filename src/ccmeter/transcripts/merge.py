"""Several lines of one response to one response. The same rule in SQL: upsert_response.sql."""

from ccmeter.model import Owner, Response


def merge(first: Response, other: Response) -> Response:
    """Return what two lines of one file tell together; the order of the arguments is free.

    The usage is taken whole from the line of higher rank, never field by field. The owner is
    taken from the better-placed line, apart from the usage, because a copy may hold the final
    usage. The time is the earlier one.
    """
    if other.rank < first.rank:
        first, other = other, first
    return other._replace(
        time_ms=min(first.time_ms, other.time_ms),
        start_ms=_earlier(first.start_ms, other.start_ms),
        owner=_owned(first, other),
        request_id=_request_id(first, other),
        request_ref=other.request_ref or first.request_ref,
    )


def same_response(first: Response, other: Response) -> bool:
    """Whether two lines of one id in one file are one response.

    Some proxies use one constant id for everything: then one thread, or one agent's file, shows
    it with two request ids or two models, which no real id does. A main thread's response that is
    repeated for an agent may carry a new request id there.
    """
    if first.owner.sidechain != other.owner.sidechain:
        return True
    return same_ids(first.request_id, first.terms.model, other.request_id, other.terms.model)


def same_ids(first: str | None, model: str, other: str | None, other_model: str) -> bool:
    """Whether request ids, or without them the models, are those of one response."""
    return first == other if first and other else model == other_model


def apart(response: Response) -> Response:
    """Return the response under a key of its own, for an id that a proxy used twice."""
    return response._replace(key=apart_key(response.key, response.request_id, response.terms.model))


def apart_key(key: str, request_id: str | None, model: str) -> str:
    """Return the key for one of the responses that share an id: by request, else by model."""
    return f"{key}:{request_id or model}"


def _owned(first: Response, other: Response) -> Owner:
    if first.owner is other.owner:  # nearly always, since owners are interned
        return first.owner
    return min((first, other), key=_placing).owner


def _placing(response: Response) -> tuple[int, int]:
    return (placing(response.owner), response.offset)


def placing(owner: Owner) -> int:
    """How far the owner is from the response's origin: 0 is a main thread's own line."""
    return 2 * owner.copied + owner.sidechain


def _request_id(lower: Response, higher: Response) -> str | None:
    """The id that the best-placed line tells, for an agent's copy may carry a new one."""
    if lower.owner is not higher.owner and placing(lower.owner) < placing(higher.owner):
        lower, higher = higher, lower
    return higher.request_id or lower.request_id


def _earlier(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)
