"""What the receiver hands on: calls with counts and ids, and reasons why there are none."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Skip, Usage


class ApiCall(NamedTuple):
    """One finished call of the client to the API, as its `api_request` event tells it. Never text.

    An attempt that broke has no event of its own: newer clients add its cost, not its tokens, to
    the next one. The events name no web searches either; their price is in the cost.
    """

    request_id: str | None  # clients before about 2.1.100 send none
    client_request_id: str | None
    session: str
    agent: str  # "" for the main thread, and where the event does not say
    agent_type: str | None
    time_ms: int  # UTC epoch, at the end of the call
    duration_ms: int
    sequence: int  # number of the event in its session
    model: str  # that was asked for
    usage: Usage
    lifetimes_known: bool  # False: all cache writes stand under 5 minutes, whatever they were
    cost_usd: Decimal | None  # the client's own price
    query_source: str  # sdk, repl_main_thread, agent:..., generate_session_title, compact, ...
    speed: str  # standard, fast: as the request asked, not as it was answered
    effort: str
    version: str

    @property
    def key(self) -> str:
        """What names the call, the same however often its event arrives."""
        if self.request_id:
            return self.request_id
        if self.client_request_id:
            return f"client:{self.client_request_id}"
        return f"event:{self.session}:{self.time_ms}:{self.sequence}"


class Parsed(NamedTuple):
    """What a body held: its calls, and the events that could not be read, by their number."""

    calls: Sequence[ApiCall]
    skips: Sequence[Skip]  # offset: number of the event in the body, from 0


class Refusal(NamedTuple):
    """Why a body as a whole was not taken, as an HTTP status and one line."""

    status: int
    reason: str
