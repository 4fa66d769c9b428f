"""One session of the corpus: its main file, its subagents, sometimes a fork, and their truth."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

import corpus_chatter as chatter
from corpus_lines import CLIENTS, Line, Sheet, final_usage, new_uuid
from corpus_models import agent_model, client_at, main_model
from corpus_talk import Answer, Talk
from corpus_truth import Truth

_AGENTS_AT = (0.2, 0.5)  # of the session's target
_AGENT_SHARE = 0.17  # of the session's target
_FORK_EVERY, _FORK_SHARE = 12, 0.03  # sessions; of the session's lines
_LINE_BYTES = 2_350
_HUGE_EVERY, _HUGE = 100, 600_000  # sessions; bytes that one tool result holds twice


Keep = Callable[[list[Line]], None]


class Job(NamedTuple):
    """One session to write; the target is in bytes, or in responses when lean."""

    root: str
    seed: str
    number: int
    target: float
    time_ms: int
    quantile: float
    lean: bool


class Session:
    """Writes a main file, two subagent files and, in one session of twelve, a fork."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.rng = Random(f"{job.seed} {job.number}")
        self.truth = Truth()
        self.day = datetime.fromtimestamp(job.time_ms / 1000, UTC).date()
        self.client = client_at(job.quantile, self.rng)
        self.id = new_uuid(self.rng)
        self.cwd = b"/home/dev/project-%02d" % self.rng.randrange(24)
        self.main = self._talk(self.id, main_model(job.number, self.day, self.rng), job.time_ms)
        self._first: list[Line] = []
        lines = job.target / (1 if job.lean else _LINE_BYTES)
        self._copied = max(4, int(_FORK_SHARE * lines))
        self._agents = 0
        self._saved = 0

    def play(self) -> Truth:
        """Write every file of the session; return its truth."""
        if not self.job.lean:
            chatter.open_session(self.main)
        while self._size() < self.job.target:
            play_turn(self.main, self.truth, self._keep)
            due = self._agents < len(_AGENTS_AT)
            if due and self._size() > _AGENTS_AT[self._agents] * self.job.target:
                self._delegate()
        if not self.job.lean:
            self._add_oddities()
        if self.job.number % _FORK_EVERY == 1:
            self._fork()
        self._save(self.main.sheet, f"{self.id.decode()}.jsonl")
        return self.truth

    def _add_oddities(self) -> None:
        self.truth.count_lines(1, chatter.api_error(self.main))
        if self.job.number % _HUGE_EVERY == _HUGE_EVERY // 2:
            self.main.result(size=_HUGE)

    def _talk(self, session: bytes, model: bytes, time_ms: int, agent: bytes = b"") -> Talk:
        sheet = Sheet(self.client, session, self.cwd, agent)
        return Talk(sheet, model, time_ms, self.rng, self.job.lean)

    def _size(self) -> int:
        if self.job.lean:
            return self.truth.counts["responses"]
        return self.main.sheet.size + self._saved

    def _keep(self, lines: list[Line]) -> None:
        if len(self._first) < self._copied:
            self._first += lines

    def _delegate(self) -> None:
        """Run one subagent; its file begins with a copy of the response that asked for it."""
        self._agents += 1
        agent = b"a%016x" % self.rng.getrandbits(64)
        call = self.main.answer(last=False, end_elsewhere=self.client.progress)
        self.truth.count(call)
        talk = self._talk(self.id, agent_model(self.day, self.rng), self.main.time_ms, agent)
        talk.sheet.note(b"fork-context-ref", b'"agentId":"%b",' % agent)
        self._copy(call.lines, talk.sheet)
        answer = self._run_agent(talk)
        outcome = b'{"status":"completed","agentId":"%b","usage":{%b}}'
        self.main.result(outcome % (agent, final_usage(answer.vector)))
        self._save_agent(talk.sheet)

    def _run_agent(self, talk: Talk) -> Answer:
        talk.ask()
        before = self.truth.counts["responses"]
        while True:
            done = self.truth.counts["responses"] - before if self.job.lean else talk.sheet.size
            last = done > _AGENT_SHARE * self.job.target
            answer = talk.answer(last)
            self.truth.count(answer)
            if last:
                return answer
            if not self.job.lean:
                chatter.embed(self.main, talk.sheet.agent, answer)
                for _ in range(answer.tools):
                    talk.result()

    def _fork(self) -> None:
        fork = new_uuid(self.rng)
        talk = self._talk(fork, self.main.model, self.main.time_ms)
        source = b'"requestSessionId":"%b",' % self.id
        if not self.client.requests:
            source = b'"forkedFrom":{"sessionId":"%b"},' % self.id
        self._copy(self._first, talk.sheet, source)
        talk.ask()
        self.truth.count(talk.answer(last=True))
        self._save(talk.sheet, f"{fork.decode()}.jsonl")

    def _copy(self, lines: list[Line], sheet: Sheet, source: bytes = b"") -> None:
        for line in lines:
            size = sheet.put(line._replace(extra=line.extra + source))
            if line.message_id:
                self.truth.count_lines(1, size)
        self.truth.counts["copied_ids"] += len({line.message_id for line in lines} - {b""})

    def _save_agent(self, sheet: Sheet) -> None:
        name = os.path.join(self.id.decode(), "subagents", f"agent-{sheet.agent.decode()}")
        self._save(sheet, f"{name}.jsonl")
        with open(os.path.join(self._folder(), f"{name}.meta.json"), "wb") as file:
            file.write(b'{"agentType":"general-purpose","description":"look","spawnDepth":1}')

    def _save(self, sheet: Sheet, name: str) -> None:
        path = os.path.join(self._folder(), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._saved += sheet.save(path, "wb")
        self.truth.counts.update(files=1, lines=len(sheet.parts), bytes=sheet.size)

    def _folder(self) -> str:
        return os.path.join(self.job.root, "projects", self.cwd.decode().replace("/", "-"))


def write_session(job: Job) -> Truth:
    """Write one new session."""
    return Session(job).play()


def append_session(job: Job) -> Truth:
    """Append to the existing main file `job.root`, as the newest client that resumes it does."""
    rng, truth = Random(f"{job.seed} {job.number}"), Truth()
    folder, name = os.path.split(job.root)
    cwd = os.path.basename(folder).replace("-home-dev-", "/home/dev/")
    sheet = Sheet(CLIENTS[-1], name.removesuffix(".jsonl").encode(), cwd.encode())
    day = datetime.fromtimestamp(job.time_ms / 1000, UTC).date()
    talk = Talk(sheet, main_model(job.number, day, rng), job.time_ms, rng, lean=False)
    while sheet.size < job.target:
        play_turn(talk, truth)
    sheet.save(job.root, "ab")
    truth.counts.update(lines=len(sheet.parts), bytes=sheet.size)
    return truth


def play_turn(talk: Talk, truth: Truth, keep: Keep = lambda lines: None) -> None:
    """Write one prompt and the responses that it takes; `keep` sees the lines of the talk."""
    keep([talk.ask()])
    if not talk.lean:
        chatter.after_prompt(talk)
        if talk.is_full:
            chatter.compact(talk)
    steps = talk.rng.randint(3, 14)
    for step in range(steps):
        play_step(talk, truth, step == steps - 1, keep)
    if not talk.lean:
        chatter.close_turn(talk)


def play_step(talk: Talk, truth: Truth, last: bool, keep: Keep) -> None:
    if not talk.lean:
        chatter.before_request(talk)
    answer = talk.answer(last)
    truth.count(answer)
    keep(answer.lines)
    for _ in range(0 if talk.lean else answer.tools):
        chatter.before_result(talk)
        keep([talk.result()])
