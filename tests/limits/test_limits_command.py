"""ccmeter limits, as a user runs it."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from service import DAY, HOUR, MINUTE, Day, Service, line, work, write_spool, write_transcript

Run = Callable[..., CompletedProcess[str]]
WEEKS = 6


@pytest.fixture
def now_ms() -> int:
    return round(time.time() * 1000)


@pytest.fixture
def history(home: Path, claude_dir: Path, now_ms: int) -> Day:
    """Six weeks of work until now: 60 dollars for 5 hours, 500 for 7 days."""
    service = Service({"five_hour": 60.0, "seven_day": 500.0})
    start = now_ms // DAY * DAY - WEEKS * 7 * DAY
    done = work(service, random.Random(3), start, WEEKS * 7, gap_s=(120, 1200))
    answers = [(now_ms - 40 * MINUTE, 50_000), (now_ms - 10 * MINUTE, 150_000)]
    resets = {"five_hour": now_ms // 1000 + 7200, "seven_day": now_ms // 1000 + 180_000}
    last = {kind: {"used_percentage": 42, "resets_at": at} for kind, at in resets.items()}
    done.responses += answers
    done.shown.append(line(now_ms - 5 * MINUTE, last))
    write_transcript(claude_dir, done)
    write_spool(home / "ccmeter", *done.shown)
    return done


def ran(run: Run, *arguments: str, **env: str) -> str:
    done = run("limits", *arguments, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_spool_is_taken_in_and_the_windows_are_shown(
    run_ccmeter: Run, history: Day, home: Path
) -> None:
    (user,) = json.loads(ran(run_ccmeter, "--json"))["users"]

    assert user["user"] == "me"
    assert [each["window"] for each in user["current"]] == ["five_hour", "seven_day"]
    assert not (home / "ccmeter" / "limits.spool").exists()


def test_the_json_says_where_windows_stand_and_what_they_are_worth(
    run_ccmeter: Run, history: Day, now_ms: int
) -> None:
    document = json.loads(ran(run_ccmeter, "--json", "--timezone", "Asia/Tokyo"))
    (user,) = document["users"]
    five = user["current"][0]
    worth = {each["window"]: each for each in user["worth"] if "until" not in each}

    assert (document["schema"], document["timezone"]) == (1, "Asia/Tokyo")
    assert (five["used_percent"], five["open"]) == (42, True)
    assert five["last_seen_at"] < document["time"] < five["resets_at"]
    assert five["pace"]["basis"] == "list"
    assert five["pace"]["percent_per_hour"] == pytest.approx(10, abs=0.7)  # 3 of 60 in half an hour
    assert five["pace"]["percent_at_reset"] == pytest.approx(62, abs=2)
    assert "runs_out_at" not in five["pace"]
    low, mid, high = worth["five_hour"]["list_usd"].values()
    assert low < 60 < high
    assert mid == pytest.approx(60, rel=0.03)
    assert worth["five_hour"]["windows"] > worth["five_hour"]["windows_needed"] == 3
    assert len(user["weeks"]) >= WEEKS
    assert {*user["weeks"][1]["windows"]} == {"five_hour", "seven_day"}
    assert user["weeks"][1]["windows"]["seven_day"]["worth_list_usd"]["mid"] == pytest.approx(
        500, rel=0.05
    )


def test_the_text_says_it_at_every_width(run_ccmeter: Run, history: Day) -> None:
    for width in (60, 80, 120):
        text = ran(run_ccmeter, COLUMNS=str(width))
        assert [each for each in text.splitlines() if len(each) > width] == []
        assert "\x1b" not in text
        for words in ("5 hours", "7 days", "42%", "reset", "seen 5 min ago", "100% ≈", "By week"):
            assert words in " ".join(text.split())  # a line may be wrapped there
        assert "█" in text


def test_windows_with_long_names_stand_in_one_column_and_fit(
    run_ccmeter: Run, home: Path, now_ms: int
) -> None:
    window = {"used_percentage": 81.5, "resets_at": now_ms // 1000 + 3600}
    names = ("five_hour", "spend_limit")
    write_spool(home / "ccmeter", line(now_ms, dict.fromkeys(names, window)))
    for width in (60, 80, 120):
        lines = ran(run_ccmeter, COLUMNS=str(width)).splitlines()
        bars = [each for each in lines if each.endswith("  81.5%")]
        assert [each[:16] for each in bars] == ["  5 hours      █", "  spend limit  █"]
        assert max(map(len, lines)) <= width


def test_what_was_spent_since_the_last_sight_is_added_where_it_changes_the_percentage(
    run_ccmeter: Run, history: Day, home: Path, now_ms: int
) -> None:
    assert "by now" not in ran(run_ccmeter)

    window = {"used_percentage": 43, "resets_at": now_ms // 1000 + 7200}
    older = line(now_ms - 15 * MINUTE, {"five_hour": window})  # before 3 of 60 dollars were spent
    (home / "ccmeter" / "ccmeter.db").unlink()
    write_spool(home / "ccmeter", *history.shown[:-1], older)
    assert "about 48% by now" in " ".join(ran(run_ccmeter).split())


def test_a_terminal_without_unicode_gets_other_characters(run_ccmeter: Run, history: Day) -> None:
    text = ran(run_ccmeter, PYTHONIOENCODING="ascii:replace", COLUMNS="80")

    assert "####" in text
    assert "█" not in text


def test_the_reset_is_told_in_the_zone_of_the_user(
    run_ccmeter: Run, home: Path, now_ms: int
) -> None:
    reset = (now_ms // DAY + 3) * DAY + 30 * MINUTE  # half past midnight UTC, in some days
    write_spool(
        home / "ccmeter",
        line(now_ms, {"seven_day": {"used_percentage": 9, "resets_at": reset // 1000}}),
    )

    assert " 00:30, in " in ran(run_ccmeter)
    assert " 06:15, in " in ran(run_ccmeter, "--timezone", "Asia/Kathmandu")


def test_too_few_windows_are_counted_and_explained(
    run_ccmeter: Run, home: Path, claude_dir: Path, now_ms: int
) -> None:
    write_transcript(claude_dir, Day([(now_ms - HOUR, 300_000)]))
    window = {"resets_at": now_ms // 1000 + 3600}
    for ago, used in ((2 * HOUR, 10), (MINUTE, 20)):
        shown = {"five_hour": {**window, "used_percentage": used}}
        write_spool(home / "ccmeter", line(now_ms - ago, shown))
    text = ran(run_ccmeter)
    (fit,) = json.loads(ran(run_ccmeter, "--json"))["users"][0]["worth"]

    assert "not yet" in text
    assert "1 of 3" in text
    assert "rise by 5 points" in text
    assert (fit["windows"], fit["windows_needed"], fit["points"]) == (1, 3, 10)
    assert "list_usd" not in fit


def test_without_samples_it_says_how_to_get_them(run_ccmeter: Run, home: Path) -> None:
    assert "ccmeter setup" in ran(run_ccmeter)
    assert json.loads(ran(run_ccmeter, "--json"))["users"] == []


def test_a_user_without_samples_is_said_by_name(run_ccmeter: Run, history: Day) -> None:
    message = "--user ada fits no percentages of the last half year. There are those of me."

    assert message in " ".join(ran(run_ccmeter, "--user", "ada").split())
    done = run_ccmeter("limits", "--user", "ada", "--json")
    assert json.loads(done.stdout)["users"] == []
    assert done.stderr == f"ccmeter: {message}\n"


def test_without_a_sync_the_spool_waits(run_ccmeter: Run, history: Day, home: Path) -> None:
    assert json.loads(ran(run_ccmeter, "--no-sync", "--json"))["users"] == []
    assert (home / "ccmeter" / "limits.spool").exists()


def test_users_are_shown_apart(run_ccmeter: Run, home: Path, now_ms: int) -> None:
    data = home / "ccmeter"
    data.mkdir()
    users = ("ada", "grace")
    (data / "config.toml").write_text(
        "".join(f'[[users]]\nname = "{name}"\nfolder = "{home / name}"\n' for name in users)
    )
    for used, name in enumerate(users, 31):
        window: dict[str, Any] = {"used_percentage": used, "resets_at": now_ms // 1000 + 3600}
        write_spool(data, line(now_ms, {"five_hour": window}, config=str(home / name)))
    text = ran(run_ccmeter)

    assert text.index("\nada") < text.index("31%") < text.index("\ngrace") < text.index("32%")
    assert "32%" not in ran(run_ccmeter, "--user", "ada")


def test_a_window_that_was_reset_is_said_to_be(run_ccmeter: Run, home: Path, now_ms: int) -> None:
    window = {"used_percentage": 77, "resets_at": now_ms // 1000 - 3600}
    write_spool(home / "ccmeter", line(now_ms - 2 * HOUR, {"five_hour": window}))
    (current,) = json.loads(ran(run_ccmeter, "--json"))["users"][0]["current"]

    assert "not seen since; it had come to 77%" in " ".join(ran(run_ccmeter).split())
    assert not current["open"]
    assert "pace" not in current


def test_a_wrong_zone_is_a_mistake_of_the_caller(run_ccmeter: Run) -> None:
    done = run_ccmeter("limits", "--timezone", "Mars/Olympus")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
