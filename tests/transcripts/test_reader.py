"""One file from its cursor to what is new in it, whatever happens to the file meanwhile."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ccmeter.model import Cursor
from ccmeter.transcripts.discover import Transcript, discover
from ccmeter.transcripts.reader import Batch, agent_type, read_batch, reused_ids, told_at
from ccmeter.transcripts.tail import CHUNK, unchanged

Make = Callable[..., bytes]
BASE_MS = 1_770_091_500_006  # 2026-02-03T04:05:00.006Z


def only(projects: Path) -> Transcript:
    (file,) = discover([str(projects.parent)])
    return file


def read(projects: Path, cursor: Cursor | None = None) -> Batch:
    batch = read_batch(only(projects), cursor)
    assert batch is not None
    return batch


def written(projects: Path, data: bytes) -> None:
    (projects / "s.jsonl").write_bytes(data)


def test_a_whole_last_line_without_newline_counts_and_is_read_again_when_it_ends(
    projects: Path, answer: Make
) -> None:
    written(projects, answer(0, "m0") + answer(1, "m1").rstrip())
    batch = read(projects)

    assert [r.key for r in batch.responses] == ["m0", "m1"]
    assert batch.cursor.offset == len(answer(0, "m0"))
    assert unchanged(only(projects), batch.cursor)

    written(projects, answer(0, "m0") + answer(1, "m1"))
    assert [r.key for r in read(projects, batch.cursor).responses] == ["m1"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_last_line_is_not_bad_until_it_ends(cut: int, projects: Path, answer: Make) -> None:
    written(projects, answer().rstrip()[:-cut])
    batch = read(projects)

    assert (batch.responses, batch.skips) == ([], [])
    assert unchanged(only(projects), batch.cursor)


def test_a_line_that_grows_while_it_is_read_is_read_by_the_next_pass(
    projects: Path, answer: Make
) -> None:
    written(projects, answer(0, "m0"))
    file = only(projects)
    written(projects, answer(0, "m0") + answer(1, "m1") + answer(2, "m2")[:50])
    first = read_batch(file, None)
    assert first is not None
    written(projects, answer(0, "m0") + answer(1, "m1") + answer(2, "m2"))
    second = read(projects, first.cursor)

    assert [r.key for r in first.responses] == ["m0", "m1"]
    assert [r.key for r in second.responses] == ["m2"]
    assert not unchanged(file, first.cursor)
    assert unchanged(only(projects), second.cursor)


def test_a_long_file_is_read_in_stretches(projects: Path, user: Make, answer: Make) -> None:
    filler = user(0, text="x" * (CHUNK // 2))
    lines = [answer(n, f"m{n}") + filler for n in range(8)]
    written(projects, b"".join(lines))
    cursor, keys, starts, more = None, [], [], True
    while more:
        batch = read_batch(only(projects), cursor, segment=CHUNK)
        assert batch is not None
        keys += [r.key for r in batch.responses]
        starts.append(batch.start)
        cursor, more = batch.cursor, batch.more

    assert len(starts) > 2
    assert starts == sorted(set(starts))
    assert keys == [f"m{n}" for n in range(8)]
    assert unchanged(only(projects), cursor)


def test_a_file_that_has_vanished_is_no_batch(projects: Path) -> None:
    written(projects, b"")
    file = only(projects)
    (projects / "s.jsonl").unlink()

    assert read_batch(file, None) is None
    assert reused_ids(file) == frozenset()
    assert told_at(file, 0) == []


def test_a_folder_or_pipe_that_took_the_place_of_a_file_is_no_batch(projects: Path) -> None:
    written(projects, b"")
    file = only(projects)
    (projects / "s.jsonl").unlink()
    (projects / "s.jsonl").mkdir()
    assert read_batch(file, None) is None

    (projects / "s.jsonl").rmdir()
    os.mkfifo(projects / "s.jsonl")
    started = time.monotonic()
    assert read_batch(file, None) is None
    assert reused_ids(file) == frozenset()
    assert told_at(file, 0) == []
    assert time.monotonic() - started < 1


def test_a_request_is_timed_by_the_line_before_its_answer(
    projects: Path, user: Make, answer: Make
) -> None:
    written(projects, user(1) + user(3) + answer(5) + answer(6) + user(8) + answer(9, "m2"))
    batch = read(projects)

    assert [r.start_ms for r in batch.responses] == [BASE_MS + 3_000, BASE_MS + 8_000]


@pytest.mark.parametrize("noise", [b"", b'{"type":"api-request-blob","message":"x"}\n' * 500])
def test_a_request_is_timed_although_its_answer_came_later(
    noise: bytes, projects: Path, user: Make, answer: Make
) -> None:
    """A watcher reads the prompt when it is written, long before the answer."""
    prompt = answer(0, "m0") + user(3) + noise
    written(projects, prompt)
    first = read(projects)
    written(projects, prompt + answer(5))
    (late,) = read(projects, first.cursor).responses

    assert late.start_ms == BASE_MS + 3_000


def test_an_answer_is_not_timed_by_a_request_that_was_answered(
    projects: Path, user: Make, answer: Make
) -> None:
    written(projects, user(3) + answer(5))
    first = read(projects)
    written(projects, user(3) + answer(5) + answer(7, "m2"))
    (late,) = read(projects, first.cursor).responses

    assert late.start_ms is None


def test_a_user_line_that_tells_of_an_assistant_still_times_the_request(
    projects: Path, user: Make, answer: Make
) -> None:
    told = {"messages": [{"type": "assistant", "role": "assistant"}]}
    written(projects, user(1) + user(3, toolUseResult=told) + answer(5))

    assert read(projects).responses[0].start_ms == BASE_MS + 3_000


@pytest.mark.parametrize(
    ("name", "meta", "kind"),
    [
        ("s.jsonl", None, None),
        ("s/subagents/agent-1.jsonl", None, None),
        ("s/subagents/agent-1.jsonl", b'{"agentType":"Explore","description":"text"}', "Explore"),
        ("s/subagents/agent-1.jsonl", b'{"agentType":7}', None),
        ("s/subagents/agent-1.jsonl", b"[]", None),
        ("s/subagents/agent-1.jsonl", b'{"agentType":"Expl', None),
        ("s/subagents/agent-1.jsonl", b'{"agentType":"\xff"}', None),
        ("s/subagents/agent-acompact-1.jsonl", None, "compact"),
        ("s/subagents/agent-aside_question-1.jsonl", None, "side_question"),
        ("s/subagents/agent-aprompt_suggestion-1.jsonl", None, "prompt_suggestion"),
    ],
)
def test_the_kind_of_an_agent_is_read_off_its_name_or_the_file_beside_it(
    name: str, meta: bytes | None, kind: str | None, projects: Path
) -> None:
    path = projects / "p" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    if meta is not None:
        path.with_suffix(".meta.json").write_bytes(meta)

    assert agent_type(only(projects)) == kind


def test_a_pipe_in_the_place_of_the_file_beside_an_agent_does_not_block(projects: Path) -> None:
    folder = projects / "p/s/subagents"
    folder.mkdir(parents=True)
    (folder / "agent-1.jsonl").write_bytes(b"")
    os.mkfifo(folder / "agent-1.meta.json")
    started = time.monotonic()

    assert agent_type(only(projects)) is None
    assert time.monotonic() - started < 1


def test_the_file_tells_which_ids_are_reused(projects: Path, answer: Make) -> None:
    lines = [answer(0, "x", requestId="r1"), answer(1, "x", requestId="r2"), answer(2, "m2")]
    written(projects, b"".join(lines))

    assert reused_ids(only(projects)) == {"x"}


@pytest.mark.parametrize("rest", [b"", b"\n", b"\n{}\n"])
@pytest.mark.parametrize("huge", ["x", "x" * 99_999])
def test_one_line_is_read_wherever_it_stands(
    huge: str, rest: bytes, projects: Path, user: Make, answer: Make
) -> None:
    before = answer(0, "m0") + user(3)
    written(projects, before + answer(5, "m1", text=huge).rstrip() + rest)
    (found,) = told_at(only(projects), len(before))

    assert (found.key, found.offset) == ("m1", len(before))
    assert (found.time_ms, found.start_ms) == (BASE_MS + 5_000, BASE_MS + 3_000)
