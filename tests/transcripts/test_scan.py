"""What is found in many lines at once: the same whatever the chunks, and nothing by mistake."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.model import Response
from ccmeter.transcripts import gather
from ccmeter.transcripts.parse import Place
from ccmeter.transcripts.scan import Found, nothing, scan, scan_line
from ccmeter.transcripts.tail import Chunk

Make = Callable[..., bytes]
PLACE = Place("session", "", None, 1)


def scanned(*lines: bytes) -> Found:
    found = nothing()
    count, _ = scan(Chunk.of(0, b"".join(lines)), PLACE, found)
    assert count == sum(line.count(b"\n") for line in lines)
    return found


def settled(found: Found) -> list[Response]:
    return list(gather.settled(found.answers, PLACE))


def keys(found: Found) -> list[str]:
    return [response.key for response in settled(found)]


SHAPES = {
    "as written": lambda line: line,
    "with spaces": lambda line: line.replace(b'":', b'": ').replace(b',"', b', "'),
    "with a carriage return": lambda line: line.replace(b"\n", b"\r\n"),
    "indented": lambda line: b"  " + line,
    "after NULs": lambda line: b"\0" * 99 + line,
    "before NULs": lambda line: line[:-1] + b"\0" * 99 + b"\n",
    "after a byte order mark": lambda line: b"\xef\xbb\xbf" + line,
    "with bad UTF-8": lambda line: line.replace(b'"sessionId"', b'"x":"\xff\xfe","sessionId"'),
    "with half a surrogate": lambda line: line.replace(b'"s"', b'"\\ud83d"'),
    "with another key first": lambda line: b'{"uuid":"u",' + line[1:],
    "with a huge key first": lambda line: b'{"x":"' + b"x" * 99_999 + b'",' + line[1:],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("first", [b"", b'{"type":"mode","x":"' + b"x" * 200 + b'"}\n'])
def test_an_answer_is_found_in_any_shape(first: bytes, shape: str, answer: Make) -> None:
    """Also behind a line that is written in another way."""
    found = scanned(first, SHAPES[shape](answer()), answer(1, "m2"))

    assert keys(found) == ["m1", "m2"]
    assert found.skips == []


def test_an_answer_behind_a_cut_off_record_is_found(user: Make, answer: Make) -> None:
    cut = user(0, text='{"type":"assistant"}')[:-25]
    found = scanned(cut + answer(), answer(1, "m2")[:-20] + answer(2, "m3"))

    assert keys(found) == ["m1", "m3"]
    assert [skip.reason for skip in found.skips] == ["a record is cut off"] * 2
    assert [skip.offset for skip in found.skips] == [0, len(cut + answer())]


def test_two_records_on_a_line_are_both_found(answer: Make) -> None:
    found = scanned(answer(0, "m1").rstrip() + b" " + answer(1, "m2"))

    assert keys(found) == ["m1", "m2"]
    assert found.skips == []


@pytest.mark.parametrize(
    "line",
    [
        b"garbage\n",
        b"[1, 2]\n",
        b'"assistant"\n',
        b'["assistant"]\n',
        b'{"type":"assistant"\n',
        b"\0\0\0\n",
        b"null\n",
        b"\xff\xff\n",
        b'{"a":' + b"[" * 100_000 + b'"assistant"' + b"]" * 100_000 + b"}\n",
    ],
)
def test_a_line_without_a_record_is_named_with_its_place(line: bytes, answer: Make) -> None:
    found = scanned(answer(), line, answer(1, "m2"))

    assert keys(found) == ["m1", "m2"]
    assert [skip.offset for skip in found.skips] == [len(answer())]


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"   \n", b"\t\r\n"])
def test_a_blank_line_is_nothing(line: bytes) -> None:
    found = scanned(line, line)

    assert found == nothing()


EMBEDDED = {
    "progress": lambda record: {"type": "progress", "data": {"message": record}},
    "user": lambda record: {"type": "user", "toolUseResult": record},
    "attachment": lambda record: {"type": "attachment", "attachment": record},
    "a list": lambda record: {"type": "other", "messages": [record, record]},
    "a summary": lambda record: {"parentUuid": None, "type": "summary", "last": record},
}


@pytest.mark.parametrize("kind", EMBEDDED)
def test_an_answer_inside_another_record_is_not_counted(kind: str, answer: Make) -> None:
    record = json.loads(answer())
    line = json.dumps(EMBEDDED[kind](record), separators=(",", ":")).encode() + b"\n"
    found = scanned(line)

    assert keys(found) == []
    assert found.skips == []


def test_text_that_looks_like_a_mark_is_none(user: Make) -> None:
    text = '<command-name>/clear</command-name> "compact_boundary" "isCompactSummary":true'
    found = scanned(
        user(0, message={"role": "user", "content": [{"type": "text", "text": text}]}),
        user(0, toolUseResult={"stdout": text, "isCompactSummary": True}),
    )

    assert found.marks == []


@pytest.mark.parametrize("size", [10, 5_000])
def test_a_summary_in_blocks_is_a_mark_however_long_it_is(size: int) -> None:
    content = [{"type": "text", "text": "x" * size}]
    record = {"parentUuid": None, "type": "user", "message": {"role": "user", "content": content}}
    after = {"isCompactSummary": True, "timestamp": "2026-02-03T04:05:06.007Z"}
    found = scanned(
        *(json.dumps(r, separators=(",", ":")).encode() + b"\n" for r in (record, record | after))
    )

    assert [mark.kind for mark in found.marks] == ["compact_summary"]


def test_no_content_is_kept_of_answers_that_are_not_finished_yet(answer: Make) -> None:
    content = [{"type": "text", "text": "0123456789"}]
    message = {"id": "m1", "model": "m", "content": content, "usage": {"output_tokens": 2}}
    found = scanned(answer(message=message, uuid="a"), answer(1, message=message, uuid="b"))

    assert "0123" not in repr(
        [(seen.record, seen.first, seen.held, seen.shown) for seen in found.answers.seen.values()]
    )
    assert [(b.line, b.text_bytes) for b in gather.blocks(found.answers, PLACE)] == [
        ("a", 10),
        ("b", 10),
    ]


def test_every_response_without_an_end_keeps_its_blocks(answer: Make) -> None:
    content = [{"type": "text", "text": "0123456789"}]
    message = {"model": "m", "content": content, "usage": {"output_tokens": 2}}
    lines = [answer(n, message=message | {"id": f"m{n % 3}"}, uuid=f"u{n}") for n in range(6)]
    found = scanned(*lines)

    assert {(b.line, b.text_bytes) for b in gather.blocks(found.answers, PLACE)} == {
        (f"u{n}", 10) for n in range(6)
    }
    assert sorted(keys(found)) == ["m0", "m1", "m2"]


def test_a_last_line_is_taken_only_if_it_is_whole(answer: Make) -> None:
    found = nothing()

    assert not scan_line(answer().rstrip()[:-1], 7, PLACE, found)
    assert not scan_line(b"", 7, PLACE, found)
    assert not scan_line(answer()[:-9] + answer().rstrip(), 7, PLACE, found)
    assert found == nothing()
    assert scan_line(answer().rstrip(), 7, PLACE, found)
    assert [r.offset for r in settled(found)] == [7]


def test_an_overlong_line_is_named(answer: Make) -> None:
    found = nothing()
    count, _ = scan(Chunk.of(100, answer(), (3, 50)), PLACE, found)

    assert count == 3
    assert [skip.offset for skip in found.skips] == [3, 50]
    assert [r.offset for r in settled(found)] == [100]


noise = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b'{"type":"user"}', b'{"a": 1}', b"{}", b'{"type":"system"', b"\0", b"{"]),
).map(lambda data: data.replace(b"\n", b"") + b"\n")


def in_chunks(lines: list[bytes], data: st.DataObject) -> Found:
    """The same lines, scanned in chunks that end wherever it happens."""
    found, offset, sent, start = nothing(), 0, None, 0
    while start < len(lines):
        end = data.draw(st.integers(start + 1, len(lines)))
        part = b"".join(lines[start:end])
        _, sent = scan(Chunk.of(offset, part), PLACE, found, sent)
        offset, start = offset + len(part), end
    return found


@given(lines=st.lists(st.one_of(noise, st.integers(0, 3)), max_size=12), data=st.data())
def test_nothing_depends_on_how_lines_are_cut_into_chunks(
    lines: list[Any], data: st.DataObject, answer: Make
) -> None:
    whole = [answer(n, f"m{n}") if isinstance(n, int) else n for n in lines]
    together, apart = scanned(*whole), in_chunks(whole, data)

    assert settled(apart) == settled(together)
    assert apart.answers.reused == together.answers.reused
    assert apart.marks == together.marks


told = st.fixed_dictionaries(
    {
        "ident": st.sampled_from(["m1", "m2", "m3"]),
        "second": st.integers(0, 59),
        "stop": st.sampled_from([None, "", "end_turn"]),
        "output": st.integers(0, 3),
        "cwd": st.sampled_from(["/a", "/b"]),
        "copied": st.booleans(),
    }
)


def as_written(told: dict[str, Any], number: int) -> bytes:
    """A line of an answer in the order of keys that most clients use, with a block of content."""
    usage = {"input_tokens": 1, "output_tokens": told["output"]}
    content = [{"type": "text", "text": "x" * number}]
    message = {"model": "m", "id": told["ident"], "type": "message", "role": "assistant"}
    message |= {"content": content, "stop_reason": told["stop"], "usage": usage}
    record = {"parentUuid": None, "isSidechain": told["copied"], "message": message}
    record |= {"requestId": "r", "type": "assistant", "uuid": f"u{number}"}
    record |= {"timestamp": f"2026-02-03T04:05:{told['second']:02}.006Z", "cwd": told["cwd"]}
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


@given(lines=st.lists(st.one_of(told, st.integers(0, 59)), max_size=14), data=st.data())
def test_what_lines_of_a_response_tell_together_does_not_depend_on_chunks(
    lines: list[Any], data: st.DataObject, user: Make
) -> None:
    """A response may go on after any number of others; what was let go of is found again."""
    whole = [
        user(line) if isinstance(line, int) else as_written(line, number)
        for number, line in enumerate(lines)
    ]
    together, apart = scanned(*whole), in_chunks(whole, data)

    assert sorted(settled(apart)) == sorted(settled(together))
    assert sorted(gather.blocks(apart.answers, PLACE)) == sorted(
        gather.blocks(together.answers, PLACE)
    )


@pytest.mark.parametrize(
    ("odd", "moment_ms"),
    [
        ("2026-02-03T04:05:00+0100", 1_770_087_900_000),
        ("2026-02-03T23:49:00+2000", 1_770_090_540_000),
        ("2026-02-03 03:50:00.000Z", 1_770_090_600_000),
        ("20260203T035000.0000000Z", 1_770_090_600_000),
        ("2026-W06-2T03:50:00.000Z", 1_770_090_600_000),
    ],
)
def test_the_earliest_line_is_found_by_its_moment_however_it_is_written(
    odd: str, moment_ms: int, answer: Make
) -> None:
    """Each form has the length of the usual one; as text, most of them would not come first."""
    usual, early = answer(0), answer(0, timestamp=odd)
    for lines in ([usual, early], [early, usual], [usual, early, usual]):
        (found,) = settled(scanned(*lines))

        assert found.time_ms == moment_ms


@pytest.mark.parametrize("odd", ["2026-02-03T04:05:00-0100", "2026-02-03 05:00:00.000Z"])
def test_a_later_line_is_not_taken_for_the_earliest(odd: str, answer: Make) -> None:
    """As text both would come first."""
    for lines in ([answer(0), answer(0, timestamp=odd)], [answer(0, timestamp=odd), answer(0)]):
        (found,) = settled(scanned(*lines))

        assert found.time_ms == 1_770_091_500_006


@given(data=st.binary(max_size=300))
def test_no_bytes_at_all_stop_the_scanner(data: bytes) -> None:
    for start in (b"", b'{"type":"assistant",', b'{"type":"user","x":"<command-name>'):
        scanned(start + data + b"\n")


def test_an_id_that_a_proxy_reuses_is_told_apart_by_request_or_model(answer: Make) -> None:
    lines = [answer(n, "x", requestId=request) for n, request in enumerate(("r1", "r2", "r1"))]
    found = scanned(*lines)

    assert keys(found) == ["x:r1", "x:r2"]
    assert found.answers.reused == {"x"}


def test_copies_of_agents_fold_whatever_their_request_id(answer: Make) -> None:
    """The replay may come first, in between or last, and may hold the final usage."""
    main = answer(0, "x", requestId="r1")
    copy = answer(0, "x", requestId="r2", isSidechain=True, agentId="a")
    for lines in ([copy, main, main], [main, copy, main], [main, main, copy], [copy, main, copy]):
        found = scanned(*lines)

        assert keys(found) == ["x"]
        assert not found.answers.reused
        assert [r.request_id for r in settled(found)] == ["r1"]
