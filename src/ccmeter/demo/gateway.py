"""Fifth step of the demo: a session through a gateway, whose model has no list price."""

from ccmeter.demo.conversation import Conversation
from ccmeter.demo.lines import FILLER, Json, new_id
from ccmeter.model import Usage


def play_gateway(talk: Conversation, requests: int) -> list[Conversation]:
    """Play requests as a gateway reports them: no request id, no cache, a changing input."""
    for _ in range(requests):
        talk.ask()
        talk.prompt += talk.rng.randint(300, 2_500)
        usage = Usage(input_tokens=talk.prompt, output_tokens=talk.rng.randint(200, 900))
        talk.meter.count(talk.model, usage)
        _reply(talk, usage)
    return []


def _reply(talk: Conversation, usage: Usage) -> None:
    talk.now_ms += 9_000
    message_id = new_id("msg", talk.rng)
    guess: Json = {"input_tokens": usage.input_tokens + 1_800, "output_tokens": 0}
    final: Json = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": usage.output_tokens,
    }
    thought: Json = {"type": "thinking", "thinking": "", "signature": ""}
    _line(talk, message_id, thought, {"usage": guess})
    text: Json = {"type": "text", "text": FILLER}
    _line(talk, message_id, text, {"usage": final, "stop_reason": "end_turn"})


def _line(talk: Conversation, message_id: str, content: Json, outcome: Json) -> None:
    message = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": talk.model,
        "content": [content],
        **outcome,
    }
    talk.main.add("assistant", talk.now_ms, message=message)
