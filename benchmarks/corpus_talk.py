"""One conversation of the corpus: the lines of a main session or of a subagent."""

from random import Random
from typing import NamedTuple

from corpus_answer import Wording, blocks_of, word, word_gateway
from corpus_lines import Line, Sheet, Vector, iso, new_id, new_uuid, text
from corpus_models import GATEWAYS

_LINES, _LINES_WEIGHTS = (1, 2, 3, 4, 5), (25, 45, 18, 9, 3)  # of a response: mean 2.2
_RESULTS = (  # bytes of tool results: mean 2,500
    *((80,) * 5 + (160,) * 5 + (320,) * 7 + (640,) * 6 + (1200,) * 5),
    *((2400,) * 5 + (4800,) * 4 + (9600,) * 2 + (36_000,)),
)
_NO_END = 0.12  # of a subagent's responses of several lines
_NO_END_MAIN, _NO_END_OLD = 0.003, 0.05
_REBUILT = 0.02  # of the prompts: nothing is read from the cache
_SEARCHED = 0.003
_CONTEXT = 400_000  # prompt tokens that end in a compaction


class Answer(NamedTuple):
    """One response as it was written: its lines, and what a meter must count."""

    lines: list[Line]
    model: bytes
    vector: Vector
    finished: bool
    tools: int
    size: int


class Talk:
    """Writes to one sheet and keeps the state of its prompt and clock; lean: bare responses."""

    def __init__(self, sheet: Sheet, model: bytes, time_ms: int, rng: Random, lean: bool) -> None:
        self.sheet, self.model, self.time_ms, self.rng, self.lean = sheet, model, time_ms, rng, lean
        self.shape = b"%064x" % rng.getrandbits(256)  # of the system prompt and tools
        self.request = b""  # id of the last api-request row
        self.messages = 0  # of that row
        self._gateway = model in GATEWAYS
        self._early_final = sheet.client.early_final and not sheet.agent and not self._gateway
        self._prompt = rng.randint(14_000, 30_000)
        self._cached = 0
        self._deck: list[int] = []

    def line(self, kind: bytes, body: bytes, extra: bytes = b"", message_id: bytes = b"") -> Line:
        """Append a line with a new uuid; return it for copies."""
        uuid, time = new_uuid(self.rng), iso(self.time_ms)
        line = Line(kind, body, extra, uuid, self.sheet.parent, time, message_id)
        self.sheet.put(line)
        return line

    def ask(self) -> Line:
        """Append what the user typed."""
        self.time_ms += self.rng.randint(5_000, 200_000)
        words = text(self.rng, 80 if self.lean else self.rng.randint(80, 900))
        body = b'"message":{"role":"user","content":"%b"}' % words
        return self.line(b"user", body, b'"permissionMode":"acceptEdits",')

    def answer(self, last: bool, end_elsewhere: bool = False) -> Answer:
        """Append all lines of one response; `end_elsewhere`: only the returned copy has its end."""
        count = 1 if self.lean else self.rng.choices(_LINES, _LINES_WEIGHTS)[0]
        self.time_ms += self.rng.randint(1_500, 20_000)
        vector, draft = self._vector(), self.rng.randint(1, 8)
        finished = end_elsewhere or not self._loses_its_end(count)
        wording = self._word(blocks_of(self.rng, count, last, self.lean), vector, draft)
        before = self.sheet.size
        lines = self._write(wording, finished and not end_elsewhere)
        if end_elsewhere:
            lines[-1] = lines[-1]._replace(body=wording.final[-1])
        believed = vector if finished else vector._replace(output=draft, searches=0)
        tools = 0 if last else max(1, count - 2)
        return Answer(lines, self.model, believed, finished, tools, self.sheet.size - before)

    def result(self, record: bytes | None = None, size: int | None = None) -> Line:
        """Append a tool's result; unless it has its own record its text stands there twice."""
        self.time_ms += self.rng.randint(50, 4_000)
        words = text(self.rng, size or self._next_size())
        body = (
            b'"message":{"role":"user","content":[{"tool_use_id":"%b","type":"tool_result",'
            b'"content":"%b"}]},"toolUseResult":%b'
        )
        record = record or b'{"stdout":"%b","stderr":"","interrupted":false}' % words
        return self.line(b"user", body % (new_id(b"toolu", self.rng), words, record))

    def _next_size(self) -> int:
        """Draw without replacement, so that short files have the same proportions."""
        if not self._deck:
            self._deck = self.rng.sample(_RESULTS, len(_RESULTS))
        return 80 if self.lean else self._deck.pop()

    @property
    def is_full(self) -> bool:
        return self._prompt > _CONTEXT

    def compact(self) -> int:
        """Shorten the prompt to a summary; return how long it was."""
        before, self._prompt, self._cached = self._prompt, 25_000, 0
        return before

    def _vector(self) -> Vector:
        if self.is_full:
            self.compact()
        self._prompt += self.rng.randint(200, 6_000)
        output = self.rng.randint(20, 1_800)
        if self._gateway:
            written = 7_000 if self.model == GATEWAYS[1] else 0
            return Vector(self._prompt - written, output, 0, written, 0)
        read = 0 if self.rng.random() < _REBUILT else self._cached
        written = self._prompt - read
        self._cached = self._prompt
        split = (written, 0) if self.sheet.agent else (0, written)
        return Vector(3, output, read, *split, int(self.rng.random() < _SEARCHED))

    def _loses_its_end(self, count: int) -> bool:
        if self._gateway:
            return False
        if self.sheet.agent:
            return count > 1 and self.rng.random() < _NO_END
        return self.rng.random() < (_NO_END_MAIN if self._early_final else _NO_END_OLD)

    def _word(self, blocks: list[bytes], vector: Vector, draft: int) -> Wording:
        client = self.sheet.client
        if self._gateway:
            return word_gateway(self.rng, client, self.model, blocks, vector)
        return word(self.rng, client, self.model, blocks, vector, draft)

    def _write(self, wording: Wording, finished: bool) -> list[Line]:
        bodies = wording.early[:-1] + wording.final[-1:]
        if not finished or self._early_final:
            bodies = wording.final if finished else wording.early
        extra = b"" if self._gateway else b'"requestId":"%b",' % new_id(b"req", self.rng)
        return [
            self.line(b"assistant", body, extra + self._place(number), wording.message_id)
            for number, body in enumerate(bodies)
        ]

    def _place(self, number: int) -> bytes:
        if not self.sheet.client.type_first:
            return b""
        ref = b'"requestRef":"%b",' % self.request if self.request else b""
        return ref + b'"effort":"high","apiBlockIndex":%d,' % number
