"""Fourth step of the demo: a main session and its subagents, request by request."""

from random import Random

from ccmeter.demo.client_meter import ClientMeter
from ccmeter.demo.lines import Reply, Scene, Transcript, final_usage, new_uuid
from ccmeter.demo.prompt_cache import HOUR_MS, MINUTE_MS, PromptCache
from ccmeter.demo.subagent import delegate
from ccmeter.model import Usage

_UNCACHED = 2  # tokens behind the last breakpoint of every prompt
_HIDDEN_EVERY = 12  # requests: recaps and suggestions leave no line
_TITLE = Usage(input_tokens=870, output_tokens=14)
_TOOLS = ("Bash", "Read", "Edit", "Grep", "Write")


class Conversation:
    """One main session; `now_ms` moves on with every call."""

    def __init__(self, scene: Scene, model: str, start_ms: int, rng: Random) -> None:
        self.main = Transcript(scene, rng)
        self.agents: list[Transcript] = []
        self.meter = ClientMeter(start_ms)
        self.model = model
        self.now_ms = start_ms
        self.rng = rng
        self.cache = PromptCache(HOUR_MS, floor=rng.randint(15_800, 17_600))
        self.prompt = rng.randint(24_000, 34_000)
        self._asked = 0

    def open(self) -> None:
        """Write what a new session starts with; its title is a call that leaves no usage."""
        self.main.note("mode", mode="normal")
        self.main.note("ai-title", aiTitle="Demo")
        self.meter.count(self.model, _TITLE)

    def ask(self) -> None:
        """Let the user think, then type."""
        self.now_ms += int(self.rng.lognormvariate(11.3, 0.8))  # about 80 s, seldom over 6 min
        self.main.prompt(self.now_ms, permissionMode="acceptEdits")

    def rest(self, minutes: int) -> None:
        """Let the user be away."""
        self.now_ms += minutes * MINUTE_MS

    def request(self, last: bool, lost: bool = False) -> None:
        """Send one request; the last of a turn answers, the others use a tool."""
        usage = self._use(lost)
        tool = self._choose_tool()
        blocks = _blocks(self.rng, "text" if last else tool)
        reply = Reply(self.model, usage, "end_turn" if last else "tool_use", blocks)
        self.now_ms += self._latency(usage)
        tool_use_id = self.main.reply(self.now_ms, reply)
        self.now_ms += 150 * len(blocks)
        if tool_use_id:
            self._use_tool(tool, tool_use_id)

    def abort(self) -> None:
        """Send one request that the user stops with Esc: no final line is ever written."""
        usage = self._use(lost=False)
        self.now_ms += 2_000
        self.main.reply(self.now_ms, Reply(self.model, usage, None, ("thinking", "text"), True))

    def compact(self) -> None:
        """Replace the history by a summary; the summarising call itself leaves no line."""
        self.meter.count(self.model, Usage(output_tokens=3_100, cache_read_tokens=self.prompt))
        before, self.prompt = self.prompt, self.cache.floor + self.rng.randint(9_000, 14_000)
        self.now_ms += 85_000
        self.main.add(
            "system",
            self.now_ms,
            subtype="compact_boundary",
            compactMetadata={
                "trigger": "manual",
                "preTokens": before,
                "postTokens": self.prompt,
                "durationMs": 84_000,
            },
        )
        self.main.prompt(self.now_ms, isCompactSummary=True, isVisibleInTranscriptOnly=True)
        self.cache.rewrite()

    def close(self) -> None:
        """Write the client's own meter, as it does when a session ends."""
        self.main.note("last-prompt", lastPrompt="Please go on.")
        self.main.note("cost-state", **self.meter.cost_state(self.now_ms))

    def _use(self, lost: bool) -> Usage:
        self.prompt += int(self.rng.lognormvariate(8.15, 0.9))  # tool results, about 5,200
        read = self.cache.ask(self.model, self.prompt, self.now_ms, lost)
        usage = Usage(
            input_tokens=_UNCACHED,
            output_tokens=min(12_000, int(self.rng.lognormvariate(6.8, 0.95))),
            cache_read_tokens=read,
            cache_write_1h_tokens=self.prompt - read,
        )
        self.prompt += usage.output_tokens
        self.meter.count(self.model, usage)
        self._count_hidden(usage)
        return usage

    def _count_hidden(self, usage: Usage) -> None:
        self._asked += 1
        if self._asked % _HIDDEN_EVERY == 0:
            prefix = usage.cache_read_tokens + usage.cache_write_1h_tokens
            hidden = Usage(input_tokens=120, output_tokens=90, cache_read_tokens=prefix)
            self.meter.count(self.model, hidden)

    def _choose_tool(self) -> str:
        return "Agent" if self.rng.random() < 0.016 else self.rng.choice(_TOOLS)

    def _latency(self, usage: Usage) -> int:
        return 1_500 + usage.output_tokens * 11

    def _use_tool(self, tool: str, tool_use_id: str) -> None:
        if tool != "Agent":
            self.now_ms += int(self.rng.lognormvariate(7.6, 1.0))
            self.main.tool_result(self.now_ms, tool_use_id)
            return
        done = delegate(self.main.scene, self.now_ms, self.rng, self.meter)
        self.agents.append(done.transcript)
        self.now_ms = done.end_ms
        outcome = {
            "status": "completed",
            "agentId": done.transcript.scene.agent,
            "totalTokens": done.last.tokens,
            "usage": final_usage(done.last),
        }
        self.main.tool_result(self.now_ms, tool_use_id, outcome)

    def fork(self) -> "Conversation":
        """Return a new session that begins with a copy of this one and its warm cache."""
        scene = self.main.scene._replace(session=new_uuid(self.rng))
        copy = Conversation(scene, self.model, self.now_ms, self.rng)
        copy.main.copy_from(self.main)
        copy.meter = self.meter.fork()
        copy.cache, copy.prompt = self.cache, self.prompt
        return copy


def _blocks(rng: Random, last: str) -> tuple[str, ...]:
    roll = rng.random()
    if roll < 0.66:
        return (last,)
    return ("thinking", last) if roll < 0.96 else ("thinking", "text", last)
