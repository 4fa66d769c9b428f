"""What a report says of the prompt cache: the same figures as the audit, filtered like the rest."""

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

Line = dict[str, Any]
NOVEMBER = ("--since", "2026-11-01", "--until", "2026-11-30", "--timezone", "UTC")
CALM, BROKEN = "calm", "broken"


@pytest.fixture
def sent(answer: Callable[..., Line]) -> Callable[..., Line]:
    """One request of the main thread, minutes after noon, whose writes live an hour."""

    def made(id_: str, minutes: int, read: int, write: int, **more: Any) -> Line:
        split = {"ephemeral_1h_input_tokens": write, "ephemeral_5m_input_tokens": 0}
        about = {"input": 0, "output": 100, "usage": {"cache_creation": split}, **more}
        hours, rest = divmod(minutes, 60)
        return answer(id_, f"2026-11-23T{12 + hours}:{rest:02d}:00.000Z", read=read, write=write,
                      **about)  # fmt: skip

    return made


@pytest.fixture
def history(transcript: Callable[..., Path], sent: Callable[..., Line]) -> None:
    """One session that reads all, and one that three times reads nothing; then a long pause."""
    transcript(sent("msg_01a", 0, 0, 100_000), sent("msg_01b", 1, 100_000, 1_000), session=CALM)
    lost = [sent(f"msg_02{n}", n, 0, 400_000) for n in range(4)]
    late = sent("msg_02z", 90, 0, 400_000)
    transcript(*(line | {"cwd": "/w/sea"} for line in (*lost, late)), session=BROKEN)


