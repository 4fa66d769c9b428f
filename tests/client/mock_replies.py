"""What the mock API answers: replies as records, and the messages and frames made of them."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mock_cache import Bill

CHARS_PER_TOKEN = 4
PLACEHOLDER = 4  # output tokens that message_start claims

Json = dict[str, Any]


class Tool(NamedTuple):
    """A tool the model asks for."""

    name: str
    input: Mapping[str, Any]


class Reply(NamedTuple):
    """One answer of the model, or one refusal."""

    text: str = ""
    tools: tuple[Tool, ...] = ()
    thinking: str = ""
    status: int = 200  # anything else is an error answer
    searches: int = 0
    speed: str | None = None  # None: as the request asked
    geo: str = "global"
    model: str | None = None  # None: the model that was asked for
    tier: str = "standard"
    output_tokens: int | None = None  # None: by the length of what is said
    evict: str = ""  # "all" or "messages": forgotten just before this request
    cut: str = ""  # where the connection breaks: "start", "block" (after the first one) or "text"
    stall: str = ""  # where the stream stops, until the client goes away; places as for `cut`
    pause_s: float = 0.0  # before each frame
    headers: Mapping[str, str] = {}


class Ids(NamedTuple):
    """The ids of one answer: the same for the same seed and number."""

    request: str
    message: str
    tool: str


def ids(seed: str, number: int) -> Ids:
    """Return ids in the shape of the API's."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()
    return Ids(f"req_011{digest[:21]}", f"msg_01{digest[:22]}", f"toolu_01{digest[:20]}")


def content(reply: Reply, names: Ids) -> list[Json]:
    """Return the content blocks of the message."""
    found: list[Json] = []
    if reply.thinking:
        signature = hashlib.sha256(reply.thinking.encode()).hexdigest()
        found.append({"type": "thinking", "thinking": reply.thinking, "signature": signature})
    if reply.text:
        found.append({"type": "text", "text": reply.text})
    for n, tool in enumerate(reply.tools):
        use = {"type": "tool_use", "id": f"{names.tool}{n}", "name": tool.name}
        found.append({**use, "input": dict(tool.input)})
    return found


def output_tokens(reply: Reply, blocks: list[Json]) -> int:
    """Return what the answer costs in output tokens."""
    if reply.output_tokens is not None:
        return reply.output_tokens
    return sum(math.ceil(len(said(block)) / CHARS_PER_TOKEN) + 8 for block in blocks)


def said(block: Json) -> str:
    """Return what a block streams."""
    if block["type"] == "tool_use":
        return json.dumps(block["input"])
    return str(block[block["type"]])


def usage(bill: Bill, reply: Reply, output: int, final: bool) -> Json:
    """Return the usage object; the fields that only a final one has, too, where `final`."""
    found: Json = {
        "input_tokens": bill.input,
        "cache_creation_input_tokens": bill.write_5m + bill.write_1h,
        "cache_read_input_tokens": bill.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": bill.write_5m,
            "ephemeral_1h_input_tokens": bill.write_1h,
        },
        "output_tokens": output,
        "service_tier": reply.tier,
        "inference_geo": reply.geo,
    }
    if final:
        searches = {"web_search_requests": reply.searches, "web_fetch_requests": 0}
        found["server_tool_use"] = searches
    if reply.speed:
        found["speed"] = reply.speed
    return found


def message(reply: Reply, names: Ids, model: str, blocks: list[Json], used: Json) -> Json:
    """Return the whole message of an answer that is not streamed."""
    return {
        "id": names.message,
        "type": "message",
        "role": "assistant",
        "model": reply.model or model,
        "content": blocks,
        "stop_reason": "tool_use" if reply.tools else "end_turn",
        "stop_sequence": None,
        "usage": used,
    }


def frames(whole: Json, first: Json) -> Iterator[tuple[str, Json]]:
    """Yield the events of a stream; `first` is the usage that message_start tells."""
    start = {**whole, "content": [], "stop_reason": None, "usage": first}
    yield "message_start", {"message": start}
    for index, block in enumerate(whole["content"]):
        yield from _block_frames(index, block)
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"delta": ended, "usage": whole["usage"]}
    yield "message_stop", {}


def _block_frames(index: int, block: Json) -> Iterator[tuple[str, Json]]:
    kind, text = block["type"], said(block)
    empty: Json = {"input": {}} if kind == "tool_use" else {kind: ""}
    opened = {**block, **empty} | ({"signature": ""} if kind == "thinking" else {})
    yield "content_block_start", {"index": index, "content_block": opened}
    delta, field = {
        "text": ("text_delta", "text"),
        "thinking": ("thinking_delta", "thinking"),
        "tool_use": ("input_json_delta", "partial_json"),
    }[kind]
    half = len(text) // 2
    for part in (text[:half], text[half:]):
        yield "content_block_delta", {"index": index, "delta": {"type": delta, field: part}}
    if kind == "thinking":
        signed = {"type": "signature_delta", "signature": block["signature"]}
        yield "content_block_delta", {"index": index, "delta": signed}
    yield "content_block_stop", {"index": index}
