"""ccmeter export: every response as one row, and the rows add up to the report."""

import csv
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).resolve().parents[2] / "fixtures" / "conformance"
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
)
COLUMNS = [
    "key",
    "request_id",
    "time",
    "request_start",
    "user",
    "session",
    "project",
    "cwd",
    "agent",
    "agent_type",
    "model",
    "canonical_model",
    "requested_model",
    "version",
    "entrypoint",
    "effort",
    "speed",
    "geo",
    "service_tier",
    "cache_requested",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
    "thinking_tokens",
    "web_fetches",
    "stop_reason",
    "finished",
    "aborted",
    "cache_miss_reason",
    "cache_missed_tokens",
    "list_cost_usd",
    "source",
    "offset",
]
NEAR = Decimal("1e-9")

Rows = list[dict[str, str]]


def rows_of(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def conformance(claude_dir: Path) -> Path:
    """All published cases in one Claude folder."""
    for case in sorted(path.parent for path in CASES.glob("*/case.json")):
        shutil.copytree(
            case / "projects",
            claude_dir / "projects",
            copy_function=_old if "age_seconds" in (case / "case.json").read_text() else _new,
            dirs_exist_ok=True,
        )
    return claude_dir


def _new(source: str, target: str) -> None:
    shutil.copyfile(source, target)


def _old(source: str, target: str) -> None:
    """Two hours ago: whoever wrote a torn last line then is not going to finish it."""
    shutil.copyfile(source, target)
    os.utime(target, (time.time() - 7200,) * 2)


def test_a_row_holds_all_that_is_known(two: Path, ok: Any) -> None:
    full, _ = rows_of(ok("export"))

    assert list(full) == COLUMNS
    assert full == {
        "key": "msg_full",
        "request_id": "req_msg_full",
        "time": "2026-11-02T10:00:00.123Z",
        "request_start": "",
        "user": "me",
        "session": "session-1",
        "project": "/w/garden",
        "cwd": "/w/garden",
        "agent": "",
        "agent_type": "main",
        "model": "claude-opus-5-5",
        "canonical_model": "claude-opus-5-5",
        "requested_model": "claude-opus-5-5",
        "version": "2.1.300",
        "entrypoint": "cli",
        "effort": "high",
        "speed": "fast",
        "geo": "us",
        "service_tier": "standard",
        "cache_requested": "1h",
        "input_tokens": "10",
        "output_tokens": "20",
        "cache_read_tokens": "3000",
        "cache_write_5m_tokens": "300",
        "cache_write_1h_tokens": "400",
        "web_searches": "2",
        "thinking_tokens": "11",
        "web_fetches": "3",
        "stop_reason": "end_turn",
        "finished": "true",
        "aborted": "true",
        "cache_miss_reason": "system_changed",
        "cache_missed_tokens": "77",
        # fast in the US: 1.1 x (10x8 + 20x40 + 3000x0.4 + 300x10 + 400x16) / 1e6 + 2 x 0.01
        "list_cost_usd": "0.032628",
        "source": str(two),
        "offset": "0",
    }


def test_what_is_not_known_is_empty_and_never_zero_dollars(two: Path, ok: Any) -> None:
    _, bare = rows_of(ok("export"))
    line = two.read_bytes().splitlines(keepends=True)[0]

    assert (bare["model"], bare["canonical_model"]) == ("a,gateway", "a,gateway")
    for name in ("request_id", "version", "entrypoint", "speed", "stop_reason", "list_cost_usd"):
        assert bare[name] == ""
    assert (bare["finished"], bare["aborted"]) == ("false", "false")
    assert (bare["source"], bare["offset"]) == (str(two), str(len(line)))


def test_json_lines_say_the_same_with_types_and_nulls(two: Path, ok: Any) -> None:
    table = rows_of(ok("export"))
    full, bare = (json.loads(line) for line in ok("export", "--format", "jsonl").splitlines())

    assert list(full) == COLUMNS
    assert (full["output_tokens"], full["finished"], full["list_cost_usd"]) == (20, True, 0.032628)
    assert (bare["list_cost_usd"], bare["version"], bare["finished"]) == (None, None, False)
    for objects, row in zip((full, bare), table, strict=True):
        texts = {key: _text(value) for key, value in objects.items()}
        assert texts == row


def _text(value: Any) -> str:
    if value is None or value is True or value is False:
        return "" if value is None else str(value).lower()
    return str(value)


def test_a_cost_has_all_its_digits(transcript: Any, answer: Any, ok: Any) -> None:
    """3 tokens written for 5 minutes at 0.125 USD per million, in the US: 4.125e-7."""
    transcript(answer("m", "2026-11-02T10:00:00.000Z", model="claude-haiku-5-5", input=0, output=0,
                      read=0, write=3, usage={"inference_geo": "us"}))  # fmt: skip

    assert rows_of(ok("export"))[0]["list_cost_usd"] == "0.0000004125"
    assert '"list_cost_usd":0.0000004125,' in ok("export", "--format", "jsonl")


def test_the_conformance_set_adds_up_to_what_was_worked_out_by_hand(
    conformance: Path, ok: Any
) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    costs = Decimal()
    for path in CASES.glob("*/case.json"):
        case = json.loads(path.read_text("utf-8"))["expected"]
        costs += Decimal(case["list_cost_usd"] or 0)
        for model, row in case["by_model"].items():
            expected.update({(model, name): row[name] for name in ("responses", *COUNTS)})
    found: Counter[tuple[str, str]] = Counter()
    rows = rows_of(ok("export"))
    for row in rows:
        found.update({(row["canonical_model"], name): int(row[name]) for name in COUNTS})
        found[row["canonical_model"], "responses"] += 1

    assert +found == +expected
    assert sum(Decimal(row["list_cost_usd"] or 0) for row in rows) == costs
    assert len({row["key"] for row in rows}) == len(rows)
    assert rows == sorted(rows, key=lambda row: row["time"])


FILTERS = [
    ("--last", "all"),
    ("--last", "all", "--model", "opus"),
    ("--last", "all", "--model", "claude-opus-5-5"),
    ("--last", "all", "--project", "/w/garden"),
    ("--last", "all", "--project", "garden"),
    ("--last", "all", "--user", "me"),
    ("--last", "all", "--user", "nobody"),
    ("--last", "all", "--session", "1"),
    ("--since", "2026-03-01", "--until", "2026-10-31", "--timezone", "Europe/Berlin"),
    # days of 23 and 25 hours at the ends, where one offset for all would be an hour off
    ("--since", "2026-03-29", "--until", "2026-03-29", "--timezone", "Europe/Berlin"),
    ("--since", "2026-10-25", "--until", "2026-10-25", "--timezone", "Europe/Berlin"),
    ("--since", "2026-10-25", "--until", "2026-10-25", "--timezone", "UTC"),
    ("--since", "2026-11-01", "--until", "2026-11-01", "--timezone", "America/Los_Angeles"),
]


def assert_agrees(ok: Any, *options: str) -> int:
    """The rows add up to the report's totals, and to its rows by model, project and agent."""
    rows = rows_of(ok("export", "--no-sync", *options))
    keys = {"model": "canonical_model", "project": "project", "agent": "agent_type",
            "session": "session", "user": "user"}  # fmt: skip
    for by, column in keys.items():
        report = json.loads(ok("report", "--no-sync", "--json", "--by", by, *options))
        _assert_sums(rows, report["totals"])
        for group in report["rows"]:
            _assert_sums([row for row in rows if (row[column] or "unknown") == group["key"]], group)
    return len(rows)


def _assert_sums(rows: Rows, totals: dict[str, Any]) -> None:
    assert len(rows) == totals["responses"]
    for name in COUNTS:
        assert sum(int(row[name]) for row in rows) == totals[name]
    assert sum(row["finished"] == "false" for row in rows) == totals["unfinished_responses"]
    unpriced = [row for row in rows if not row["list_cost_usd"]]
    assert len(unpriced) == totals["unpriced"]["responses"]
    cost = sum(Decimal(row["list_cost_usd"] or 0) for row in rows)
    assert abs(cost - Decimal(str(totals["list_cost_usd"]))) < NEAR


def test_rows_add_up_to_the_report_for_every_filter_and_period(conformance: Path, ok: Any) -> None:
    ok("sync")
    counts = {options: assert_agrees(ok, *options) for options in FILTERS}

    assert counts[FILTERS[0]] > counts[FILTERS[1]] > counts[FILTERS[2]] > 0
    assert counts[FILTERS[3]] > 0
    assert counts["--last", "all", "--user", "nobody"] == 0
    # by hand: cases 75 and 76 have two responses on the long day, one of which UTC puts elsewhere
    berlin = json.loads((CASES / "75-berlin-day-of-25-hours/case.json").read_text("utf-8"))
    assert (
        counts[FILTERS[10]]
        >= berlin["expected"]["by_day"]["Europe/Berlin"]["2026-10-25"]["responses"]
    )


def test_rows_add_up_on_public_transcripts(shared_dir: Path, ok: Any, home: Path) -> None:
    copied = home / ".claude"
    shutil.copytree(shared_dir / "data" / "transcripts" / "projects", copied / "projects")
    ok("sync")

    everything = assert_agrees(ok, "--last", "all")
    assert everything == len(rows_of(ok("export", "--no-sync"))) > 1000
    assert_agrees(ok, "--last", "all", "--model", "sonnet")
    assert_agrees(ok, "--since", "2026-01-01", "--until", "2026-03-31", "--timezone", "Asia/Tokyo")


def test_two_users_keep_their_rows(transcript: Any, answer: Any, ok: Any, home: Path) -> None:
    transcript(answer("m1", "2026-11-02T10:00:00.000Z"))
    transcript(answer("m2", "2026-11-02T11:00:00.000Z", sessionId="s2"), session="s2",
               folder=home / "ada")  # fmt: skip
    (home / "ccmeter").mkdir()
    (home / "ccmeter" / "config.toml").write_text(
        f'user = "me"\n[[users]]\nname = "ada"\nfolder = "{home}/ada"\n'
    )

    assert [(row["key"], row["user"]) for row in rows_of(ok("export"))] == [
        ("m1", "me"),
        ("m2", "ada"),
    ]
    assert [row["key"] for row in rows_of(ok("export", "--user", "ada"))] == ["m2"]


def test_new_lines_are_read_first_unless_told_not_to(transcript: Any, answer: Any, ok: Any) -> None:
    transcript(answer("m1", "2026-11-02T10:00:00.000Z"))
    assert len(rows_of(ok("export", "--no-sync"))) == 0
    assert len(rows_of(ok("export"))) == 1


def test_everything_includes_what_a_wrong_clock_wrote(
    transcript: Any, answer: Any, ok: Any
) -> None:
    transcript(answer("m1", "2001-01-01T10:00:00.000Z"), answer("m2", "2199-12-31T23:00:00.000Z"))

    assert [row["key"] for row in rows_of(ok("export"))] == ["m1", "m2"]
    east = rows_of(ok("export", "--timezone", "Asia/Tokyo"))
    assert [row["time"] for row in east] == ["2001-01-01T10:00:00.000Z", "2199-12-31T23:00:00.000Z"]
    assert_agrees(ok, "--last", "all")


def test_an_empty_history_is_a_header(ok: Any, home: Path) -> None:
    assert ok("export", "--no-sync") == ",".join(COLUMNS) + "\n"
    assert list(home.iterdir()) == []
    assert ok("export", "--format", "jsonl") == ""


def test_a_file_is_private_whole_and_named_by_its_format(
    two: Path, ok: Any, run_ccmeter: Any, tmp_path: Path
) -> None:
    target = tmp_path / "all.jsonl"
    target.write_text("old")
    target.chmod(0o644)
    done = run_ccmeter("export", "-o", str(target))

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"2 responses written to {target}\n"
    assert target.read_text() == ok("export", "--format", "jsonl")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    run_ccmeter("export", "--format", "csv", "--output", str(target))
    assert target.read_text() == ok("export")
    assert [path.name for path in tmp_path.iterdir()] == ["all.jsonl"]


def test_a_file_that_cannot_be_written_is_said_in_one_line_before_anything_is_read(
    two: Path, fails: Any, tmp_path: Path, home: Path
) -> None:
    line = fails(1, "export", "-o", str(tmp_path / "no" / "all.csv"))
    assert line.startswith(f"cannot write {tmp_path}/no/all.csv: No such file or directory. ")
    assert fails(1, "export", "-o", str(tmp_path)).startswith(f"cannot write {tmp_path}: Is a dir")
    assert list(tmp_path.iterdir()) == []
    assert not (home / "ccmeter").exists()


def test_a_full_disk_leaves_the_old_export(conformance: Path, ok: Any, tmp_path: Path) -> None:
    ok("sync")
    target = tmp_path / "all.jsonl"
    target.write_text("old")
    program = f'ulimit -f 128; exec "{sys.executable}" -m ccmeter export --no-sync -o {target}'
    done = subprocess.run(["sh", "-c", program], env=environment(), capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.startswith(f"ccmeter: cannot write {target}: File too large.")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["all.jsonl"]


def test_a_pipe_is_written_into_and_not_replaced(two: Path, ok: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        try:
            ok("export", "-o", str(pipe))
            text, _ = reader.communicate(timeout=10)
        finally:
            reader.kill()

    assert text == ok("export")
    assert pipe.is_fifo()


def environment() -> dict[str, str]:
    source = str(Path(__file__).resolve().parents[2] / "src")
    return {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_a_reader_that_has_seen_enough_is_no_error(
    format_: str, conformance: Path, ok: Any
) -> None:
    ok("sync")
    command = [sys.executable, "-m", "ccmeter", "export", "--no-sync", "--format", format_]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        code = process.wait(timeout=30)

    assert (code, errors) == (0, b"")


def test_wrong_options_are_wrong_usage(two: Path, fails: Any, run_ccmeter: Any) -> None:
    assert fails(2, "export", "--since", "May") == "'May' is no day. Write it as 2026-01-31."
    assert fails(2, "export", "--timezone", "Mars").startswith("there is no time zone 'Mars'. Use")
    assert fails(2, "export", "--last", "all", "--since", "2026-01-01").startswith("--last says")
    assert run_ccmeter("export", "--format", "xml").returncode == 2


def test_a_damaged_or_newer_database_is_said_in_one_line(fails: Any, ok: Any, home: Path) -> None:
    ok("sync")
    path = home / "ccmeter" / "ccmeter.db"
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 999")
    connection.close()
    assert fails(1, "export", "--no-sync").endswith("Update ccmeter.")

    path.write_bytes(b"no database" * 100)
    line = fails(1, "export", "--no-sync")
    assert line.endswith("file is not a database. What to do: ccmeter doctor")


PEAK = """
import sys, tracemalloc
from ccmeter.cli import main
tracemalloc.start()
code = main(["export", "--no-sync", "--format", "csv", "-o", "/dev/null"])
print(tracemalloc.get_traced_memory()[1])
sys.exit(code)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_history(transcript: Any, answer: Any, ok: Any) -> None:
    """Held at once, the rows of 16,000 more responses would take some 40 MB."""
    peaks = []
    for count in (4_000, 20_000):
        times = (
            f"2026-10-{1 + n % 28:02}T10:{n // 60 % 60:02}:{n % 60:02}.000Z" for n in range(count)
        )
        transcript(*(answer(f"m{n}", time) for n, time in enumerate(times)))
        ok("sync")
        done = subprocess.run([sys.executable, "-c", PEAK], env=environment(),
                              capture_output=True, text=True, check=True)  # fmt: skip
        assert done.stderr == f"{count:,} responses written to /dev/null\n"
        peaks.append(int(done.stdout))

    assert peaks[1] - peaks[0] < 2_000_000
