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
        request_id=other.request_id or first.request_id,
        request_ref=other.request_ref or first.request_ref,
    )


def same_response(first: Response, other: Response) -> bool:
    """Whether two lines of one id in one file are one response.

    Some proxies use one constant id for everything: then one thread shows it with two request
    ids or two models, which no real id does. A copy for an agent may carry a new request id.
    """
    if first.owner.sidechain or other.owner.sidechain:
        return True
    requests = {first.request_id, other.request_id} - {None}
    return len(requests) < 2 and first.terms.model == other.terms.model


def apart(response: Response) -> Response:
    """Return the response under a key of its own, for an id that a proxy used twice."""
    return response._replace(key=apart_key(response.key, response.request_id, response.terms.model))


def apart_key(key: str, request_id: str | None, model: str) -> str:
    """Return the key for one of the responses that share an id: by request, else by model."""
    return f"{key}:{request_id or model}"


def _owned(first: Response, other: Response) -> Owner:
    return min((first, other), key=_placing).owner


def _placing(response: Response) -> tuple[bool, bool, int]:
    owner = response.owner
    return (owner.copied, owner.sidechain, response.offset)


def _earlier(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)
