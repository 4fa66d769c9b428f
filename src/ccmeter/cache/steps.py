"""What is judged: one record per request of one thread, as rows out of the store tell it."""

from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import HELPERS

MAIN = ""  # the agent of the main thread

COMPACTED = frozenset({"compact", "microcompact", "compact_summary"})
COMMAND = "command:"
DELTA = "delta:"
CUT = "api_error"
# where a SessionStart record says that another process goes on with the thread
STARTED = frozenset({"start:resume", "start:startup", "start:fork"})
_PROVIDERS = {"msg_bdrk_": "bedrock", "msg_vrtx_": "vertex", "msg_0": "anthropic"}


class StepPrices(NamedTuple):
    """List prices of one request in USD per million tokens, multipliers included."""

    input: Decimal
    read: Decimal
    write_5m: Decimal
    write_1h: Decimal


class Kind(NamedTuple):
    """The parts of a request's fingerprint that hold for many requests. Hashes only."""

    shape: str  # tools and system prompt
    params: str  # every other parameter but model, effort and messages
    effort: str = ""
    ttls: str = ""  # lifetimes asked for, in prompt order


class Step(NamedTuple):
    """One request of one thread. "" and None mean that the transcript does not say.

    Steps without any token, calls made inside a response, and the client's own error messages
    are no requests and are left out by whoever makes steps.
    """

    session: str
    agent: str  # "" for the main thread
    message_id: str
    start_ms: int  # when it was sent, else when it was answered
    end_ms: int  # when its answer was written
    model: str  # canonical id of the model that answered
    is_claude: bool
    version: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    cost_usd: Decimal | None = None  # list cost of the whole response; None: unpriced
    prices: StepPrices | None = None
    effort: str = ""
    fast: bool = False
    cache_requested: str = ""  # 1h, 5m, off
    miss_reason: str = ""  # message.diagnostics.cache_miss_reason.type
    finished: bool = True
    aborted: bool = False
    copied: bool = False  # from another session
    marks: tuple[str, ...] = ()  # since the previous request: a kind, or kind:label
    new_process: bool = False  # its fingerprint extends no other one
    kind: Kind | None = None
    request: int | None = None  # id of its fingerprint, to look up the messages
    untyped_write: bool = False  # a write without a lifetime, counted as 5 minutes
    project: str = ""
    entrypoint: str = ""
    provider: str = "anthropic"


def is_helper(agent: str) -> bool:
    """Whether the thread is one of the client's own helpers, which appear in totals only."""
    return agent.removeprefix("agent-").startswith(HELPERS)


def provider_of(message_id: str) -> str:
    """Return who served a response by the form of its id: anthropic, bedrock, vertex, gateway."""
    for prefix, name in _PROVIDERS.items():
        if message_id.startswith(prefix):
            return name
    return "gateway"


def is_started(step: Step) -> bool:
    """Whether the request is the first of a new process that goes on with its thread."""
    return step.new_process or not STARTED.isdisjoint(step.marks)
