"""However bytes arrive, what is found is what is found when all is judged at once."""

from typing import Any

from histories import OPUS, SONNET, Line, answer, command, compaction, fingerprint, fresh, record
from hypothesis import given
from hypothesis import strategies as st

GAPS = (0, 0.05, 3, 40, 200, 400, 4_000)
MARKS = (
    compaction,
    lambda s: command(s, "model"),
    lambda s: record("attachment", s, attachment={"type": "deferred_tools_delta"}),
    lambda s: record("attachment", s, attachment={"hookName": "SessionStart:resume"}),
    lambda s: record("system", s, subtype="api_error"),
    lambda s: record("queue-operation", s, operation="enqueue"),
)
PATHS = ("p/s1.jsonl", "p/s1/subagents/agent-a1.jsonl", "p/s2.jsonl", "q/s3.jsonl")
sessions = {"p/s1.jsonl": "s1", "p/s1/subagents/agent-a1.jsonl": "s1", "p/s2.jsonl": "s2",
            "q/s3.jsonl": "s3"}  # fmt: skip


def seldom(rare: Any, usual: Any) -> st.SearchStrategy[Any]:
    return st.integers(0, 11).map(lambda n: rare if n == 7 else usual)


@st.composite
def requests(draw: st.DrawFn, name: str, clock: float, number: int, cached: int) -> Any:
    """The lines of one request; they may begin with what stands before it."""
    lines: list[Line] = []
    clock += draw(st.sampled_from(GAPS))
    if draw(st.integers(0, 5)) == 0:
        lines.append(draw(st.sampled_from(MARKS))(clock))
    if draw(st.booleans()):
        lines.append(record("user", clock, message={"role": "user", "content": "x"}))
    clock += draw(st.sampled_from((0.01, 2, 30)))
    grown = draw(st.sampled_from((0, 900, 30_000, 120_000)))
    read = draw(st.sampled_from((cached, cached, cached, 0, cached // 3, 14_000)))
    total = max(read, cached) + grown
    about: Line = {
        "read": read,
        draw(st.sampled_from(("write", "write", "write_5m"))): total - read,
        "input": draw(st.sampled_from((2, 2, 25_000))),
        "output": draw(seldom(0, 300)),
        "model": draw(seldom(SONNET, draw(seldom("glm-5.1", OPUS)))),
        "version": draw(seldom("2.1.230", "2.1.219")),
        "entrypoint": draw(st.sampled_from(("cli", "sdk-cli"))),
    }
    if draw(st.integers(0, 3)) == 0:
        id_ = f"{name}-r{number}"
        base = f"{name}-r{number - 1}" if draw(st.booleans()) else None
        tail = draw(st.lists(st.sampled_from(("aa" * 6, "bb" * 6)), max_size=2))
        lines.append(fingerprint(id_, clock - 0.005, base, tail, keep=draw(st.integers(0, 3))))
        about["requestRef"] = id_
    if draw(st.integers(0, 4)) == 0:
        about["diagnosis"] = draw(st.sampled_from(("tools_changed", "messages_changed")))
    key = f"msg_0{name}{number}"
    draft = draw(st.sampled_from(("no", "no", "before", "empty", "only")))
    if draft == "before":
        lines.append(answer(key, clock, **{**about, "output": 1}, stop_reason=None))
    if draft == "empty":
        nothing = {"read": 0, "input": 0, "output": 0, "stop_reason": None}
        lines.append(answer(key, clock, **{**about, **nothing, "write": 0, "write_5m": 0}))
    stop = None if draft == "only" else "end_turn"
    lines.append(answer(key, clock + draw(st.sampled_from((0, 1))), **about, stop_reason=stop))
    if draw(st.integers(0, 9)) == 0:
        meter = {"totalCostUSD": 1.5, "modelUsage": {}, "totalDuration": number, "startTime": 5}
        lines.append(record("cost-state", clock, **meter))
    return lines, clock, total


@st.composite
def transcripts(draw: st.DrawFn, path: str) -> list[Line]:
    name = path.replace("/", "")[:4] + path[-8]
    clock = float(draw(st.sampled_from((0, 10, 3_000))))
    lines: list[Line] = []
    cached = 0
    for number in range(draw(st.sampled_from((0, 1, 5, 9, 14)))):
        more, clock, cached = draw(requests(name, clock, number, cached))
        lines += more
    about = {"sessionId": sessions[path]}
    if "agent" in path:
        about |= {"isSidechain": True, "agentId": "a1"}
    return [line | about for line in lines]


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[Line]]:
    """Files of three sessions and an agent; the last one begins with a copy of the first."""
    files = {path: draw(transcripts(path)) for path in PATHS}
    copied = files[PATHS[0]][: draw(st.integers(0, 6))]
    told = {"requestSessionId": "s1"} if draw(st.booleans()) else {}
    copies = [line | {"sessionId": "s3"} | told for line in copied if line["type"] == "assistant"]
    files[PATHS[3]] = copies + files[PATHS[3]]
    return files


@given(
    files=histories(),
    order=st.lists(st.tuples(st.sampled_from(PATHS), st.integers(1, 7)), max_size=40),
    full=st.booleans(),
)
def test_what_is_judged_bit_by_bit_is_what_is_judged_at_once(
    files: dict[str, list[Line]], order: list[tuple[str, int]], full: bool
) -> None:
    with fresh() as place:
        place.judge()
        shown = dict.fromkeys(PATHS, 0)
        for path, more in [*order, *((path, 1_000) for path in PATHS)]:
            shown[path] += more
            place.write(path, files[path][: shown[path]])
            place.sync()
            place.judge()
        if full:
            place.sync(full=True)
            place.judge()
        found = place.found()
        place.judge_anew()

        assert found == place.found()