@pytest.fixture
def report(ok: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    def ran(*arguments: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(ok("report", "--json", *NOVEMBER, *arguments))
        return document

    return ran


def test_the_figures_are_those_worked_out_by_hand(
    history: None, report: Callable[..., dict[str, Any]]
) -> None:
    """Per million: output 20, read 0.2, an hour's write 8 dollars; 7 requests of 100 output tokens.

    2,101,000 x 8 + 100,000 x 0.2 + 700 x 20 = 16.842 dollars. Each rebuild lost 400,000 tokens,
    which cost 7.8 dollars per million more than a hit: 3.12; three of them had no reason.
    """
    document = report()

    assert document["totals"]["list_cost_usd"] == 16.842
    assert document["cache"] == {
        "hit_ratio": round(100_000 / 2_201_000, 6),
        "inflation": round(16.842 / (16.842 - 9.36), 6),
        "suspect_usd": 9.36,
        "idle_usd": 3.12,
        "events": 3,
    }


def test_report_and_audit_say_the_same(
    history: None, report: Callable[..., dict[str, Any]], ok: Callable[..., str]
) -> None:
    totals = json.loads(ok("audit", "--json", *NOVEMBER))["totals"]
    cache = report()["cache"]

    for name in ("hit_ratio", "inflation", "suspect_usd", "idle_usd"):
        assert cache[name] == totals[name]
    assert cache["events"] == totals["suspect_events"]


@pytest.mark.parametrize(
    ("chosen", "events"),
    [
        (("--session", CALM), 0),
        (("--session", BROKEN), 3),
        (("--project", "sea"), 3),
        (("--project", "garden"), 0),
        (("--model", "sonnet"), 0),
    ],
)
def test_filters_hold_for_the_cache_as_well(
    chosen: tuple[str, str], events: int, history: None, report: Callable[..., dict[str, Any]]
) -> None:
    document = report(*chosen)
    other = ("old-prices", "unmatched-filter")
    warnings = [w for w in document["warnings"] if w["code"] not in other]

    assert document["cache"]["events"] == events
    assert bool(warnings) == bool(events)
    if chosen[1] in (CALM, "garden"):
        assert document["cache"]["hit_ratio"] == round(100_000 / 201_000, 6)
        assert document["cache"]["inflation"] == 1.0


def test_the_gravest_alert_of_each_kind_is_a_warning(
    history: None, report: Callable[..., dict[str, Any]]
) -> None:
    found = [(w["level"], w["code"]) for w in report()["warnings"]]

    assert found[0] == ("alarm", "pinned-read")
    assert ("warning", "rebuild-cluster") in found
    assert ("warning", "cache-rebuild") in found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("level", "code"), [("warning", 3), ("alarm", 3)])
def test_scripts_can_fail_on_an_alert(
    level: str, code: int, history: None, run_ccmeter: Any, old_prices: bool
) -> None:
    assert run_ccmeter("report", *NOVEMBER, "--fail-on", level).returncode == code
    calm = run_ccmeter("report", *NOVEMBER, "--fail-on", level, "--session", CALM)
    assert calm.returncode == (3 if old_prices and level == "warning" else 0)


def test_the_screen_says_it_in_words_and_shows_the_top_alert_alone(
    history: None,
    ok: Callable[..., str],
    width: int,
    fits: Callable[[str, int], None],
) -> None:
    screen = ok("report", *NOVEMBER, env={"COLUMNS": str(width)})
    text = " ".join(screen.split())

    fits(screen, width)
    assert "Prompt cache: 4.5% of what was sent was read from it;" in text
    assert "your usage cost 2.25x of what a healthy cache would have cost: $9.36 went" in text
    assert "Pauses longer than the cache lives cost $3.12, which is no bug." in text
    assert "! Session broken: The cache is pinned at 0 tokens" in text
    assert text.count("Session broken") == 1
    assert text.count("More: ccmeter audit --session broken") == 1


def test_the_command_that_tells_more_is_about_the_same(
    history: None, ok: Callable[..., str]
) -> None:
    """An audit that is asked for nothing is about the last 30 days, whatever the report was."""
    text = " ".join(ok("report", *NOVEMBER).split())
    command = re.findall(r"More: ccmeter (audit --session \S+)", text)[0].split()

    assert "sent again" in ok(*command)
    assert ok(*command).startswith(f"session {BROKEN}")


def test_a_client_version_is_audited_in_the_days_of_the_report(ok: Callable[..., str]) -> None:
    """Whoever sees the demo first is led on within it: a real history may still be empty."""
    text = " ".join(ok("report", "--demo", "--last", "week").split())
    (command,) = re.findall(r"Client 2\S+ rebuilt .* More: ccmeter (audit --last week)", text)

    assert text.endswith("This month is made up. More of it: ccmeter audit --demo")
    assert "breaks the prompt cache" in ok(*command.split(), "--demo")


def test_what_is_to_be_done_now_is_said_of_a_session_only_while_it_runs(
    history: None, ok: Callable[..., str]
) -> None:
    """A report on November tells of sessions that nobody can restart any more."""
    alerts = json.loads(ok("audit", "--json", *NOVEMBER))["alerts"]
    screens = [ok(command, *NOVEMBER) for command in ("report", "audit")]

    assert any(alert["advice"].startswith("Restart the session now") for alert in alerts)
    for screen in (*screens, ok("audit", "--session", BROKEN)):
        assert "Restart such a session at once" in " ".join(screen.split())
        assert "session now" not in screen


def test_markdown_says_it_too(history: None, ok: Callable[..., str]) -> None:
    text = ok("report", "--markdown", *NOVEMBER)

    assert "your usage cost 2.25x of what a healthy cache would have cost" in text
    assert "- alarm: Session broken: The cache is pinned" in text


def test_a_healthy_cache_is_said_to_be_healthy(history: None, ok: Callable[..., str]) -> None:
    text = " ".join(ok("report", *NOVEMBER, "--session", CALM).split())

    assert "49.8% of what was sent was read from it; nothing was lost without an ordinary" in text


def test_a_period_without_use_says_nothing_of_a_cache(
    history: None, ok: Callable[..., str], report: Callable[..., dict[str, Any]]
) -> None:
    day = ("--since", "2026-11-01", "--until", "2026-11-02")
    assert "Prompt cache" not in ok("report", *day)
    cache = json.loads(ok("report", "--json", *day))["cache"]

    assert (cache["hit_ratio"], cache["inflation"], cache["events"]) == (0.0, 1.0, 0)


def test_an_empty_period_says_where_the_rest_is(history: None, ok: Callable[..., str]) -> None:
    day = ("--since", "2026-11-01", "--until", "2026-11-02")

    assert ok("report", *day).endswith("The whole history: ccmeter report --last all\n")


def test_what_a_sync_stored_is_judged_for_a_report_without_one(
    history: None, ok: Callable[..., str], report: Callable[..., dict[str, Any]]
) -> None:
    ok("sync")
    database = Path(os.environ["CCMETER_HOME"], "ccmeter.db")
    with closing(sqlite3.connect(database)) as connection:
        (rebuilds,) = connection.execute("select count(*) from audit_rebuilds").fetchone()

    assert rebuilds == 4
    assert report("--no-sync")["cache"]["events"] == 3


def test_a_changed_threshold_holds_for_a_report_without_a_sync(
    history: None, report: Callable[..., dict[str, Any]]
) -> None:
    report()
    settings = Path(os.environ["CCMETER_HOME"], "config.toml")
    settings.write_text("[audit]\nmaterial_tokens = 500_000\n", "utf-8")

    assert report("--no-sync")["cache"]["events"] == 0


def test_a_request_that_is_appended_is_judged_by_the_next_report(
    transcript: Callable[..., Path],
    sent: Callable[..., Line],
    report: Callable[..., dict[str, Any]],
) -> None:
    write = partial(transcript, session=CALM)
    lines = [sent("msg_01a", 0, 0, 100_000), sent("msg_01b", 1, 100_000, 1_000)]
    write(*lines)
    assert report()["cache"]["events"] == 0
    write(*lines, sent("msg_01c", 2, 0, 102_000))

    assert report()["cache"]["events"] == 1


def test_a_history_without_prices_knows_rebuilds_but_no_dollars(
    transcript: Callable[..., Path], sent: Callable[..., Line], ok: Callable[..., str]
) -> None:
    transcript(*(sent(f"msg_0{n}", n, 0, 200_000, model="glm-5.1") for n in range(3)))
    text = " ".join(ok("report", *NOVEMBER).split())

    assert "2 rebuilds had no ordinary cause." in text
    assert "1.00x" not in text
