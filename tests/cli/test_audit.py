"""ccmeter audit: figures worked out by hand, its shape for programs, what it says and refuses."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

Line = dict[str, Any]
Document = dict[str, Any]
NOVEMBER = ("--since", "2026-11-01", "--until", "2026-11-30", "--timezone", "UTC")
SESSION = "0a1b2c3d-0000-4000-8000-000000000001"
OTHER = "0a1b2c3d-0000-4000-8000-000000000002"
TOTALS = {
    *("requests", "hit_ratio", "list_cost_usd", "suspect_usd", "idle_usd", "expected_usd"),
    *("partial_usd", "inflation", "suspect_events", "suspect_tokens", "unpriced_requests"),
}
REQUEST = {
    *("session", "agent", "message_id", "time", "version", "model", "verdict", "cause"),
    *("evidence", "expected_read", "read", "lost_tokens", "excess_usd", "gap_s"),
}
ALERT = {
    *("rule", "level", "session", "agent", "time", "version", "tokens", "usd", "message"),
    "advice",
}
PROMISED = {"version", "requests", "suspect", "rate", "interval", "base_rate", "verdict"}


@pytest.fixture
def transcript(transcript: Callable[..., Path]) -> Callable[..., Path]:
    """Write the transcript of SESSION, or of another one."""
    return partial(transcript, session=SESSION)


@pytest.fixture
def request_of(answer: Callable[..., Line]) -> Callable[..., Line]:
    """Make one request of the main thread, seconds after noon, that writes for an hour."""

    def made(id_: str, seconds: int, read: int, write: int, **more: Any) -> Line:
        hours, rest = divmod(seconds, 3600)
        time = f"2026-11-23T{12 + hours}:{rest // 60:02d}:{rest % 60:02d}.000Z"
        split = {"ephemeral_1h_input_tokens": write, "ephemeral_5m_input_tokens": 0}
        about = {"input": 2, "output": 300, "usage": {"cache_creation": split}, **more}
        return answer(id_, time, read=read, write=write, sessionId=SESSION, **about)

    return made


@pytest.fixture
def history(request_of: Callable[..., Line]) -> list[Line]:
    """Three healthy requests, and one that reads nothing half a minute later."""
    return [
        request_of("msg_01a", 0, 0, 60_000),
        request_of("msg_01b", 20, 60_000, 3_000),
        request_of("msg_01c", 40, 63_000, 3_000),
        request_of("msg_01d", 70, 0, 469_000),
    ]


@pytest.fixture
def audit(ok: Callable[..., str]) -> Callable[..., Document]:
    def ran(*arguments: str) -> Document:
        document: Document = json.loads(ok("audit", "--json", *NOVEMBER, *arguments))
        return document

    return ran


def verdicts(document: Document) -> list[tuple[str, str]]:
    return [(row["message_id"], row["verdict"]) for row in document["requests"]]


def settings(text: str) -> None:
    home = Path(os.environ["CCMETER_HOME"])
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, "utf-8")


def test_the_figures_are_those_worked_out_by_hand(
    transcript: Any, history: list[Line], audit: Callable[..., Document]
) -> None:
    """Opus 5.5 in USD per million: input 4, output 20, read 0.2, an hour's write 8.

    8 x 4 + 1,200 x 20 + 123,000 x 0.2 + 535,000 x 8 = 4.328632 dollars; 66,000 tokens that had
    been read or written before were written again: 66,000 x (8 - 0.2) = 0.5148 dollars.
    """
    transcript(*history)
    document = audit()

    assert document["schema"] == 1
    assert document["period"] == {"since": "2026-11-01", "until": "2026-11-30", "timezone": "UTC"}
    assert document["totals"] == {
        "requests": 4,
        "hit_ratio": round(123_000 / 658_008, 6),
        "list_cost_usd": 4.328632,
        "suspect_usd": 0.5148,
        "idle_usd": 0.0,
        "expected_usd": 0.0,
        "partial_usd": 0.0,
        "inflation": round(4.328632 / (4.328632 - 0.5148), 6),
        "suspect_events": 1,
        "suspect_tokens": 66_000,
        "unpriced_requests": 0,
    }
    assert document["requests"] == [
        {
            "session": SESSION,
            "agent": None,
            "message_id": "msg_01d",
            "time": "2026-11-23T12:01:10.000Z",
            "version": "2.1.300",
            "model": "claude-opus-5-5",
            "verdict": "suspect_rebuild",
            "cause": "unexplained",
            "evidence": "inferred",
            "expected_read": 66_000,
            "read": 0,
            "lost_tokens": 66_000,
            "excess_usd": 0.5148,
            "gap_s": 30.0,
        }
    ]
    (alert,) = document["alerts"]
    assert (alert["rule"], alert["level"], alert["session"]) == ("R1", "notice", SESSION)
    assert (alert["tokens"], alert["usd"]) == (66_000, 0.5148)
    assert "66,000 tokens" in alert["message"]
    (version,) = document["versions"]
    assert (version["version"], version["requests"], version["suspect"]) == ("2.1.300", 3, 1)
    assert version["verdict"] == "not enough data (1 of 3)"


def test_every_key_of_the_interface_is_there(
    transcript: Any, history: list[Line], audit: Callable[..., Document]
) -> None:
    transcript(*history)
    document = audit("--all-requests")

    assert set(document["totals"]) == TOTALS
    assert all(set(row) == REQUEST for row in document["requests"])
    assert all(set(row) == ALERT for row in document["alerts"])
    assert all(set(row) > PROMISED for row in document["versions"])


def test_all_requests_hold_the_healthy_ones_as_well(
    transcript: Any, history: list[Line], audit: Callable[..., Document]
) -> None:
    transcript(*history)
    document = audit("--all-requests")

    assert verdicts(document) == [
        ("msg_01a", "cold"),
        ("msg_01b", "ok"),
        ("msg_01c", "ok"),
        ("msg_01d", "suspect_rebuild"),
    ]
    cold, hit, *_ = document["requests"]
    assert (cold["cause"], cold["evidence"], cold["excess_usd"]) == (None, None, 0.0)
    assert (hit["expected_read"], hit["read"], hit["gap_s"]) == (60_000, 60_000, 20.0)


def test_a_session_is_shown_whole_and_alone(
    transcript: Any,
    history: list[Line],
    request_of: Callable[..., Line],
    audit: Callable[..., Document],
) -> None:
    transcript(*history)
    other = request_of("msg_02a", 3, 0, 9_000) | {"sessionId": OTHER}
    transcript(other, session=OTHER)

    assert verdicts(audit("--session", OTHER)) == [("msg_02a", "cold")]
    assert audit("--session", OTHER)["alerts"] == []
    document = audit("--session", SESSION[:-1] + "1")
    assert len(document["requests"]) == document["totals"]["requests"] == 4


def test_one_version_is_shown_alone(
    transcript: Any,
    history: list[Line],
    request_of: Callable[..., Line],
    audit: Callable[..., Document],
) -> None:
    transcript(*history, request_of("msg_01e", 90, 469_000, 5, version="2.1.301"))

    assert audit("--version", "2.1.301")["totals"]["requests"] == 1
    assert audit("--version", "2.1.301")["alerts"] == []
    assert [row["version"] for row in audit("--version", "2.1.300")["versions"]] == ["2.1.300"]


def test_the_period_is_that_of_the_requests(
    transcript: Any, history: list[Line], ok: Callable[..., str]
) -> None:
    transcript(*history)
    days = ("--since", "2026-11-24", "--until", "2026-11-30", "--timezone", "UTC")
    document = json.loads(ok("audit", "--json", *days))

    assert (document["totals"]["requests"], document["requests"], document["alerts"]) == (0, [], [])


def test_a_session_is_shown_as_far_as_it_lies_in_the_period(
    transcript: Any,
    history: list[Line],
    request_of: Callable[..., Line],
    ok: Callable[..., str],
) -> None:
    late = request_of("msg_01e", 90, 469_000, 5) | {"timestamp": "2026-11-24T12:00:00.000Z"}
    transcript(*history, late)
    days = ("--since", "2026-11-24", "--until", "2026-11-30", "--timezone", "UTC")
    document = json.loads(ok("audit", "--json", *days, "--session", SESSION))

    assert verdicts(document) == [("msg_01e", "ok")]


def test_nothing_at_all_is_no_error(ok: Callable[..., str], claude_dir: Path) -> None:
    document = json.loads(ok("audit", "--json"))

    assert (document["totals"]["requests"], document["totals"]["inflation"]) == (0, 1.0)
    assert "No requests in this period." in ok("audit")


@pytest.mark.parametrize(
    ("threshold", "level", "code"),
    [
        ("", "warning", 0),
        ("[audit]\nwarning_usd = 0.5\n", "warning", 3),
        ("[audit]\nwarning_usd = 0.5\n", "alarm", 0),
        ("[audit]\nwarning_usd = 0.52\n", "warning", 0),
    ],
)
def test_scripts_learn_from_the_exit_code_and_set_thresholds(
    threshold: str,
    level: str,
    code: int,
    transcript: Any,
    history: list[Line],
    run_ccmeter: Any,
    old_prices: bool,
) -> None:
    settings(threshold)
    transcript(*history)
    codes = {"audit": code, "report": 3 if old_prices and level == "warning" else code}

    for command, expected in codes.items():
        done = run_ccmeter(command, "--json", *NOVEMBER, "--fail-on", level)
        assert done.returncode == expected


def test_a_changed_threshold_holds_for_what_was_judged_before(
    transcript: Any, history: list[Line], audit: Callable[..., Document]
) -> None:
    transcript(*history)
    assert [alert["level"] for alert in audit()["alerts"]] == ["notice"]
    settings("[audit]\nwarning_usd = 0.5\n")

    assert [alert["level"] for alert in audit("--no-sync")["alerts"]] == ["warning"]


def test_thresholds_of_versions_can_be_set(
    transcript: Any, history: list[Line], audit: Callable[..., Document]
) -> None:
    settings("[audit]\nversion_requests = 3\n")
    transcript(*history)

    assert [row["verdict"] for row in audit()["versions"]] == ["ok"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("warning_dollars = 1", "warning_dollars: no such threshold"),
        ('hit_share = "most"', "hit_share: 'most' is not a number that fits"),
    ],
)
def test_a_wrong_threshold_is_named(
    line: str, said: str, fails: Callable[..., str], claude_dir: Path
) -> None:
    settings(f"[audit]\n{line}\n")

    for command in (("audit",), ("report",), ("config", "show")):
        assert said in fails(1, *command)


def test_what_was_found_can_be_found_anew(
    transcript: Any, history: list[Line], audit: Callable[..., Document]
) -> None:
    transcript(*history)
    document = audit()
    database = Path(os.environ["CCMETER_HOME"], "ccmeter.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("delete from audit_rebuilds")

    assert audit()["requests"] == []
    assert audit("--rebuild") == document
    assert audit() == document


def test_without_a_sync_what_is_stored_is_judged(
    transcript: Any,
    history: list[Line],
    request_of: Callable[..., Line],
    audit: Callable[..., Document],
) -> None:
    transcript(*history)
    assert audit("--no-sync")["totals"]["requests"] == 0
    audit()
    transcript(*history, request_of("msg_01e", 90, 469_000, 5))

    assert audit("--no-sync")["totals"]["requests"] == 4
    assert audit()["totals"]["requests"] == 5


def test_an_unknown_session_is_said(
    transcript: Any, history: list[Line], fails: Callable[..., str]
) -> None:
    transcript(*history)

    line = fails(2, "audit", "--session", "zzz")
    assert "no session's id begins with 'zzz'. All there are: ccmeter report --last all" in line
    assert "no session's id begins with ''" in fails(2, "audit", "--session", "")


def test_too_many_sessions_for_pictures_are_said(
    transcript: Any, request_of: Callable[..., Line], fails: Callable[..., str]
) -> None:
    for number in range(6):
        session = f"{SESSION[:-1]}{number}"
        line = request_of(f"msg_0{number}", number, 0, 9_000) | {"sessionId": session}
        transcript(line, session=session)

    assert "6 sessions' ids begin with '0a'" in fails(2, "audit", "--session", "0a")


def test_the_help_shows_examples(ok: Callable[..., str]) -> None:
    text = ok("audit", "--help")

    for option in ("--session", "--version", "--rebuild", "--fail-on", "--markdown", "--demo"):
        assert option in text
    assert "ccmeter audit --json --fail-on alarm" in text


SECRETS: dict[str, Sequence[str]] = {
    "paths": ("/home/canary-user/canary-project", "-home-canary-user-canary-project"),
    "texts": ("canary-prompt", "canary-tool", "canary-result", "canary-title"),
    "names": ("canary-branch", "canary-agent", "canary-slug"),
    "models": ("claude-canary-internal", "canary-gateway"),
    "clients": ("2.1.300-canary",),
    "whole ids": (SESSION, "req_msg_01d", "uuid-msg_01d", "msg_01d"),
}


def test_a_bug_report_holds_nothing_private(
    transcript: Any, history: list[Line], request_of: Callable[..., Line], ok: Callable[..., str]
) -> None:
    """Words planted in all fields that are private do not come out, and its own figures do."""
    about = {
        "cwd": "/home/canary-user/canary-project",
        "gitBranch": "canary-branch",
        "slug": "canary-slug",
    }
    prompt = {"type": "user", "timestamp": "2026-11-23T12:01:09.000Z", "sessionId": SESSION,
              "message": {"role": "user", "content": "canary-prompt"}}  # fmt: skip
    tool = {"type": "tool_use", "name": "canary-tool", "input": {"x": "canary-result"}, "id": "t"}
    history[3]["message"]["content"] = [tool]
    agent = {"isSidechain": True, "agentId": "canary-agent"}  # teams name theirs
    side = [request_of(f"msg_06{n}", 30 * n, 0, 300_000) | agent for n in range(2)]
    transcript(
        {"type": "ai-title", "aiTitle": "canary-title", "sessionId": SESSION},
        *(line | about for line in (*history[:3], prompt, history[3], *side)),
    )
    strangers = (
        ("claude-canary-internal", "2.1.300"),
        ("canary-gateway", "2.1.300"),
        ("claude-opus-5-5", "2.1.300-canary"),
    )
    for number, (model, version) in enumerate(strangers):
        transcript(
            *(
                request_of(f"msg_07{number}{n}", 60 * n, 0, 400_000, model=model, version=version)
                | about
                | {"sessionId": f"s{number}"}
                for n in range(2)
            ),
            session=f"s{number}",
        )
    text = ok("audit", "--markdown", *NOVEMBER[:4], "--timezone", "Pacific/Chatham")

    assert "| 66,000 | $0.51 | unexplained | inferred |" in text
    assert f"| {SESSION[:8]} | main |" in text
    assert f"| {SESSION[:8]} | agent |" in text
    assert "Chatham" not in text
    assert "| s0 |" in text
    assert "| s1 |" not in text  # of a gateway
    for words in SECRETS.values():
        assert [word for word in words if word in text] == []
    assert "canary" not in text


def test_a_bug_report_of_a_healthy_history_says_so(
    transcript: Any, history: list[Line], ok: Callable[..., str]
) -> None:
    transcript(*history[:3])
    text = ok("audit", "--markdown", *NOVEMBER)

    assert "Healthy: no rebuild without an ordinary cause in 3 requests." in text
    assert "### Rebuilds" not in text


def test_the_screen_fits_and_says_what_was_lost(
    transcript: Any,
    history: list[Line],
    ok: Callable[..., str],
    width: int,
    fits: Callable[[str, int], None],
) -> None:
    settings("[audit]\nwarning_usd = 0.5\n")
    transcript(*history)
    env = {"COLUMNS": str(width), "NO_COLOR": "1"}
    screen = ok("audit", *NOVEMBER, env=env)
    picture = ok("audit", *NOVEMBER, "--session", SESSION, env=env)

    fits(screen, width)
    fits(picture, width)
    assert "The prompt cache was lost in 1 session: $0.51 of $4.33" in " ".join(screen.split())
    assert "not enough data (1 of 3)" in screen
    assert "$0.51" in picture


def test_the_picture_has_a_column_for_each_request_and_marks_the_rebuild(
    transcript: Any, history: list[Line], ok: Callable[..., str]
) -> None:
    """The highest of eight rows is the prompt of 469,002 tokens; the others are one row high."""
    transcript(*history)
    text = ok("audit", *NOVEMBER, "--session", SESSION, env={"COLUMNS": "80"})
    lines = text.splitlines()
    (top,) = [n for n, line in enumerate(lines) if line.startswith(" 469k")]

    assert lines[top : top + 9] == [
        " 469k    ▓",
        *["         ▓"] * 6,
        "    0 ▓░░▓",
        "         A",
    ]
    legend = next(line for line in lines if line.startswith("A "))
    assert " ".join(legend.split()) == "A 23 Nov 12:01:10 unexplained inferred 30 s 66.0k $0.51"


def test_a_long_session_is_drawn_in_three_rows_and_its_rebuild_stays_alone(
    transcript: Any, request_of: Callable[..., Line], ok: Callable[..., str]
) -> None:
    """600 requests at 60 columns, of which 6 are the scale: the healthy ones share columns."""
    read = [40_000 + 500 * n for n in range(600)]
    lines = [
        request_of(f"msg_0{n}", 20 * n, read[n - 1] if n else 0, 500 if n else 40_000)
        for n in range(600)
    ]
    lines[300] = request_of("msg_0300", 6_000, 0, read[300])
    transcript(*lines)
    text = ok("audit", *NOVEMBER, "--session", SESSION, env={"COLUMNS": "60"})
    scales = [line for line in text.splitlines() if line.startswith("    0 ")]

    assert len(scales) == 3
    assert max(map(len, scales)) <= 60
    assert "up to 4 requests in a column" in text
    assert [line.strip() for line in text.splitlines() if line.strip() == "A"] == ["A"]


def test_a_reader_that_has_seen_enough_is_no_error(
    transcript: Any, history: list[Line], claude_dir: Path
) -> None:
    transcript(*history)
    command = f'"{sys.executable}" -m ccmeter audit --all-requests --json --last all | head -c 1'
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src")}
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("{", "")


def test_a_terminal_without_unicode_gets_a_picture_too(
    transcript: Any, history: list[Line], ok: Callable[..., str]
) -> None:
    transcript(*history)
    plain = {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    text = ok("audit", *NOVEMBER, "--session", SESSION, env=plain)

    assert "    0 #..#\n         A\n" in text
    assert ok("audit", *NOVEMBER, env=plain).isascii()
    report = ok("report", *NOVEMBER, env=plain)
    assert report.isascii()
    assert "?" not in report
    assert " 1 session | 1 project\n" in report


def test_colours_are_for_terminals_alone(
    transcript: Any, history: list[Line], ok: Callable[..., str]
) -> None:
    transcript(*history)

    assert "\x1b" not in ok("audit", *NOVEMBER)
    assert "\x1b[" in ok("audit", *NOVEMBER, env={"FORCE_COLOR": "1"})
    assert "\x1b" not in ok("audit", *NOVEMBER, env={"NO_COLOR": "1"})
