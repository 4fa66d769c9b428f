"""How one response of the corpus is worded, before and after its end is known."""

from random import Random
from typing import NamedTuple

from corpus_lines import Client, Vector, draft_usage, final_usage, message, new_id, text


class Wording(NamedTuple):
    """The body of every line of a response, as it stands before and after the end is known."""

    message_id: bytes
    early: list[bytes]
    final: list[bytes]


def blocks_of(rng: Random, count: int, last: bool, lean: bool) -> list[bytes]:
    """Return the content of each line: thinking, text, then tools, or text when it is the last."""
    return [_block(rng, number, count, last, lean) for number in range(count)]


def _block(rng: Random, number: int, count: int, last: bool, lean: bool) -> bytes:
    if number == 0 and count > 1:
        signature = b"c2ln" * rng.randint(20, 100)
        return b'{"type":"thinking","thinking":"","signature":"%b"}' % signature
    if last or (number == 1 and count > 2):
        words = b"ok" if lean else text(rng, rng.randint(80, 400))
        return b'{"type":"text","text":"%b"}' % words
    words = b"ok" if lean else text(rng, rng.randint(80, 320))
    tool = b'{"type":"tool_use","id":"%b","name":"Bash","input":{"command":"%b"}}'
    return tool % (new_id(b"toolu", rng), words)


def word(
    rng: Random, client: Client, model: bytes, blocks: list[bytes], vector: Vector, draft: int
) -> Wording:
    """Word a response of Anthropic's API; `draft` is the output that early lines claim."""
    message_id = new_id(b"msg", rng)
    stop = b'"tool_use"' if b'"tool_use"' in blocks[-1] else b'"end_turn"'
    early, final = draft_usage(vector, draft), final_usage(vector, client.iterations)
    return Wording(
        message_id,
        [message(client, model, message_id, block, b"null", early) for block in blocks],
        [message(client, model, message_id, block, stop, final) for block in blocks],
    )


def word_gateway(
    rng: Random, client: Client, model: bytes, blocks: list[bytes], vector: Vector
) -> Wording:
    """Word a gateway's response: early lines claim more input; writes have no lifetime."""
    message_id = new_id(b"msg", rng)
    early = b'"input_tokens":%d,"output_tokens":0' % (vector.input + vector.write_5m + 1_900)
    final = (
        b'"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":0,'
        b'"output_tokens":%d,"cache_creation":{"ephemeral_1h_input_tokens":0,'
        b'"ephemeral_5m_input_tokens":0}'
    ) % (vector.input, vector.write_5m, vector.output)
    return Wording(
        message_id,
        [message(client, model, message_id, block, b"null", early) for block in blocks],
        [message(client, model, message_id, block, b'"end_turn"', final) for block in blocks],
    )
