"""ccmeter export as Parquet: the rows of the CSV, with types."""

import csv
import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
SRC = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def tiny(two: Path, transcript: Any, answer: Any) -> Path:
    """A third response: 3 tokens written for 5 minutes at 0.125 USD per million, in the US."""
    path: Path = transcript(
        answer("msg_tiny", "2026-11-04T10:00:00.000Z", model="claude-haiku-5-5", input=0, output=0,
               read=0, write=3, usage={"inference_geo": "us"}),
        session="session-2",
    )  # fmt: skip
    return path


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def exported(ok: Any, target: Path, *options: str) -> Any:
    ok("export", "-o", str(target), *options)
    return pq.read_table(target)


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".")
    return str(value)


def test_parquet_holds_what_the_csv_holds(tiny: Path, ok: Any, tmp_path: Path) -> None:
    table = exported(ok, tmp_path / "all.parquet").to_pylist()
    rows = [{key: as_text(value) for key, value in row.items()} for row in table]

    assert rows == rows_of(ok("export"))
    assert [list(row) for row in rows] == [list(row) for row in rows_of(ok("export"))]
    assert len(rows) == 3


def test_numbers_times_and_truths_have_types(tiny: Path, ok: Any, tmp_path: Path) -> None:
    table = exported(ok, tmp_path / "all.pq")
    full, bare, last = table.to_pylist()

    assert full["time"] == datetime(2026, 11, 2, 10, 0, 0, 123_000, UTC)
    assert (full["output_tokens"], full["finished"], full["aborted"]) == (20, True, True)
    assert (bare["version"], bare["list_cost_usd"], bare["finished"]) == (None, None, False)
    assert (full["list_cost_usd"], last["list_cost_usd"]) == (
        Decimal("0.032628"),
        Decimal("0.0000004125"),
    )
    assert table.schema.field("list_cost_usd").type == pa.decimal128(38, 18)
    assert table.schema.field("cache_read_tokens").type == pa.int64()


def test_an_empty_history_is_a_table_without_rows(ok: Any, tmp_path: Path) -> None:
    table = exported(ok, tmp_path / "none.parquet", "--no-sync")

    assert (table.num_rows, table.column_names) == (0, ok("export", "--no-sync").strip().split(","))


def test_a_price_with_more_digits_than_fit_is_rounded(
    transcript: Any, answer: Any, ok: Any, tmp_path: Path
) -> None:
    transcript(
        answer("m", "2026-11-02T10:00:00.000Z", model="odd", input=1000, output=0, read=0, write=0)
    )
    ok("prices", "set", "odd", "--input", "0.0000000000000123", "--output", "1")

    assert exported(ok, tmp_path / "odd.parquet").to_pylist()[0]["list_cost_usd"] == Decimal(
        "1.2e-17"
    )
    assert rows_of(ok("export"))[0]["list_cost_usd"] == "0.0000000000000000123"


def test_parquet_goes_down_a_pipe_and_not_onto_a_screen(tiny: Path, ok: Any) -> None:
    command = [sys.executable, "-m", "ccmeter", "export", "--format", "parquet"]
    environ = {**os.environ, "PYTHONPATH": str(SRC)}
    piped = subprocess.run(command, env=environ, capture_output=True, check=True)
    ours, theirs = os.openpty()
    try:
        shown = subprocess.run(command, env=environ, stdout=theirs, stderr=subprocess.PIPE)
    finally:
        os.close(ours)
        os.close(theirs)

    assert pq.read_table(io.BytesIO(piped.stdout)).num_rows == 3
    assert shown.returncode == 2
    assert shown.stderr.startswith(b"ccmeter: Parquet is no text to look at: name a file with")


def test_without_pyarrow_it_is_said_how_to_get_it_before_anything_is_read(
    tiny: Path, fails: Any, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pyarrow'] = None\n")
    path = {"PYTHONPATH": f"{SRC}{os.pathsep}{tmp_path}"}
    line = fails(1, "export", "-o", str(tmp_path / "all.parquet"), env=path)

    assert line.startswith(f"Parquet needs pyarrow: {sys.executable} -m pip install pyarrow")
    assert not (home / "ccmeter").exists()
    assert not (tmp_path / "all.parquet").exists()
