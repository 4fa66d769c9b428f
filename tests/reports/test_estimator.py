"""The output that unfinished responses hide: an estimate, apart from what was counted."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metered import Line, Place, answer
from test_coverage_properties import somewhere

from ccmeter.ingest import ingest
from ccmeter.render.machine import report_json
from ccmeter.reports.estimator import load_fits
from ccmeter.reports.overview import Extras, Report

TEXT = {"type": "text", "text": "x" * 998 + "ö"}  # 1,000 bytes
TOOL = {"type": "tool_use", "name": "Bash", "input": {"command": "y" * 486}}  # 500 bytes as JSON
THOUGHT = {"type": "thinking", "thinking": "", "signature": "z" * 200}
ADDED = Extras(missing=True)

# text, tool input, tool call, signature, base: the published fit, per group of models
FITS = {
    "claude-opus-5": (0.4563, 0.3968, 43.8, 0.3050, 24.3),
    "claude-opus-4-8": (0.4376, 0.3852, 92.1, 0.2962, -4.3),
    "claude-opus-4-6": (0.3016, 0.2752, 37.7, 0.2550, 47.3),
    "claude-sonnet-4-5": (0.3616, 0.3761, 24.1, 0.2421, 3.9),
    "claude-sonnet-5": (0.3920, 0.4369, 46.6, 0.2559, -28.6),
    "claude-haiku-4-5": (0.3265, 0.3667, 30.8, 0.2156, 20.2),
    "claude-fable-5": (0.4065, 0.4229, 61.5, 0.2543, -45.0),
}


def line(key: str, number: int, *content: dict[str, Any], **changes: Any) -> Line:
    """A line of a response that has no final line: 4 tokens of output are written on it."""
    return answer(
        changes.pop("session", "s"),
        key,
        changes.pop("minute", 0),
        **{"output": 4, "stop_reason": None, "model": "claude-opus-5", "version": "2.1.200"}
        | changes
        | {"uuid": f"{key}-{number}", "content": list(content)},
    )


def whole(key: str = "m1", **changes: Any) -> list[Line]:
    """One response on three lines: 1,000 bytes of text, 500 of one tool call, 200 of signature."""
    parts = (THOUGHT, TEXT, TOOL)
    return [line(key, n, part, **changes) for n, part in enumerate(parts)]


def missing(report: Report) -> int:
    return report.totals.missing_output


def blocks(place: Place) -> int:
    (count,) = place.connection.execute("select count(*) from blocks").fetchone()
    return int(count)


@pytest.mark.parametrize("model", FITS)
def test_the_estimate_is_the_published_fit(place: Place, model: str) -> None:
    place.write("s", *whole(model=model))
    a, b, c, d, e = FITS[model]
    expected = round(a * 1000 + b * 500 + c * 1 + d * 200 + e) - 4

    assert missing(place.sync().report()) == expected


def test_newer_models_borrow_the_fit_of_their_like(place: Place) -> None:
    place.write("s", *whole(model="claude-opus-5-5"))

    assert missing(place.sync().report()) == 784 - 4  # 456.3 + 198.4 + 43.8 + 61 + 24.3


NOT_ESTIMATED = {
    "another model": whole(model="glm-5.1"),
    "a model that was never fitted": whole(model="claude-opus-4-1"),
    "a client before 2.1.9": whole(version="2.1.8"),
    "a client that does not say its version": whole(version=""),
    "a finished response": [*whole(), line("m1", 9, stop_reason="end_turn", output=10)],
    "a response whose lines show less than was written": whole(output=900),
}


@pytest.mark.parametrize("name", NOT_ESTIMATED)
def test_nothing_is_estimated_for(place: Place, name: str) -> None:
    place.write("s", *NOT_ESTIMATED[name])

    assert missing(place.sync().report()) == 0


def test_the_oldest_client_with_an_estimate_is_2_1_9(place: Place) -> None:
    place.write("s", *whole(version="2.1.9"))

    assert missing(place.sync().report()) == 780


def test_each_line_counts_once_however_often_it_is_copied(place: Place) -> None:
    place.write("s", *whole(), *whole())
    agent = [{**copy, "isSidechain": True, "agentId": "a1"} for copy in whole()]
    place.write("s/subagents/agent-acompact-a1", *agent)

    assert missing(place.sync().report()) == 780


def test_lines_that_come_later_add_to_it(place: Place) -> None:
    first, *rest = whole()
    place.write("s", first)
    assert missing(place.sync().report()) == round(0.305 * 200 + 24.3) - 4

    place.add("s", *rest)
    assert missing(place.sync().report()) == 780


def test_sizes_are_dropped_when_the_final_line_comes(place: Place) -> None:
    place.write("s", *whole())
    place.sync()
    assert blocks(place) == 3

    place.add("s", line("m1", 9, stop_reason="end_turn", output=10))
    place.sync()
    assert blocks(place) == 0
    assert missing(place.report()) == 0


def test_sizes_that_come_after_the_final_line_are_not_kept(place: Place) -> None:
    place.write("s", line("m1", 9, stop_reason="end_turn", output=10))
    place.sync()
    place.add("s", *whole())
    place.sync()

    assert blocks(place) == 0


def test_reading_again_changes_nothing(place: Place) -> None:
    place.write("s", *whole())
    place.sync()
    ingest(place.connection, [str(place.folder)], full=True)

    assert (blocks(place), missing(place.report())) == (3, 780)


def test_no_text_is_stored(place: Place) -> None:
    place.write("s", *whole())
    place.sync()
    rows = place.connection.execute("select * from blocks").fetchall()

    assert {value for row in rows for value in row[2:]} == {0, 1, 200, 500, 1000}


def test_the_estimate_stands_beside_the_totals(place: Place) -> None:
    place.write("s", *whole(), answer("s", "m2", 1))
    report = place.sync().report()
    document = json.loads(report_json(report))
    totals, (row,) = document["totals"], document["rows"]

    for usage in (totals, row):
        assert usage["responses"] == 2
        assert usage["output_tokens"] == 504
        assert usage["estimated_missing_output_tokens"] == 780
        assert usage["estimated_missing_output_usd"] == 0.0195  # at $25 a million
    assert totals["list_cost_usd"] == 0.0191  # 0.005 + 0.0001 of m1, 0.014 of m2
    (note,) = [w for w in report.warnings if w.code == "unfinished-responses"]
    assert note.message.endswith(
        ", so their output is a lower bound: by estimate 780 tokens (about $0.02) are missing,"
        " which --estimate-missing adds."
    )


def test_on_request_it_is_added_and_said_loudly(place: Place) -> None:
    place.write("s", *whole(), answer("s", "m2", 1))
    plain, report = place.sync().report(), place.report(extras=ADDED)
    totals = report.totals

    assert (totals.responses, totals.unfinished) == (2, 1)
    assert totals.usage.output_tokens == 504 + 780
    assert totals.list_cost == plain.totals.list_cost + Decimal("0.0195")
    assert totals.compute.mid > plain.totals.compute.mid
    assert report.coverage == plain.coverage
    (note,) = [w for w in report.warnings if w.code == "estimated-output"]
    assert note.level == "warning"
    assert "about 780 output tokens ($0.02)" in note.message
    (other,) = [w for w in report.warnings if w.code == "unfinished-responses"]
    assert "missing" not in other.message


def test_it_is_part_of_no_other_row(place: Place) -> None:
    place.write("s", *whole(), *whole("m3", model="claude-sonnet-5"), answer("s", "m2", 1))
    rows = {row.key: row.totals for row in place.sync().report(by="model").rows}

    assert rows["claude-opus-5"].missing_output == 780
    assert rows["claude-sonnet-5"].missing_output == 680 - 4  # 392 + 218.45 + 46.6 + 51.18 - 28.6
    assert rows["claude-opus-5-5"].missing_output == 0


days = st.integers(0, 6)


@settings(max_examples=30)
@given(minutes=st.lists(st.integers(0, 7 * 24 * 60), min_size=1, max_size=6), cut=days)
def test_splitting_a_period_never_changes_the_sum(minutes: list[int], cut: int) -> None:
    with somewhere() as place:
        place.write("s", *(x for n, m in enumerate(minutes) for x in whole(f"m{n}", minute=m)))
        place.sync()
        middle = 24 + cut
        parts = (("2026-11-23", f"2026-11-{middle - 1}"), (f"2026-11-{middle}", "2026-12-02"))
        for extras in (Extras(), ADDED):
            all_ = place.report("2026-11-23", "2026-12-02", extras=extras).totals
            first, second = (place.report(*part, extras=extras).totals for part in parts)

            assert first.missing_output + second.missing_output == all_.missing_output
            assert first.missing_cost + second.missing_cost == all_.missing_cost
            assert first.list_cost + second.list_cost == all_.list_cost


def test_every_fit_names_its_source() -> None:
    fits = load_fits()

    assert "transcripts" in fits.source
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", fits.checked)


def test_hidden_final_lines_of_real_responses_are_estimated_well(
    place: Place, shared_dir: Any
) -> None:
    """Finished responses on several lines whose usage is struck out; lengths stand for the text.

    66 files are few, so a model may be further off than all of them together.
    """
    truth: dict[str, tuple[str, int]] = {}
    lines: dict[str, list[Line]] = {}
    for path in (shared_dir / "data" / "transcripts" / "projects").rglob("*.jsonl"):
        for record in records(path):
            message = record["message"]
            if message.get("stop_reason"):
                truth[message["id"]] = (message["model"], message["usage"]["output_tokens"])
            lines.setdefault(message["id"], []).append(struck(record))
    several = {key for key in truth if len({x["uuid"] for x in lines[key]}) > 1}
    place.write("s", *(line for key in sorted(several) for line in lines[key]))
    rows = {row.key: row.totals for row in place.sync().report("2020-01-01", by="model").rows}
    fitted = {model for model in rows if model in load_fits().models}
    true = sum(n for key, (model, n) in truth.items() if key in several and name(model) in fitted)
    estimate = sum(rows[model].missing_output for model in fitted)

    assert len(several) > 300
    assert 0.9 < estimate / true < 1.1


def name(model: str) -> str:
    return re.sub(r"-\d{8}$", "", model)


def records(path: Any) -> list[Line]:
    found = []
    for text in path.read_text(errors="replace").splitlines():
        if '"assistant"' in text and text.startswith("{") and text.endswith("}"):
            try:
                record = json.loads(text)
            except ValueError:
                continue
            if record.get("type") == "assistant" and "usage" in record["message"]:
                found.append(record)
    return found


def struck(record: Line) -> Line:
    """The line without its final usage, and with text of the length that it once had."""
    content = []
    for part in record["message"].get("content") or []:
        size = part.get("_bytes", 0)
        if part["type"] == "text":
            content.append({"type": "text", "text": "x" * size})
        elif part["type"] == "tool_use":
            content.append({**part, "input": {"": "x" * max(0, size - 7)}})
        elif part["type"] == "thinking":
            content.append({**part, "signature": "x" * part.get("_sig", 0)})
    usage = {**record["message"]["usage"], "output_tokens": 0}
    message = record["message"] | {"stop_reason": None, "usage": usage, "content": content}
    return {**record, "message": message, "version": "2.1.200"}
