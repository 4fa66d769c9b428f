"""A filter that leaves nothing says so: a name nobody has is no quiet week."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Line = dict[str, Any]
Ok = Callable[..., str]
WEEK = ("--since", "2026-11-17", "--until", "2026-11-23")


@pytest.fixture(autouse=True)
def history(transcript: Callable[..., Path], answer: Callable[..., Line], home: Path) -> None:
    """Two people; the shed was worked on in October alone, with Opus; the garden in November."""
    others = home / "others"
    (home / "ccmeter").mkdir()
    (home / "ccmeter" / "config.toml").write_text(
        f'user = "ada"\n[[users]]\nname = "grace"\nfolder = "{others}"\n'
    )
    transcript(
        answer("m1", "2026-11-20T10:00:00.000Z", model="claude-sonnet-5-5"),
        answer("m2", "2026-11-21T10:00:00.000Z", model="claude-opus-5-5"),
    )
    transcript(
        answer("m3", "2026-10-05T10:00:00.000Z", cwd="/w/shed", sessionId="5e55-10"),
        answer("m4", "2026-10-09T10:00:00.000Z", cwd="/w/shed", sessionId="5e55-10"),
        session="5e55-10",
    )
    transcript(
        answer("m5", "2026-11-18T10:00:00.000Z", sessionId="9ace-77"),
        session="9ace-77",
        folder=others,
    )


def warned(ok: Ok, *words: str) -> list[tuple[str, str, str]]:
    """The warnings about filters."""
    document = json.loads(ok("report", "--json", *words))
    found = [w for w in document["warnings"] if w["code"].startswith("unmatched")]
    return [(w["level"], w["code"], w["message"]) for w in found]


UNKNOWN = [
    ("--user", "grade", " There are ada and grace."),
    ("--project", "gardn", " There are /w/garden and /w/shed."),
    ("--model", "opuss", " There are claude-opus-5-5 and claude-sonnet-5-5."),
    (
        "--session",
        "9acf",
        " Did you mean 9ace-77? All there are: ccmeter report --last all --by session",
    ),
    ("--session", "zzz", " All there are: ccmeter report --last all --by session"),
]


@pytest.mark.parametrize(("option", "name", "hint"), UNKNOWN)
@pytest.mark.parametrize("period", [WEEK, ("--last", "all")])
def test_a_name_that_nothing_has_is_said_with_the_names_there_are(
    option: str, name: str, hint: str, period: tuple[str, ...], ok: Ok
) -> None:
    message = f"{option} {name} fits no response of the history.{hint}"

    assert warned(ok, *period, option, name) == [("warning", "unmatched-filter", message)]
    text = " ".join(ok("report", *period, option, name).split())
    assert message in text


def test_a_name_without_use_in_the_period_is_told_from_one_that_nothing_has(ok: Ok) -> None:
    message = (
        "--project shed fits no response of this period, but some of the history, from 2026-10-05"
        " to 2026-10-09."
    )

    assert warned(ok, *WEEK, "--project", "shed") == [("notice", "unmatched-in-period", message)]
    assert message in " ".join(ok("report", *WEEK, "--project", "shed").split())
    (one,) = warned(ok, "--since", "2026-11-20", "--until", "2026-11-20", "--user", "grace")
    assert one[2].endswith("but some of the history, on 2026-11-18.")


def test_of_several_filters_that_one_is_named_which_is_to_blame(ok: Ok) -> None:
    known, unknown = ("--user", "ada"), ("--model", "haiku")

    assert [code for _, code, _ in warned(ok, *WEEK, *known, *unknown)] == ["unmatched-filter"]
    assert "--user" not in warned(ok, *WEEK, *known, *unknown)[0][2]
    (outside,) = warned(ok, *WEEK, *known, "--project", "shed")
    assert outside[2].startswith("--project shed fits no response of this period")
    (apart,) = warned(ok, *WEEK, "--user", "grace", "--model", "sonnet")
    assert apart[1:] == (
        "unmatched-filter",
        "--model sonnet and --user grace together fit no response of the history, though each"
        " alone does.",
    )
    (just_now,) = warned(ok, *WEEK[:3], "2026-11-19", "--user", "ada", "--project", "garden")
    assert just_now[2].startswith("--user ada fits no response of this period")


def test_a_project_among_many_is_found_by_names_like_it(
    ok: Ok, transcript: Callable[..., Path], answer: Callable[..., Line]
) -> None:
    lines = [
        answer(f"n{n}", "2026-11-20T10:00:00.000Z", cwd=f"/w/{name}", sessionId=name)
        for n, name in enumerate(("attic", "cellar", "kitchen", "library", "porch", "roof"))
    ]
    for line in lines:
        transcript(line, session=line["sessionId"])
    transcript(
        answer("n9", "2026-11-20T10:00:00.000Z", cwd="/w/bath", sessionId="bath"), session="bath"
    )
    ((_, _, message),) = warned(ok, "--project", "Kitchn")

    assert message == (
        "--project Kitchn fits no response of the history. Did you mean /w/kitchen?"
        " All there are: ccmeter report --last all --by project"
    )


def test_a_quiet_period_and_an_empty_history_are_no_filters_fault(
    ok: Ok, run_ccmeter: Callable[..., Any], home: Path
) -> None:
    assert warned(ok, "--since", "2026-01-01", "--until", "2026-01-02") == []
    empty = {"CLAUDE_CONFIG_DIR": str(home / "none"), "CCMETER_HOME": str(home / "empty")}
    done = run_ccmeter("report", "--user", "nobody", "--json", env=empty)
    assert [w["code"] for w in json.loads(done.stdout)["warnings"] if "unm" in w["code"]] == []


def test_a_script_that_asks_notices_a_name_that_nothing_has(
    run_ccmeter: Callable[..., Any],
) -> None:
    strict = ("report", *WEEK, "--fail-on", "warning", "--project")

    assert run_ccmeter(*strict, "gardn").returncode == 3
    assert run_ccmeter("report", *WEEK, "--project", "gardn").returncode == 0


UNKNOWN_USER = "--user grade fits no response of the history. There are ada and grace."
ELSEWHERE = (
    "--project shed fits no response of this period, but some of the history, from 2026-10-05 to"
    " 2026-10-09."
)
FORMATS = [
    ("report", "--csv"),
    ("plans", "--json"),
    ("export",),
    ("export", "--format", "jsonl"),
]


@pytest.mark.parametrize("command", FORMATS, ids=" ".join)
@pytest.mark.parametrize(
    ("asked", "message"),
    [(("--user", "grade"), UNKNOWN_USER), (("--project", "shed"), ELSEWHERE)],
)
def test_programs_are_told_beside_what_they_read(
    run_ccmeter: Callable[..., Any], command: tuple[str, ...], asked: tuple[str, ...], message: str
) -> None:
    done = run_ccmeter(*command, *WEEK, *asked)
    blank = run_ccmeter(*command, "--since", "2025-01-01", "--until", "2025-01-01")

    assert done.returncode == 0
    if command == ("plans", "--json"):
        (warning,) = json.loads(done.stdout)["warnings"]
        assert (warning["message"], done.stderr) == (message, "")
    else:
        assert done.stderr == f"ccmeter: {message}\n"
        assert done.stdout == blank.stdout  # a head, or nothing
    assert blank.stderr == ""


@pytest.mark.parametrize("command", [("plans",), ("report", "--markdown"), ("report",)])
def test_people_are_told_once_in_the_text(
    run_ccmeter: Callable[..., Any], command: tuple[str, ...]
) -> None:
    done = run_ccmeter(*command, *WEEK, "--user", "grade")

    assert " ".join(done.stdout.split()).count(UNKNOWN_USER) == 1
    assert done.stderr == ""


@pytest.mark.parametrize("command", [*FORMATS, ("plans",)], ids=" ".join)
def test_a_filter_that_leaves_something_is_no_matter(
    run_ccmeter: Callable[..., Any], command: tuple[str, ...]
) -> None:
    done = run_ccmeter(*command, *WEEK, "--user", "grace", "--model", "opus")

    assert done.stderr == ""
    assert "fits no" not in done.stdout


def test_an_empty_export_into_a_file_says_why(
    run_ccmeter: Callable[..., Any], tmp_path: Path
) -> None:
    done = run_ccmeter("export", *WEEK, "--user", "grade", "-o", str(tmp_path / "all.csv"))

    assert f"ccmeter: {UNKNOWN_USER}" in done.stderr.splitlines()


AUDITS = [
    (
        ("--version", "2.1.301"),
        "--version 2.1.301 fits no response of the history. There is 2.1.300.",
    ),
    (
        ("--version", "2.1.300", "--since", "2026-01-01", "--until", "2026-01-02"),
        "--version 2.1.300 fits no response of this period, but some of the history, from"
        " 2026-10-05 to 2026-11-21.",
    ),
    (
        ("--session", "5e55", *WEEK),
        ELSEWHERE.replace("--project shed", "--session 5e55"),
    ),
]


@pytest.mark.parametrize("format_", [(), ("--json",), ("--markdown",)])
@pytest.mark.parametrize(("asked", "message"), AUDITS)
def test_an_audit_of_nothing_says_why(
    run_ccmeter: Callable[..., Any],
    asked: tuple[str, ...],
    message: str,
    format_: tuple[str, ...],
) -> None:
    done = run_ccmeter("audit", *asked, *format_)

    assert (done.returncode, done.stderr) == (0, f"ccmeter: {message}\n")
    assert "fits no" not in done.stdout


def test_an_audit_of_something_says_nothing_of_filters(run_ccmeter: Callable[..., Any]) -> None:
    for asked in ((), ("--version", "2.1.300"), ("--since", "2026-01-01", "--until", "2026-01-02")):
        assert run_ccmeter("audit", *asked).stderr == ""
