"""The sentences of alerts: what broke, since when, what it cost, and what to do about it."""

from datetime import UTC, datetime
from decimal import Decimal

from ccmeter.cache.alerts import Money
from ccmeter.cache.causes import API, HASHES, UNEXPLAINED, Cause
from ccmeter.cache.judge import Judged
from ccmeter.cache.runs import Run

_RESTART = "If it happens again, restart the session."
_TOOLS = (
    "Look for MCP servers, LSP plugins and other plugins that come and go during the session. "
    + _RESTART
)
_SYSTEM = (
    "Look for text in the system prompt that changes: output style, --append-system-prompt, "
    "status or memory text of a plugin. " + _RESTART
)
_MESSAGES = "Look for hooks, skills or proxies that insert or rewrite earlier messages. " + _RESTART
_RESUME = (
    "Go on with the same client version and the same kind of session (print or interactive), "
    "or start a new session instead of resuming."
)
_SETTINGS = "Keep model, effort, thinking and other settings constant within a session. " + _RESTART
_SERVER = "Nothing in the request changed: report it, the evidence is in the hashes."
_WHAT_TO_DO = {
    "tools_changed": _TOOLS,
    "tools_or_system_changed": _TOOLS,
    "system_changed": _SYSTEM,
    "messages_changed": _MESSAGES,
    "messages_rewritten": _MESSAGES,
    "params_changed": _SETTINGS,
    "resume": _RESUME,
    "resume_changed_prompt": _RESUME,
    "server_side": _SERVER,
}
_PINNED = "Restart the session now: it pays for its whole prompt on each such request."
_PINNED_AGENT = (
    "Stop the subagent if its task takes much longer: it pays for its whole prompt on each such "
    "request. If others do so too, restart the session."
)
RESUME_ADVICE = _RESUME
CLUSTER_ADVICE = "Restart the session; if it goes on, try the last healthy client version."
LIFETIME_ADVICE = (
    "Ordinary reasons: usage credits or overage, an API key or auth token, "
    "FORCE_PROMPT_CACHING_5M, the promptCacheTtl setting. If none holds, set "
    "ENABLE_PROMPT_CACHING_1H=1 and report it."
)
DOWNGRADE_ADVICE = (
    "Report it, the transcript holds both. Until then keep pauses below 5 minutes; a gateway that "
    "does not pass lifetimes on looks the same."
)
TAIL_ADVICE = "Check the gateway or proxy in between, and DISABLE_PROMPT_CACHING settings."
LOW_HIT_ADVICE = "Look at the rebuilds of this session with ccmeter audit --session."
INFLATION_ADVICE = "Restart the session; if it goes on, try the last healthy client version."
IDLE_ADVICE = (
    "Before a long break use /compact or plan to start anew; with an API key set "
    "ENABLE_PROMPT_CACHING_1H=1 if pauses are often longer than 5 minutes."
)
COMPACTION_ADVICE = "Start a new session for a new task; keep large tool results out of it."
SWITCH_ADVICE = "Choose model and effort once per session; skills and commands may switch them too."

# what is told while a session runs, and what of it holds when that is over
_AFTERWARDS = {
    _PINNED: "Restart such a session at once: it pays for its whole prompt on each such request.",
    _PINNED_AGENT: _PINNED_AGENT.replace("Stop the", "Stop such a"),
    CLUSTER_ADVICE: CLUSTER_ADVICE.replace("Restart the", "Restart such a"),
    INFLATION_ADVICE: INFLATION_ADVICE.replace("Restart the", "Restart such a"),
    LOW_HIT_ADVICE: "Look at its rebuilds with: ccmeter audit --session ID",
    _SERVER: "Nothing in the request changed: report it with ccmeter audit --session ID --markdown",
}

_HEADLINES = {
    "tools_changed": "The tool list changed and the cache was rebuilt",
    "tools_or_system_changed": "The tools or the system prompt changed and the cache was rebuilt",
    "system_changed": "The system prompt changed and the cache was rebuilt",
    "messages_changed": "Earlier messages changed and the cache was rebuilt",
    "messages_rewritten": "Earlier messages changed and the cache was rebuilt",
    "params_changed": "Request parameters changed and the cache was rebuilt",
    "resume": "Cache rebuilt by a resume",
    "resume_changed_prompt": "Cache rebuilt by a resume that changed the prompt",
    "server_side": "Cache entry lost on the server",
    "unexplained": "Cache rebuilt without a known reason",
}
# where reads ended when the API later named the reason
_FLOORS = (
    (0, 0, "the tools changed or the whole entry was gone"),
    (12_500, 17_000, "the system prompt changed"),
    (17_001, 25_000, "the messages changed from their start on"),
)


def rebuild(judged: Judged) -> str:
    """One rebuild, with tokens, gap, time, cost and where the reason comes from."""
    cause = _cause(judged)
    return (
        f"{_HEADLINES.get(cause.name, 'Cache rebuilt')}: {judged.lost_tokens:,} tokens that "
        f"should have been read were sent again {gap(judged.gap_ms)} after the previous request, "
        f"at {utc(judged.step.start_ms)}{cost(judged.excess_usd)}; {_source(judged, cause)}."
    )


