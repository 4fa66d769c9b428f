"""Shapes of transcript lines as bytes templates, in the field order of old and new clients."""

import os
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

CELL = 80  # every cell of the filler is this long and valid inside a JSON string by itself
_CELLS = 4096


def _filler() -> bytes:
    rng = Random("filler")
    words = b"self value return import assert path token cache result config handler index".split()
    cells = []
    for number in range(_CELLS):
        start = (b"    ", b"def ", b"\\t", b'say(\\"x\\") ', "é – ✓ ".encode())[number % 5]
        if number % 97 == 0:  # people who work on such tools have these in their files
            start = b'{\\"type\\":\\"assistant\\",\\"usage\\":1} '
        text = start + b" ".join(rng.choices(words, k=14))
        cells.append(text[: CELL - 2].ljust(CELL - 2) + b"\\n")
    return b"".join(cells)


_POOL = _filler() * 2
_TEXT_LIMIT = _CELLS * CELL


def text(rng: Random, size: int) -> bytes:
    """Return about `size` bytes of the filler, ready to stand between two quotes."""
    whole, rest = divmod(size, _TEXT_LIMIT)
    start = int(rng.random() * _CELLS) * CELL
    return _POOL[:_TEXT_LIMIT] * whole + _POOL[start : start + rest // CELL * CELL]


def iso(time_ms: int) -> bytes:
    stamp = datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z").encode()


def new_uuid(rng: Random) -> bytes:
    digits = b"%032x" % rng.getrandbits(128)
    parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
    return b"-".join(parts)


def new_id(prefix: bytes, rng: Random) -> bytes:
    return b"%b_01%022x" % (prefix, rng.getrandbits(88))


class Client(NamedTuple):
    """A client version and what sets its lines apart."""

    version: bytes
    type_first: bool  # {"type": first, content last; else {"parentUuid" and message before type
    early_final: bool  # every main line carries the final usage (since 2.1.97)
    progress: bool  # progress lines that embed copies (until 2.1.78)
    iterations: bool  # the final usage is repeated as an iteration (since about 2.1.228)
    requests: bool  # api-request, api-request-shape, prompt_snapshot (since about 2.1.300)


CLIENTS = (
    Client(b"2.1.71", False, False, True, False, False),
    Client(b"2.1.143", False, True, False, False, False),
    Client(b"2.1.235", False, True, False, True, False),
    Client(b"2.1.330", True, True, False, True, True),
)


class Line(NamedTuple):
    """A line before it is bound to a file, so that it can be copied to another."""

    kind: bytes
    body: bytes  # `"message":{...}` or alike
    extra: bytes  # fields of the envelope, each followed by a comma
    uuid: bytes
    parent: bytes  # quoted, or null
    time: bytes
    message_id: bytes = b""


class Sheet:
    """One file: lines with the envelope of its client, session and agent."""

    def __init__(self, client: Client, session: bytes, cwd: bytes, agent: bytes = b"") -> None:
        self.client, self.session, self.agent = client, session, agent
        self.parts: list[bytes] = []
        self.size = 0
        self.parent = b"null"
        self._time = b""  # of the last line that has one
        side = b"true" if agent else b"false"
        agent_field = b'"agentId":"%b",' % agent if agent else b""
        if client.type_first:
            self._head = b',"version":"%b","isSidechain":%b,"userType":"external",' % (
                client.version,
                side,
            )
            self._head += b'"entrypoint":"cli","timestamp":"'
            self._tail = b',"sessionId":"%b",%b' % (session, agent_field)
            self._place = b'"cwd":"%b","gitBranch":"main",' % cwd
        else:
            self._head = b',"isSidechain":%b,%b' % (side, agent_field)
            self._tail = b'","userType":"external","entrypoint":"cli","cwd":"%b",' % cwd
            self._tail += b'"sessionId":"%b","version":"%b","gitBranch":"main"}\n' % (
                session,
                client.version,
            )

    def save(self, path: str, mode: str) -> int:
        """Write or append the file, last changed when its last line was; return its bytes."""
        with open(path, mode) as file:
            file.writelines(self.parts)
        changed = datetime.fromisoformat(self._time.decode()).timestamp()
        os.utime(path, (changed, changed))
        return self.size

    def note(self, kind: bytes, fields: bytes = b"") -> None:
        """Append a line without an envelope, such as ai-title."""
        self._append(b'{"type":"%b",%b"sessionId":"%b"}\n' % (kind, fields, self.session))

    def put(self, line: Line) -> int:
        """Append a line; return its length."""
        if self.client.type_first:
            done = b'{"type":"%b"%b%b","uuid":"%b","parentUuid":%b%b%b%b%b}\n' % (
                line.kind,
                self._head,
                line.time,
                line.uuid,
                line.parent,
                self._tail,
                line.extra,
                self._place,
                line.body,
            )
        elif line.kind in (b"user", b"progress", b"system"):  # only answers put their message first
            done = b'{"parentUuid":%b%b"type":"%b",%b,%b"uuid":"%b","timestamp":"%b%b' % (
                line.parent,
                self._head,
                line.kind,
                line.body,
                line.extra,
                line.uuid,
                line.time,
                self._tail,
            )
        else:
            done = b'{"parentUuid":%b%b%b,%b"type":"%b","uuid":"%b","timestamp":"%b%b' % (
                line.parent,
                self._head,
                line.body,
                line.extra,
                line.kind,
                line.uuid,
                line.time,
                self._tail,
            )
        self._append(done)
        self.parent, self._time = b'"%b"' % line.uuid, line.time
        return len(done)

    def _append(self, line: bytes) -> None:
        self.parts.append(line)
        self.size += len(line)


class Vector(NamedTuple):
    """Tokens of one response as it will be counted."""

    input: int
    output: int
    read: int
    write_5m: int
    write_1h: int
    searches: int = 0


_PROMPT = (
    b'"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,'
    b'"cache_creation":{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":%d}'
)


def draft_usage(vector: Vector, output: int) -> bytes:
    """Return the usage that a line carries before the stream has ended."""
    rest = b',"output_tokens":%d,"service_tier":"standard","inference_geo":"not_available"'
    return _prompt(vector) + rest % output


def final_usage(vector: Vector, iterations: bool = False) -> bytes:
    """Return the usage of a final line; newer clients repeat it as an iteration."""
    rest = (
        b',"output_tokens":%d,"server_tool_use":{"web_search_requests":%d,"web_fetch_requests":0},'
        b'"service_tier":"standard","inference_geo":"not_available","iterations":[%b],'
        b'"speed":"standard"'
    )
    prompt = _prompt(vector)
    repeated = b'{%b,"output_tokens":%d,"type":"message"}' % (prompt, vector.output)
    return prompt + rest % (vector.output, vector.searches, repeated if iterations else b"")


def _prompt(vector: Vector) -> bytes:
    written = vector.write_5m + vector.write_1h
    return _PROMPT % (vector.input, written, vector.read, vector.write_5m, vector.write_1h)


def message(
    client: Client, model: bytes, message_id: bytes, content: bytes, stop: bytes, usage: bytes
) -> bytes:
    """Return the body of an assistant line; `stop` is quoted, or null.

    Clients that put the type first put the content last.
    """
    names = b'"model":"%b","id":"%b","type":"message","role":"assistant"' % (model, message_id)
    blocks = b'"content":[%b]' % content
    told = b'"stop_reason":%b,"stop_sequence":null,"stop_details":null,"usage":{%b}' % (stop, usage)
    parts = (names, told, blocks) if client.type_first else (names, blocks, told)
    return b'"message":{%b}' % b",".join(parts)
