"""The nouns of ccmeter: immutable records shared by every stage. Standard library only."""

from typing import NamedTuple

SYNTHETIC = "<synthetic>"  # model of the client's own error messages: no request, no cost
HELPERS = ("acompact", "aprompt_suggestion", "aside_question")  # its own agents' names begin so


class Usage(NamedTuple):
    """Tokens of one or many responses, each token in exactly one field, and billed searches."""

    input_tokens: int = 0  # uncached only, as the API reports it
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    web_searches: int = 0

    @property
    def prompt_tokens(self) -> int:
        """Tokens sent: what a long-context price tier is decided on."""
        return (
            self.input_tokens
            + self.cache_read_tokens
            + self.cache_write_5m_tokens
            + self.cache_write_1h_tokens
        )

    @property
    def tokens(self) -> int:
        """All tokens, sent and received."""
        return self.prompt_tokens + self.output_tokens


class Terms(NamedTuple):
    """How a response was served: what decides its price, as the winning line wrote it.

    None means that the line does not say. `speed` is only written on final lines, so None on an
    unfinished response means unknown, not standard.
    """

    model: str  # as written by the client; "" and gateway names occur
    requested_model: str | None = None  # clients since about 2.1.300
    speed: str | None = None  # standard, fast
    geo: str | None = None  # us, global, not_available
    service_tier: str | None = None  # standard, priority, batch
    effort: str | None = None
    cache_requested: str | None = None  # promptCacheRequested: 1h, 5m, off
    stop_reason: str | None = None  # None: no final line was written
    miss_reason: str | None = None  # message.diagnostics.cache_miss_reason.type
    aborted: bool = False  # isAbortedMidStream
    untyped_write: bool = False  # tokens were written for what is not told, booked as 5 minutes


class Owner(NamedTuple):
    """Whose response it is. Decided apart from the usage, see Response."""

    session: str
    agent: str  # "" for the main thread
    agent_type: str | None
    cwd: str
    version: str
    entrypoint: str
    sidechain: bool
    copied: bool  # the line says that it was copied from another session


class Response(NamedTuple):
    """One API response as one transcript line tells it; lines of one `key` are merged.

    Tokens and terms come from the line of highest rank, the owner from the best-placed copy,
    the time from the earliest line (`transcripts.merge`, and `upsert_response.sql` across files).
    """

    key: str
    request_id: str | None
    request_ref: str | None  # id of an ApiRequest
    time_ms: int  # UTC epoch
    start_ms: int | None  # when the request was sent, where the file tells
    usage: Usage
    thinking_tokens: int  # part of output_tokens
    web_fetches: int
    miss_tokens: int  # diagnostics.cache_miss_reason.cache_missed_input_tokens
    terms: Terms
    owner: Owner
    offset: int  # of the line in its file
    rank_output: int  # output tokens of the line itself (rows of an advisor rank with their line)
    parent: str | None = None  # key of the response that an advisor or compaction row belongs to

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Order of the lines of one response in one file; the highest is believed."""
        return (self.terms.stop_reason is not None, self.rank_output, self.offset)


class Block(NamedTuple):
    """Sizes of what one line of an unfinished response shows: what its output is estimated from."""

    key: str  # of the response
    line: str  # uuid of the line
    text_bytes: int
    input_bytes: int  # of tool inputs, as compact JSON
    tool_uses: int
    signature_bytes: int  # of thinking, whose text is usually empty


class Mark(NamedTuple):
    """Something between two requests that can explain a cache rebuild. Never text."""

    session: str
    agent: str
    kind: str  # compact, microcompact, compact_summary, command, delta, fork, start, ...
    time_ms: int
    label: str | None  # trigger, command, delta or start source, from a closed list
    before: int | None  # prompt tokens before, where the record tells
    after: int | None
    offset: int


class ApiRequest(NamedTuple):
    """Fingerprint of one attempt (clients since about 2.1.300): hashes, never content."""

    id: str
    session: str
    agent: str
    time_ms: int
    source: str  # querySource
    shape: str  # hash of tools and system prompt
    model: str
    effort: str | None
    params: str  # digest of every other parameter
    base: str | None  # id of the request whose messages this one extends; None: a new process
    keep: int  # messages taken over from the base
    tail: tuple[str, ...]  # hashes of the messages after these
    ttls: str  # cache lifetimes asked for, such as "5m 5m 1h"
    offset: int


class CostState(NamedTuple):
    """The client's own meter for one session, cumulative over its resumes."""

    session: str
    start_ms: int
    duration_ms: int
    cost_usd: str  # as written
    models: str  # JSON of modelUsage, numbers only
    unknown_model: bool
    offset: int


class Skip(NamedTuple):
    """A line that could not be metered, with its place and the reason."""

    offset: int
    reason: str


class Cursor(NamedTuple):
    """How far a file has been read, and what proves that it is still the same file."""

    device: int
    inode: int
    offset: int  # just past a newline
    tail_hash: bytes  # of the last bytes before offset
    settled_size: int  # size of the file when everything in it had been considered
    mtime_ns: int  # a hint only: an equal size and time means nothing to do
