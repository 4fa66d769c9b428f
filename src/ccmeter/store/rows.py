"""Responses as rows: the order of the columns of upsert_response.sql and upsert_call.sql."""

from ccmeter.model import Response
from ccmeter.store.hashing import hash63
from ccmeter.store.names import Names
from ccmeter.transcripts.merge import placing

Row = tuple[str | int | None, ...]


def response_row(response: Response, root: str, source: int, names: Names) -> Row:
    """Return the row of a response found in the file `source` under the Claude folder `root`."""
    owner, terms = response.owner, response.terms
    ref = response.request_ref
    return (
        hash63(response.key),
        response.key,
        response.request_id,
        hash63(ref) if ref else None,
        names.owner(owner, root),
        placing(owner),
        names.terms(terms),
        response.time_ms,
        response.start_ms,
        *response.usage,
        response.thinking_tokens,
        response.web_fetches,
        response.miss_tokens,
        terms.stop_reason is not None,
        response.rank_output,
        source,
        response.offset,
    )


def call_row(response: Response, root: str, source: int, names: Names) -> Row:
    """Return the row of a call inside a response."""
    return (*response_row(response, root, source, names), hash63(response.parent or ""))
