"""ccmeter hook EVENT: notices once, commands answered in place of the model, never a failure."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ccmeter.hook.slash import asked
from ccmeter.notices import START, Notice, leave

SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"
Json = dict[str, Any]
Hook = Callable[..., Json]


@pytest.fixture
def hook(run_ccmeter: Callable[..., CompletedProcess[str]]) -> Hook:
    """Run a hook; return the JSON it prints, {} for nothing. It must be fine with it."""

    def run(event: str, given: object = None, **env: str) -> Json:
        sent = given if isinstance(given, str) else json.dumps(given or {"session_id": SESSION})
        done = run_ccmeter("hook", event, stdin=sent, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        found: Json = json.loads(done.stdout) if done.stdout else {}
        return found

    return run


def notice(message: str, level: str = "warning", time_ms: int = 1) -> Notice:
    return Notice(level, "R1", message, time_ms)


def prompt(text: str) -> Json:
    return {"session_id": SESSION, "hook_event_name": "UserPromptSubmit", "prompt": text}


@pytest.mark.parametrize("event", ["Stop", "UserPromptSubmit"])
def test_a_notice_of_the_session_is_shown_once(hook: Hook, home: Path, event: str) -> None:
    left = [notice("one", "alarm"), notice("two", "info", time_ms=2)]
    leave(str(home / "ccmeter"), SESSION, left)

    assert hook(event) == {"systemMessage": "ccmeter alarm: one\nccmeter: two"}
    assert hook(event) == {}


def test_what_happened_meanwhile_is_shown_at_the_next_start(hook: Hook, home: Path) -> None:
    leave(str(home / "ccmeter"), START, [notice("a limit was reached")])

    assert hook("Stop") == {}
    assert hook("SessionStart") == {"systemMessage": "ccmeter warning: a limit was reached"}
    assert hook("SessionStart") == {}


def test_a_message_cannot_move_the_cursor(hook: Hook, home: Path) -> None:
    leave(str(home / "ccmeter"), START, [notice("a\033[2J\rb")])

    assert hook("SessionStart") == {"systemMessage": "ccmeter warning: a[2Jb"}


def test_a_command_is_answered_and_kept_from_the_model(hook: Hook) -> None:
    answer = hook("UserPromptSubmit", prompt("/ccmeter:report --last month"))

    assert answer["decision"] == "block"
    assert "No Claude Code transcripts" in answer["reason"] or "report" in answer["reason"]
    assert answer["hookSpecificOutput"] == {
        "hookEventName": "UserPromptSubmit",
        "suppressOriginalPrompt": True,
    }


def test_a_report_is_as_wide_as_the_client_can_show(hook: Hook, claude_dir: Path) -> None:
    for columns in (60, 100):
        shown = hook(
            "UserPromptSubmit", prompt("/ccmeter:report --demo"), COLUMNS=str(columns), NO_COLOR="1"
        )["reason"]
        widest = max(map(len, shown.splitlines()))
        assert 0.6 * columns < widest <= columns - 11


def test_colours_are_for_terminals(hook: Hook) -> None:
    demo = prompt("/ccmeter:report --demo")

    assert "\033[" in hook("UserPromptSubmit", demo, CLAUDE_CODE_ENTRYPOINT="cli")["reason"]
    assert "\033[" not in hook("UserPromptSubmit", demo, CLAUDE_CODE_ENTRYPOINT="sdk-cli")["reason"]


@pytest.mark.parametrize(
    "arguments",
    ["$(touch {}/hit)", "`touch {}/hit`", "; touch {}/hit", "| touch {}/hit", "x\ntouch {}/hit"],
)
def test_arguments_are_no_shell_text(hook: Hook, home: Path, arguments: str) -> None:
    answer = hook("UserPromptSubmit", prompt("/ccmeter:report " + arguments.format(home)))

    assert answer["decision"] == "block"
    assert "Usage" in answer["reason"]
    assert not (home / "hit").exists()


def test_an_argument_in_quotes_is_one(hook: Hook) -> None:
    answer = hook("UserPromptSubmit", prompt('/ccmeter:report --model "no such" --by "the day"'))

    assert "'the day'" in answer["reason"]


@pytest.mark.parametrize(
    "text", ["/ccmeter:report 'open", '/ccmeter:report "', "/ccmeter:audit \\"]
)
def test_quotes_that_stay_open_are_said(hook: Hook, text: str) -> None:
    assert "cannot read the arguments" in hook("UserPromptSubmit", prompt(text))["reason"]


def test_an_error_of_the_command_is_the_answer(hook: Hook) -> None:
    shown = hook("UserPromptSubmit", prompt("/ccmeter:report --timezone Mars"))["reason"]

    assert "there is no time zone 'Mars'" in shown


@pytest.mark.parametrize(
    "text",
    [
        "what does /ccmeter:report do?",
        "/ccmeter:reports",
        "/ccmeter:",
        "/ccmeter:doctor",
        "ccmeter:report",
        "/ccmeter :report",
        '{"prompt":"/ccmeter:report"}',
        "",
        5,
        None,
        ["/ccmeter:report"],
    ],
)
def test_other_prompts_are_none_of_ours(text: object) -> None:
    assert asked(text) is None


@pytest.mark.parametrize("name", ["report", "audit", "limits", "setup"])
def test_commands_are_known_with_and_without_arguments(name: str) -> None:
    assert asked(f"/ccmeter:{name}") == (name, "")
    assert asked(f" /ccmeter:{name}  --a 'b c'\n") == (name, "--a 'b c'")
    assert asked(f"/ccmeter:{name}\n--a") == (name, "--a")


@pytest.mark.parametrize(
    "given", ["", "{", "[]", "null", "[" * 90_000, '{"session_id": ["x"], "prompt": {}}', "\0"]
)
@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit", "Stop", "Odd", "stop"])
def test_garbage_is_nothing_to_say(hook: Hook, event: str, given: str) -> None:
    assert hook(event, given) == {}


@pytest.mark.parametrize(
    "words", [(), ("--foo",), ("-x", "Stop"), ("Stop", "extra"), ("Stop", "--foo"), ("",), ("--",)]
)
def test_a_call_that_makes_no_sense_is_no_failure(
    run_ccmeter: Callable[..., CompletedProcess[str]], words: tuple[str, ...]
) -> None:
    """At a Stop exit code 2 would keep the model going."""
    done = run_ccmeter("hook", *words, stdin="{}")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("Stop", "--help")])
def test_who_asks_for_help_is_told(
    run_ccmeter: Callable[..., CompletedProcess[str]], words: tuple[str, ...]
) -> None:
    done = run_ccmeter("hook", *words)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ccmeter hook [OPTIONS] EVENT")


@pytest.mark.parametrize("session", ["../start", "", "x" * 300, "a/b", "\0"])
def test_a_session_id_leads_nowhere_else(hook: Hook, home: Path, session: str) -> None:
    leave(str(home / "ccmeter"), START, [notice("not for you")])

    assert hook("Stop", {"session_id": session}) == {}


def test_a_bug_is_logged_and_not_shown(home: Path, repo_root: Path) -> None:
    (home / "ccmeter").mkdir()
    code = (
        "import sys; import ccmeter.hook.program as p; p.answer = lambda *_: 1 / 0; p.main('Stop')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="{}",
        env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "ZeroDivisionError" in (home / "ccmeter" / "crash.log").read_text()


def test_no_data_folder_is_made(hook: Hook, home: Path) -> None:
    for event in ("SessionStart", "Stop", "SessionEnd"):
        assert hook(event) == {}
    assert not (home / "ccmeter").exists()
