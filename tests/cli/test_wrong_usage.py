"""What contradicts itself, or cannot be, is wrong usage and not half of what was asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ccmeter.cli.syncing import sync
from ccmeter.store.lock import LockBusyError, writer_lock

Fails = Callable[..., str]
Ok = Callable[..., str]


@pytest.mark.parametrize(
    ("words", "both"),
    [
        (("report", "--json", "--csv"), "--json and --csv"),
        (("report", "--markdown", "--json"), "--json and --markdown"),
        (("report", "--csv", "--markdown", "--json"), "--json and --csv and --markdown"),
        (("audit", "--json", "--markdown"), "--json and --markdown"),
    ],
)
def test_two_formats_are_one_too_many(words: tuple[str, ...], both: str, fails: Fails) -> None:
    assert fails(2, *words) == f"choose one of {both}."


def test_a_format_may_be_said_twice(ok: Ok) -> None:
    assert json.loads(ok("report", "--json", "--json"))["schema"] == 1
    assert ok("audit", "--markdown", "--markdown")
    assert ok("report", "--csv", "--csv").startswith("day,")


@pytest.mark.parametrize("name", ["x.orc", "x.json", "x.xlsx", "X.JSON"])
def test_a_file_is_not_called_what_it_is_not(name: str, tmp_path: Path, fails: Fails) -> None:
    told = fails(2, "export", "-o", str(tmp_path / name))

    assert told.endswith(
        "name the file .csv, .jsonl or .parquet, or say --format csv or --format jsonl or --format"
        " parquet."
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "first"),
    [(("x.csv",), b"key,"), (("x",), b"key,"), (("x.txt",), b"key,"), (("x.JSONL",), b"{"),
     (("x.ndjson",), b"{"), (("x.json", "--format", "jsonl"), b"{"),
     (("x.data", "--format", "csv"), b"key,")],
)  # fmt: skip
def test_a_format_is_that_of_the_name_or_the_one_that_is_said(
    words: tuple[str, ...],
    first: bytes,
    tmp_path: Path,
    ok: Ok,
    transcript: Callable[..., Path],
    answer: Callable[..., dict[str, Any]],
) -> None:
    transcript(answer("m1", "2026-11-23T12:00:00.000Z"))
    name, *rest = words
    ok("export", "-o", str(tmp_path / name), *rest)

    assert (tmp_path / name).read_bytes().startswith(first)


def test_a_port_is_one_that_there_is(
    home: Path, fails: Fails, run_ccmeter: Callable[..., CompletedProcess[str]]
) -> None:
    assert "at most 65535" in fails(2, "config", "set", "otlp_port", "70000")
    assert not (home / "ccmeter" / "config.toml").exists()
    assert run_ccmeter("config", "set", "otlp_port", "65535").returncode == 0


def test_a_plan_that_there_is_not_is_wrong_usage_unless_it_stands_in_the_file(
    home: Path, fails: Fails
) -> None:
    assert "ultra" in fails(2, "report", "--tier", "maximal")
    assert "ultra" in fails(2, "config", "set", "tier", "maximal")
    (home / "ccmeter").mkdir(exist_ok=True)
    (home / "ccmeter" / "config.toml").write_text('tier = "maximal"')
    assert "ultra" in fails(1, "report")
    assert "ultra" in fails(1, "config", "set", "user", "ada")


def test_who_waits_in_vain_to_read_is_advised_what_there_is(home: Path) -> None:
    data = str(home / "ccmeter")
    with (
        writer_lock(data, 0),
        pytest.raises(LockBusyError, match=r"moment.*: ccmeter report --no-sync$"),
    ):
        sync(data, [], wait_s=0)
