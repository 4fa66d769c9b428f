"""Third step of the demo: one subagent in its own file, on a cheaper model and a 5-minute cache."""

from random import Random
from typing import NamedTuple

from ccmeter.demo.client_meter import ClientMeter
from ccmeter.demo.lines import Reply, Scene, Transcript
from ccmeter.demo.prompt_cache import MINUTE_MS, PromptCache
from ccmeter.model import Usage

_KINDS = (("Explore", "claude-haiku-5-5"), ("general-purpose", "claude-sonnet-5-5"))
_TOOLS = ("Grep", "Read", "Glob", "Bash")
_LONG_CONTEXT = 100_000  # a Haiku subagent stays below its dearer tier
_END_LOST = 0.08  # of the responses of several lines: the client's write race
_SEARCH = 0.04


class Done(NamedTuple):
    """A finished subagent: its file, when it ended, and the usage of its last response."""

    transcript: Transcript
    end_ms: int
    last: Usage


class _Agent:
    def __init__(self, scene: Scene, model: str, now_ms: int, rng: Random) -> None:
        self.transcript = Transcript(scene, rng)
        self.model = model
        self.now_ms = now_ms
        self.prompt = rng.randint(12_500, 15_500)
        self._rng = rng
        self._cache = PromptCache(5 * MINUTE_MS, floor=rng.choice((0, 9_200)))

    def request(self, last: bool) -> Usage:
        usage = self._use()
        tool = "text" if last else self._rng.choice(_TOOLS)
        blocks = (tool,) if self._rng.random() < 0.5 else ("text", tool)
        lost = len(blocks) > 1 and not last and self._rng.random() < _END_LOST
        stop = None if lost else ("end_turn" if last else "tool_use")
        self.now_ms += 900 + usage.output_tokens * 6
        tool_use_id = self.transcript.reply(self.now_ms, Reply(self.model, usage, stop, blocks))
        self.now_ms += int(self._rng.lognormvariate(6.6, 0.7)) + 300
        if tool_use_id:
            self.transcript.tool_result(self.now_ms, tool_use_id)
        return usage

    def _use(self) -> Usage:
        self.prompt += int(self._rng.lognormvariate(7.9, 0.7))  # tool results, about 3,400
        read = self._cache.ask(self.model, self.prompt, self.now_ms)
        usage = Usage(
            input_tokens=3,
            output_tokens=int(self._rng.lognormvariate(5.4, 0.8)),
            cache_read_tokens=read,
            cache_write_5m_tokens=self.prompt - read,
            web_searches=self._searches(),
        )
        self.prompt += usage.output_tokens
        return usage

    def _searches(self) -> int:
        if self.transcript.scene.agent_type != "general-purpose":
            return 0
        return self._rng.randint(1, 3) if self._rng.random() < _SEARCH else 0


def delegate(parent: Scene, now_ms: int, rng: Random, meter: ClientMeter) -> Done:
    """Run one subagent of a session to its end; every call goes to the session's meter."""
    kind, model = rng.choices(_KINDS, weights=(3, 2))[0]
    scene = parent._replace(agent=f"a{rng.getrandbits(64):016x}", agent_type=kind)
    agent = _Agent(scene, model, now_ms, rng)
    agent.transcript.prompt(now_ms)
    planned = rng.randint(5, 15)
    usage = Usage()
    for number in range(planned):
        last = number == planned - 1 or agent.prompt > 0.8 * _LONG_CONTEXT
        usage = agent.request(last)
        meter.count(model, usage)
        if last:
            break
    return Done(agent.transcript, agent.now_ms, usage)