def what_to_do(judged: Judged) -> str:
    """The next step after one rebuild, by its cause."""
    advice = _WHAT_TO_DO.get(_cause(judged).name)
    return advice or _RESTART + " Compare client versions with ccmeter audit."


def pinned(run: Run, in_a_row: bool) -> str:
    """Rebuilds that all read the same few tokens."""
    how = "in a row" if in_a_row else "of this thread"
    return (
        f"The cache is pinned at {run.floor:,} tokens: {run.times} rebuilds {how} since "
        f"{utc(run.since_ms)} read no more than that and sent {run.tokens:,} tokens "
        f"again{cost(run.usd)}."
    )


def pinned_advice(agent: str) -> str:
    """The next step after that."""
    return _PINNED_AGENT if agent else _PINNED


def afterwards(advice: str) -> str:
    """Return the advice of an alert as it holds later, when its session may have ended."""
    for told, later in _AFTERWARDS.items():
        if advice.startswith(told):
            return later + advice.removeprefix(told)
    return advice


def of_agent(agent: str, message: str) -> str:
    """Say whose cache it is, unless it is the main thread's."""
    return f"In a subagent, {message[0].lower()}{message[1:]}" if agent else message


def idle(run: Run) -> str:
    """What pauses beyond the lifetime cost."""
    return (
        f"{run.times} pauses longer than the cache lives, since {utc(run.since_ms)}, had "
        f"{run.tokens:,} tokens sent again{cost(run.usd)}; this is no bug."
    )


def compactions(count: int) -> str:
    """How often a thread was compacted."""
    return f"The conversation was compacted {count} times, and each time sent again."


def switches(count: int, since_ms: int) -> str:
    """Switches that rebuild the cache."""
    return (
        f"Model, effort or fast mode changed {count} times since {utc(since_ms)}, "
        "and each change rebuilt the cache."
    )


def resumes(bad: int, seen: int, judged: Judged) -> str:
    """A resume that found nothing in the cache."""
    return (
        f"Resuming lost the cache {bad} of the last {seen} times: {judged.lost_tokens:,} tokens "
        f"sent again at {utc(judged.step.start_ms)}, {gap(judged.gap_ms)} after the previous "
        f"request{cost(judged.excess_usd)}."
    )


def cluster(count: int, since_ms: int, tokens: int, usd: Money) -> str:
    """Several rebuilds within an hour."""
    return (
        f"{count} unexplained rebuilds within an hour, since {utc(since_ms)}: "
        f"{tokens:,} tokens sent again{cost(usd)}."
    )


def lifetime(requested: str, time_ms: int) -> str:
    """The main thread's writes fell from one hour to five minutes."""
    asked = f"; the client itself asks for {requested} now" if requested == "5m" else ""
    return (
        "Cache writes of the main thread live 5 minutes instead of 1 hour "
        f"since {utc(time_ms)}{asked}: every longer pause rebuilds the cache."
    )


def downgrade(tokens: int, time_ms: int) -> str:
    """An hour was asked for, five minutes were billed."""
    return (
        f"The client asked for a lifetime of 1 hour and the server wrote {tokens:,} tokens "
        f"for 5 minutes, since {utc(time_ms)}."
    )


def low_hits(read: int, prompt: int, requests: int) -> str:
    """A thread that reads too little."""
    return (
        f"Only {read / prompt:.0%} of {prompt:,} tokens sent in {requests} requests were read "
        "from the cache; healthy sessions read 85% or more."
    )


def tails(count: int, tokens: int, since_ms: int, requested: str) -> str:
    """Requests whose end is never cached."""
    why = "caching is switched off" if requested == "off" else "gateway or caching off"
    return (
        f"{count} requests in a row since {utc(since_ms)} sent {tokens:,} tokens "
        f"outside the cache ({why})."
    )


def inflated(agent: str, ratio: Decimal, tokens: int, usd: Decimal, since_ms: int) -> str:
    """What suspect rebuilds made of the cost of a session, or of a subagent."""
    what = "it" if agent else "this session"
    return (
        f"Rebuilds without an ordinary cause made {what} {ratio:.2f}x as expensive as "
        f"with a healthy cache since {utc(since_ms)}: {tokens:,} tokens sent again{cost(usd)}."
    )


def utc(time_ms: int) -> str:
    """Return 2026-11-24 00:47 UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def gap(milliseconds: int | None) -> str:
    """Return a pause as people say it."""
    seconds = (milliseconds or 0) / 1000
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def cost(usd: Money) -> str:
    """What it cost more than a hit, as the end of a clause."""
    return " at an unknown price" if usd is None else f", about ${usd:.2f} more than a hit"


def _cause(judged: Judged) -> Cause:
    return judged.cause or UNEXPLAINED


def _source(judged: Judged, cause: Cause) -> str:
    if cause.evidence == API:
        return f"the API says: {cause.name}"
    if cause.evidence == HASHES:
        return f"the hashes of the request say: {cause.name}"
    read = judged.step.cache_read_tokens
    guess = next((what for low, high, what in _FLOORS if low <= read <= high), None)
    probably = f"; probably {guess}, as {read:,} tokens were still read" if guess else ""
    return f"inferred, no word of the API{probably}"
