"""ccmeter report --html: a page is written whole or not at all, and its writer is told."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Line = dict[str, Any]
Ok = Callable[..., str]
Fails = Callable[..., str]
Run = Callable[..., CompletedProcess[str]]
DAYS = ("--since", "2026-11-17", "--until", "2026-11-23", "--timezone", "UTC")


@pytest.fixture
def used(transcript: Callable[..., Path], answer: Callable[..., Line]) -> Path:
    """A million tokens out of Opus 5.5, at $20."""
    return transcript(
        answer("m", "2026-11-20T11:00:00.000Z", input=0, read=0, write=0, output=1_000_000)
    )


@pytest.mark.usefixtures("used")
def test_a_page_is_private_and_takes_the_place_of_an_older_one(
    run_ccmeter: Run, tmp_path: Path
) -> None:
    target = tmp_path / "week.html"
    target.write_text("old")
    target.chmod(0o644)
    done = run_ccmeter("report", *DAYS, "--html", str(target))

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"the report is written to {target}\n"
    text = target.read_text("utf-8")
    assert text.startswith("<!doctype html>\n<html")
    assert text.endswith("</html>\n")
    assert '<strong class="money">$20.00</strong> at list price' in text
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["week.html"]


@pytest.mark.usefixtures("used")
def test_a_dash_is_the_standard_output_in_any_locale(run_ccmeter: Run, tmp_path: Path) -> None:
    target = tmp_path / "week.html"
    run_ccmeter("report", *DAYS, "--html", str(target))
    env = {**os.environ, "PYTHONPATH": source(), "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "ccmeter", "report", *DAYS, "--html", "-"]
    done = subprocess.run(command, env=env, capture_output=True, check=True)

    assert done.stderr == b""
    without_time = [re.sub(rb"<time.*?</time>", b"", text) for text in
                    (done.stdout, target.read_bytes())]  # fmt: skip
    assert without_time[0] == without_time[1]
    assert "17–23 Nov 2026".encode() in done.stdout


def source() -> str:
    return str(Path(__file__).resolve().parents[2] / "src")


@pytest.mark.usefixtures("used")
def test_a_place_that_cannot_be_written_to_is_said_before_anything_is_read(
    fails: Fails, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for path, why in (
        (tmp_path / "no" / "week.html", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (file / "week.html", "Not a directory"),
    ):
        told = fails(1, "report", *DAYS, "--html", str(path))
        assert told == (
            f"cannot write {path}: {why}. Is the folder there and writable, and the disk not full?"
        )

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert not (home / "ccmeter").exists()


@pytest.mark.usefixtures("used")
def test_a_folder_without_the_right_to_write_is_said(
    powerless: Sequence[str], tmp_path: Path, home: Path
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "week.html").write_text("old")
    folder.chmod(0o500)
    command = [*powerless, sys.executable, "-m", "ccmeter", "report", "--html"]
    done = subprocess.run(
        [*command, str(folder / "week.html")],
        env={**os.environ, "PYTHONPATH": source()},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(f"ccmeter: cannot write {folder}/week.html: Permission denied. ")
    assert done.stderr.count("\n") == 1
    assert (folder / "week.html").read_text() == "old"
    assert not (home / "ccmeter").exists()


def test_a_full_disk_leaves_the_old_page_and_nothing_else(
    transcript: Callable[..., Path], answer: Callable[..., Line], ok: Ok, tmp_path: Path
) -> None:
    time = "2026-11-20T11:00:00.000Z"
    transcript(*[answer(f"m{n}", time, cwd=f"/{'w' * 140}/{n}") for n in range(300)])
    ok("sync")
    target = tmp_path / "week.html"
    target.write_text("old")
    words = f"{' '.join(DAYS)} --by project --html {target}"
    report = f'"{sys.executable}" -m ccmeter report --no-sync {words}'
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 128; exec {report}"],
        env={**os.environ, "PYTHONPATH": source(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(f"ccmeter: cannot write {target}: File too large.")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["week.html"]


@pytest.mark.usefixtures("used")
def test_a_link_stays_and_a_device_is_written_into(ok: Ok, tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    ok("report", *DAYS, "--html", str(tmp_path / "link.html"))
    ok("report", *DAYS, "--html", os.devnull)

    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype")
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("other", ["--json", "--csv", "--markdown"])
def test_a_page_and_another_format_are_one_too_many(
    other: str, fails: Fails, tmp_path: Path
) -> None:
    told = fails(2, "report", "--html", str(tmp_path / "x.html"), other)

    assert told == f"choose one of {other} and --html."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "--json", "--no-sync"])
def test_an_option_is_no_name_of_a_file(
    name: str, fails: Fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert fails(2, "report", "--html", name).endswith(f"not {name!r}: --html week.html")
    assert not list(tmp_path.iterdir())


def test_an_empty_history_is_a_page_that_says_so(ok: Ok, claude_dir: Path, tmp_path: Path) -> None:
    ok("report", "--html", str(tmp_path / "x.html"))
    text = (tmp_path / "x.html").read_text("utf-8")

    assert "No Claude Code transcripts were found. ccmeter looked in:" in text
    assert f"<bdi>{claude_dir}/projects</bdi>" in text
    assert "ccmeter report --demo" in text
    assert "<table" not in text
    assert "$" not in text


@pytest.mark.usefixtures("used")
def test_a_period_or_filter_without_responses_is_a_page_that_says_so(ok: Ok) -> None:
    nothing = ok("report", "--since", "2026-01-01", "--until", "2026-01-02", "--html", "-")
    unknown = ok("report", *DAYS, "--model", "sonnet", "--html", "-")

    for text in (nothing, unknown):
        assert "No responses in this period." in text
        assert "<table" not in text
    assert "--model sonnet fits no response of the history. There is claude-opus-5-5." in unknown


def test_what_has_no_price_is_shown_as_unknown(
    transcript: Callable[..., Path], answer: Callable[..., Line], ok: Ok
) -> None:
    transcript(answer("m", "2026-11-20T11:00:00.000Z", model="glm-5.1"))
    text = ok("report", *DAYS, "--tier", "max", "--html", "-")

    assert "No price is known" in text
    assert "$0.00" not in text
    assert "<figure" not in text
    assert "How the estimate works" not in text


@pytest.mark.parametrize(
    ("tokens", "amounts"),
    [(1, "$0 $0.01"), (5_000, "$0 $0.02 $0.04 $0.06 $0.08 $0.10"), (6_000, "$0 $0.05 $0.10 $0.15"),
     (500_000, "$0 $2 $4 $6 $8 $10"), (600_000, "$0 $2.50 $5.00 $7.50 $10.00 $12.50"),
     (10**9, "$0 $5,000 $10,000 $15,000 $20,000")],
)  # fmt: skip
def test_the_lines_of_the_picture_stand_for_round_amounts(
    tokens: int, amounts: str, transcript: Callable[..., Path], answer: Callable[..., Line], ok: Ok
) -> None:
    """A token out of Opus 5.5 is $0.00002."""
    time = "2026-11-20T11:00:00.000Z"
    transcript(answer("m", time, input=0, read=0, write=0, output=tokens))
    text = ok("report", *DAYS, "--html", "-")
    beside = text.partition('class="amounts"')[2].partition("</svg>")[0]

    assert " ".join(re.findall(r">(\$[^<]*)</text>", beside)) == amounts


def test_of_many_projects_a_page_tells_how_many_it_leaves_out(
    transcript: Callable[..., Path], answer: Callable[..., Line], ok: Ok
) -> None:
    time = "2026-11-20T11:00:00.000Z"
    transcript(*[answer(f"m{n}", time, cwd=f"/w/{n}") for n in range(60)])

    assert "and 10 more: --by project" in ok("report", *DAYS, "--html", "-")
    every = ok("report", *DAYS, "--no-sync", "--by", "project", "--html", "-")
    assert all(f"<bdi>/w/{n}</bdi>" in every for n in range(60))


def test_a_made_up_month_is_said_to_be_made_up(ok: Ok) -> None:
    text = ok("report", "--demo", "--html", "-")

    assert "Everything on this page is made up" in text
    assert "30 days" in text


def test_a_page_tells_scripts_what_is_grave(run_ccmeter: Run, tmp_path: Path) -> None:
    target = tmp_path / "x.html"
    done = run_ccmeter("report", "--demo", "--fail-on", "alarm", "--html", str(target))

    assert done.returncode == 3
    assert target.exists()


@pytest.mark.usefixtures("used")
def test_a_page_waits_for_all_that_is_to_be_read(
    transcript: Callable[..., Path], answer: Callable[..., Line], ok: Ok
) -> None:
    """A screen would be shown first: by its time the long file ended before the period."""
    old = transcript(
        answer("old", "2026-11-20T12:00:00.000Z"),
        *[b'{"type":"user","message":"' + b"x" * (1 << 20) + b'"}'] * 70,
        session="old",
    )
    os.utime(old, (1_777_726_800, 1_777_726_800))

    assert "<li>2 responses</li>" in ok("report", *DAYS, "--html", "-")


@pytest.mark.usefixtures("used")
def test_what_is_estimated_or_only_told_by_telemetry_is_asked_for_as_elsewhere(ok: Ok) -> None:
    text = ok("report", *DAYS, "--estimate-missing", "--with-hidden", "--by", "day", "--html", "-")

    assert "$20.00" in text
