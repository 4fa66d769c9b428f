"""First step of the demo: the lines that the client writes, one `Transcript` per file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

import orjson

from ccmeter.model import Usage

Json = dict[str, object]

FILLER = "Fine, I looked at the code, ran the tests and changed what had to change. "
DRAFT_OUTPUT = 2  # what a subagent's early lines claim before the stream has ended


class Scene(NamedTuple):
    """What every line of one file repeats; `agent` is "" on the main thread."""

    session: str
    cwd: str
    branch: str
    version: str
    agent: str = ""
    agent_type: str = ""


class Reply(NamedTuple):
    """One API response as it will be written; `stop` None means that its end was lost."""

    model: str
    usage: Usage
    stop: str | None
    blocks: tuple[str, ...]  # thinking, text or the name of a tool
    aborted: bool = False


def iso(time_ms: int) -> str:
    """Return the client's timestamp: UTC, milliseconds, Z."""
    stamp = datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def new_uuid(rng: Random) -> str:
    """Return a random UUID drawn from the demo's own generator."""
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def new_id(prefix: str, rng: Random) -> str:
    """Return an id of the API's shape, such as msg_01 and 22 characters."""
    return f"{prefix}_01{rng.getrandbits(88):022x}"


class Transcript:
    """The lines of one file in the order in which the client appends them."""

    def __init__(self, scene: Scene, rng: Random) -> None:
        self.scene = scene
        self.lines: list[bytes] = []
        self._rng = rng
        self._parent: str | None = None

    def note(self, kind: str, **fields: object) -> None:
        """Append a line that has no envelope, such as ai-title or cost-state."""
        line = {"type": kind, "sessionId": self.scene.session, **fields}
        self.lines.append(orjson.dumps(line))

    def add(self, kind: str, time_ms: int, **fields: object) -> None:
        """Append a line with the common envelope, linked to the line before it."""
        scene = self.scene
        uuid = new_uuid(self._rng)
        line: Json = {
            "type": kind,
            "version": scene.version,
            "isSidechain": bool(scene.agent),
            "userType": "external",
            "entrypoint": "cli",
            "timestamp": iso(time_ms),
            "uuid": uuid,
            "parentUuid": self._parent,
            "sessionId": scene.session,
            "cwd": scene.cwd,
            "gitBranch": scene.branch,
        }
        if scene.agent:
            line["agentId"] = scene.agent
        self.lines.append(orjson.dumps(line | fields))
        self._parent = uuid

    def copy_from(self, other: "Transcript") -> None:
        """Begin with another session's conversation, as --fork-session does.

        Ids and times stay; the session id changes, and answers name where they came from.
        """
        for line in map(orjson.loads, other.lines):
            if line["type"] in ("user", "assistant", "attachment"):
                line["sessionId"] = self.scene.session
                if line["type"] == "assistant":
                    line["requestSessionId"] = other.scene.session
                self.lines.append(orjson.dumps(line))
                self._parent = line["uuid"]

    def prompt(self, time_ms: int, **fields: object) -> None:
        """Append what the user, or the parent of a subagent, asked."""
        self.add("user", time_ms, message={"role": "user", "content": "Please go on."}, **fields)

    def tool_result(self, time_ms: int, tool_use_id: str, outcome: Json | None = None) -> None:
        """Append the result of a tool; `outcome` is the client's own record of it."""
        content = [{"type": "tool_result", "tool_use_id": tool_use_id, "content": "ok"}]
        extra: Mapping[str, object] = {"toolUseResult": outcome} if outcome else {}
        self.add("user", time_ms, message={"role": "user", "content": content}, **extra)

    def reply(self, time_ms: int, reply: Reply) -> str:
        """Append one line per block; return the id of the last tool use, or "".

        As in clients since 2.1.97, every main line carries the final usage, but only the last
        line of a subagent's response does.
        """
        head = {"id": new_id("msg", self._rng), "request": new_id("req", self._rng)}
        tool_use_id = ""
        for index, block in enumerate(reply.blocks):
            final = reply.stop is not None and (
                not self.scene.agent or index == len(reply.blocks) - 1
            )
            content = _content(block, self._rng, FILLER if reply.stop else FILLER * 12)
            tool_use_id = str(content.get("id", ""))
            self._reply_line(time_ms + 140 * index, reply, index, head, content, final)
        return tool_use_id

    def _reply_line(
        self,
        time_ms: int,
        reply: Reply,
        index: int,
        head: dict[str, str],
        content: Json,
        final: bool,
    ) -> None:
        fields: Json = {
            "requestId": head["request"],
            "effort": "high",
            "promptCacheRequested": "5m" if self.scene.agent else "1h",
            "apiBlockIndex": index,
            "message": {
                "model": reply.model,
                "id": head["id"],
                "type": "message",
                "role": "assistant",
                "content": [content],
                "stop_reason": reply.stop if final else None,
                "usage": final_usage(reply.usage) if final else _draft_usage(reply.usage),
            },
        }
        if self.scene.agent_type:
            fields["attributionAgent"] = self.scene.agent_type
        if reply.aborted:
            fields["isAbortedMidStream"] = True
        self.add("assistant", time_ms, **fields)


def _content(block: str, rng: Random, text: str) -> Json:
    if block == "text":
        return {"type": "text", "text": text}
    if block == "thinking":
        return {"type": "thinking", "thinking": "", "signature": "c2lnbmF0dXJl"}
    return {"type": "tool_use", "id": new_id("toolu", rng), "name": block, "input": {}}


def _prompt_usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation": {
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
            "ephemeral_5m_input_tokens": usage.cache_write_5m_tokens,
        },
        "service_tier": "standard",
        "inference_geo": "global",
    }


def _draft_usage(usage: Usage) -> Json:
    return _prompt_usage(usage) | {"output_tokens": DRAFT_OUTPUT}


def final_usage(usage: Usage) -> Json:
    """Return the usage object of a final line; thinking is made up as a third of the output."""
    return _prompt_usage(usage) | {
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.output_tokens // 3},
        "server_tool_use": {
            "web_search_requests": usage.web_searches,
            "web_fetch_requests": 0,
        },
        "iterations": [],
        "speed": "standard",
    }
