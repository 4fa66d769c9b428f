"""The hooks' shell: quiet, quick and harmless, in any /bin/sh, wherever the plugin is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugin.conftest import Plugin

    StandIn = Callable[..., int]
    Wait = Callable[..., None]

SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"
EVENTS = ("SessionStart", "UserPromptSubmit", "Stop", "SessionEnd")
MANIFEST = Path(__file__).resolve().parents[2] / ".claude-plugin" / "plugin.json"
VERSION = json.loads(MANIFEST.read_text())["version"]
BLOCKED = {"hookEventName": "UserPromptSubmit", "suppressOriginalPrompt": True}


def starts(plugin: Plugin) -> list[str]:
    """How Python was started, in order."""
    path = plugin.data / "started"
    return path.read_text().splitlines() if path.exists() else []


def prompt(text: str) -> dict[str, Any]:
    return {"prompt": text}


@pytest.fixture
def watched(bare: Plugin, stand_in_watcher: StandIn) -> Plugin:
    """A machine on which all is as it should be, with nothing but `cat` beside the shell."""
    stand_in_watcher(bare, VERSION)
    bare.offer("cat")
    return bare


@pytest.mark.parametrize("event", EVENTS)
def test_with_nothing_to_say_no_process_is_started(watched: Plugin, event: str) -> None:
    if event != "UserPromptSubmit":  # which has to read the prompt
        (watched.path / "cat").unlink()

    assert watched.says(event, prompt("hello")) == {}
    assert starts(watched) == []


@pytest.mark.parametrize("event", EVENTS)
def test_where_all_runs_nothing_is_started_in_the_background(watched: Plugin, event: str) -> None:
    watched.offer_tools()

    assert watched.leaves_running(event, prompt("hello")) == 0
    assert starts(watched) == []


@pytest.mark.parametrize("event", EVENTS)
def test_a_plugin_that_was_removed_meanwhile_does_no_harm(bare: Plugin, event: str) -> None:
    """A missing script is exit code 2 in some shells, which would keep the model going."""
    shutil.rmtree(bare.root / "hooks")
    done = bare.hook(event)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    shutil.rmtree(bare.root)
    done = bare.hook(event)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("given", ["", "\n", "{", "garbage\n\n", '{"session_id":5}', "x" * 300_000])
def test_whatever_is_sent_there_is_no_complaint(watched: Plugin, event: str, given: str) -> None:
    watched.leave_notice(SESSION, "waits")

    assert watched.says(event, given) == {}


@pytest.mark.parametrize("missing", [("CCMETER_HOME",), ("CCMETER_HOME", "HOME")])
@pytest.mark.parametrize("event", EVENTS)
def test_without_home_or_data_folder_there_is_no_complaint(
    bare: Plugin, event: str, missing: tuple[str, ...]
) -> None:
    for name in missing:
        del bare.env[name]

    assert bare.says(event) == {}
    assert starts(bare) == []


COMMANDS = [
    "/ccmeter:report",
    "/ccmeter:report --by model",
    "/ccmeter:audit",
    "/ccmeter:limits",
    '/ccmeter:report --project "a b"',
    "/ccmeter:report é €",
]


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_is_handed_on_as_it_was_sent(watched: Plugin, text: str) -> None:
    (watched.data / "answer").write_text('{"decision": "block", "reason": "a\\nb"}\n')

    assert watched.says("UserPromptSubmit", prompt(text)) == {"decision": "block", "reason": "a\nb"}
    assert starts(watched) == ["hook UserPromptSubmit"]
    assert json.loads((watched.data / "sent").read_text())["prompt"] == text


@pytest.mark.parametrize(
    "text",
    [
        "tell me about /ccmeter:report",
        '"/ccmeter:report"',
        '{"prompt":"/ccmeter:report"}',
        '\\"/ccmeter:report',
        "/report",
        "$(touch hit) `touch hit`; touch hit",
        "-n -e \\n \\0101 %s %d",
        "/ccmeter:report " + "x" * 70_000,
        "",
    ],
)
def test_other_prompts_start_nothing(watched: Plugin, text: str) -> None:
    assert watched.says("UserPromptSubmit", prompt(text)) == {}
    assert starts(watched) == []
    assert not (watched.home / "hit").exists()


def test_spaces_in_the_json_make_no_difference(watched: Plugin) -> None:
    (watched.data / "answer").write_text("{}\n")
    watched.says("UserPromptSubmit", json.dumps({"prompt": "/ccmeter:report"}, indent=1))

    assert starts(watched) == ["hook UserPromptSubmit"]


@pytest.mark.parametrize(("code", "words"), [(75, "still preparing"), (1, "failed"), (127, "fail")])
def test_a_command_that_cannot_be_answered_is_kept_from_the_model_all_the_same(
    watched: Plugin, code: int, words: str
) -> None:
    (watched.data / "exit-code").write_text(str(code))
    answer = watched.says("UserPromptSubmit", prompt("/ccmeter:report"))

    assert answer["decision"] == "block"
    assert words in answer["reason"]
    assert answer["hookSpecificOutput"] == BLOCKED


@pytest.mark.parametrize("state", ["start.failed", "start.told"])
def test_a_command_says_why_there_is_no_environment_and_has_it_tried_again(
    watched: Plugin, state: str
) -> None:
    watched.offer("rm")
    (watched.data / "exit-code").write_text("75")
    (watched.data / state).write_text("could not install: no network\n")
    answer = watched.says("UserPromptSubmit", prompt("/ccmeter:report"))

    assert "could not install: no network" in answer["reason"]
    assert "still preparing" not in answer["reason"]
    assert not (watched.data / state).exists()


@pytest.mark.parametrize("event", ["Stop", "UserPromptSubmit"])
def test_python_is_started_for_a_notice_of_this_session(watched: Plugin, event: str) -> None:
    (watched.data / "answer").write_text('{"systemMessage": "look"}\n')
    watched.leave_notice(SESSION, "look")

    assert watched.says(event, prompt("hello")) == {"systemMessage": "look"}
    assert starts(watched) == [f"hook {event}"]
    assert json.loads((watched.data / "sent").read_text())["session_id"] == SESSION


@pytest.mark.parametrize("event", ["Stop", "UserPromptSubmit"])
def test_a_notice_of_another_session_starts_nothing(watched: Plugin, event: str) -> None:
    watched.leave_notice(SESSION[::-1], "not for you")

    assert watched.says(event, prompt("hello")) == {}
    assert starts(watched) == []


@pytest.mark.parametrize("session", ["../start", "a/b", "*", "$(x)", ""])
def test_a_session_id_is_no_path(watched: Plugin, session: str) -> None:
    watched.leave_notice("start", "not at a stop")
    watched.leave_notice(SESSION, "not for you")

    assert watched.says("Stop", {"session_id": session}) == {}
    assert starts(watched) == []


def test_a_start_shows_what_happened_meanwhile(watched: Plugin) -> None:
    (watched.data / "answer").write_text('{"systemMessage": "a limit"}\n')
    watched.leave_notice("start", "a limit")

    assert watched.says("SessionStart") == {"systemMessage": "a limit"}
    assert starts(watched) == ["hook SessionStart"]


@pytest.mark.parametrize("entrypoint", ["sdk-cli", "sdk-ts", "sdk-py"])
@pytest.mark.parametrize("event", EVENTS)
def test_a_script_takes_no_notice_away(watched: Plugin, event: str, entrypoint: str) -> None:
    left = [watched.leave_notice(name, "for a person") for name in ("start", SESSION)]
    (watched.data / "start.failed").write_text("no network\n")

    assert watched.says(event, prompt("hello"), CLAUDE_CODE_ENTRYPOINT=entrypoint) == {}
    assert starts(watched) == []
    assert all(path.exists() for path in left)
    assert (watched.data / "start.failed").exists()


def test_the_end_of_a_session_asks_for_a_pass(watched: Plugin) -> None:
    poke = watched.data / "poke"
    watched.says("SessionEnd")
    os.utime(poke, (1, 1))
    watched.says("SessionEnd")

    assert poke.stat().st_mtime > 1
    assert poke.stat().st_mode & 0o777 == 0o600


def test_a_pass_that_cannot_be_asked_for_is_no_failure(watched: Plugin) -> None:
    (watched.data / "poke").mkdir()

    assert watched.says("SessionEnd") == {}


def test_a_failed_start_is_told_once(watched: Plugin) -> None:
    watched.offer("mv")
    (watched.data / "start.failed").write_text("could not install: no network (log: /x)\n")

    told = {"systemMessage": "ccmeter does not meter yet: could not install: no network (log: /x)"}
    assert watched.says("SessionStart") == told
    assert watched.says("SessionStart") == {}


def test_of_a_failed_start_and_a_notice_one_is_told_after_the_other(watched: Plugin) -> None:
    watched.offer("mv")
    (watched.data / "start.failed").write_text("no network\n")
    (watched.data / "answer").write_text('{"systemMessage": "look"}\n')
    watched.leave_notice("start", "look")

    assert watched.says("SessionStart") == {
        "systemMessage": "ccmeter does not meter yet: no network"
    }
    assert watched.says("SessionStart") == {"systemMessage": "look"}


# -- which folder the session has ---------------------------------------------------------------


def noted(plugin: Plugin) -> list[str]:
    path = plugin.data / "folders"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit"])
def test_the_folder_of_the_session_is_noted_once_for_the_watcher(
    watched: Plugin, event: str
) -> None:
    for folder in ("/other/it's `a` $folder", "/other", "/other/it's `a` $folder", "/other"):
        watched.says(event, prompt("hello"), CLAUDE_CONFIG_DIR=folder)

    assert noted(watched) == ["/other/it's `a` $folder", "/other"]
    assert (watched.data / "folders").stat().st_mode & 0o777 == 0o600


def test_the_clients_own_folder_is_noted_where_none_is_chosen(watched: Plugin) -> None:
    """A session with another one may have started the watcher."""
    del watched.env["CLAUDE_CONFIG_DIR"]
    watched.says("SessionStart")

    assert noted(watched) == [f"{watched.home}/.claude"]


def test_a_folder_that_is_new_asks_for_a_pass(watched: Plugin) -> None:
    watched.says("SessionStart")
    (watched.data / "poke").unlink()
    watched.says("SessionStart")

    assert not (watched.data / "poke").exists()


@pytest.mark.parametrize("folder", ["relative", "~/x", "/two\nlines"])
def test_a_folder_that_says_nothing_to_another_process_is_not_noted(
    watched: Plugin, folder: str
) -> None:
    assert watched.says("SessionStart", CLAUDE_CONFIG_DIR=folder) == {}
    assert noted(watched) == []


def test_the_notes_do_not_grow_for_ever(watched: Plugin) -> None:
    (watched.data / "folders").write_text("".join(f"/{n}\n" for n in range(100)))
    watched.says("SessionStart", CLAUDE_CONFIG_DIR="/other")

    assert noted(watched) == ["/other"]


@pytest.mark.parametrize("event", EVENTS)
def test_a_folder_that_cannot_be_noted_is_no_failure(watched: Plugin, event: str) -> None:
    (watched.data / "folders").mkdir()

    assert watched.says(event, prompt("hello")) == {}
    assert event == "SessionEnd" or not (watched.data / "poke").exists()


# -- what has to be started ---------------------------------------------------------------------


def launched(plugin: Plugin) -> Callable[[], bool]:
    return lambda: "watch --detach --unless-removed" in starts(plugin)


@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit"])
def test_what_does_not_run_is_started_in_the_background(
    bare: Plugin, event: str, wait_until: Wait
) -> None:
    bare.offer_tools()
    assert bare.says(event, prompt("hello")) == {}

    wait_until(launched(bare))
    assert starts(bare) == ["--prepare", "setup --refresh", "watch --detach --unless-removed"]


@pytest.mark.parametrize("event", ["Stop", "SessionEnd"])
def test_the_end_of_a_turn_starts_nothing(bare: Plugin, event: str) -> None:
    bare.offer_tools()
    bare.says(event)

    assert not (bare.data / "starting").exists()
    assert starts(bare) == []


def test_a_watcher_of_another_version_is_replaced(
    bare: Plugin, stand_in_watcher: StandIn, wait_until: Wait
) -> None:
    bare.offer_tools()
    stand_in_watcher(bare, "0.0.0")
    assert bare.leaves_running("SessionStart") > 0

    wait_until(launched(bare))


def test_a_prompt_leaves_a_watcher_of_another_version_and_place_alone(
    bare: Plugin, stand_in_watcher: StandIn
) -> None:
    """A session that was open during an update keeps the older plugin."""
    bare.offer_tools()
    stand_in_watcher(bare, "99.0.0")
    (bare.data / "program").write_text("/new/plugin/bin/ccmeter\n")

    assert bare.leaves_running("UserPromptSubmit", prompt("hello")) == 0
    assert starts(bare) == []


def test_a_plugin_that_moved_renews_what_settings_point_to(
    bare: Plugin, stand_in_watcher: StandIn, wait_until: Wait
) -> None:
    bare.offer_tools()
    stand_in_watcher(bare, VERSION)
    (bare.data / "program").write_text("/old/plugin/bin/ccmeter\n")
    bare.says("SessionStart")

    wait_until(launched(bare))
    assert "setup --refresh" in starts(bare)


def test_the_number_of_a_dead_watcher_may_be_somebody_elses(
    bare: Plugin, stand_in_watcher: StandIn, wait_until: Wait
) -> None:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("needs /proc to tell processes apart")
    bare.offer_tools()
    stand_in_watcher(bare, VERSION, "a-stranger")
    bare.says("SessionStart")

    wait_until(launched(bare))


@pytest.mark.parametrize(
    "text", ["", "{", "null", '{"pid": -1, "version": "9"}', "\0\xff", "x" * 9]
)
def test_a_pid_file_that_makes_no_sense_is_none(bare: Plugin, text: str, wait_until: Wait) -> None:
    bare.offer_tools()
    (bare.data / "watch.pid").write_text(text, encoding="latin-1")
    (bare.data / "program").write_text(f"{bare.root}/bin/ccmeter\n")
    assert bare.says("SessionStart") == {}

    wait_until(launched(bare))


@pytest.mark.parametrize(
    ("text", "starts_one"),
    [("/ccmeter:setup --remove", False), ("/ccmeter:setup", True), ("/ccmeter:report", True)],
)
def test_who_takes_leave_gets_no_new_watcher(bare: Plugin, text: str, starts_one: bool) -> None:
    bare.offer_tools()

    assert (bare.leaves_running("UserPromptSubmit", prompt(text)) > 0) == starts_one
    assert ("watch --detach --unless-removed" in starts(bare)) == starts_one


def test_a_prompt_does_not_try_again_what_failed(bare: Plugin) -> None:
    bare.offer_tools()
    (bare.data / "start.told").write_text("no network\n")
    bare.says("UserPromptSubmit", prompt("hello"))

    assert not (bare.data / "starting").exists()
    assert starts(bare) == []


# -- after ccmeter setup --remove -----------------------------------------------------------------


@pytest.fixture
def removed(bare: Plugin) -> Plugin:
    """A session that still has the plugin."""
    bare.offer_tools()
    (bare.data / "removed").touch()
    return bare


@pytest.mark.parametrize("event", EVENTS)
def test_what_was_removed_stays_away(removed: Plugin, event: str) -> None:
    for name in ("start", SESSION):
        removed.leave_notice(name, "nobody wants to know")
    (removed.data / "start.failed").write_text("no network\n")

    assert removed.leaves_running(event, prompt("hello")) == 0
    assert removed.says(event, prompt("hello")) == {}
    assert starts(removed) == []
    assert not (removed.data / "poke").exists()
    assert not (removed.data / "folders").exists()


def test_a_command_is_answered_and_starts_nothing(removed: Plugin) -> None:
    (removed.data / "answer").write_text('{"decision": "block", "reason": "a"}\n')

    assert removed.says("UserPromptSubmit", prompt("/ccmeter:report"))["reason"] == "a"
    assert removed.leaves_running("UserPromptSubmit", prompt("/ccmeter:report")) == 0
    assert starts(removed) == ["hook UserPromptSubmit"] * 2


def test_with_setup_all_is_started_again(removed: Plugin, wait_until: Wait) -> None:
    """The stand-in answers as setup does: the mark is gone then."""
    program = removed.root / "bin" / "ccmeter"
    program.write_text(program.read_text() + 'rm -f "$CCMETER_HOME/removed"\n')
    program.write_text(program.read_text().replace("exit ", "code="))
    removed.says("UserPromptSubmit", prompt("/ccmeter:setup"))

    wait_until(launched(removed))


def test_what_a_command_needs_is_prepared_without_a_watcher(
    removed: Plugin, wait_until: Wait
) -> None:
    """After an update of the plugin there is no environment for it."""
    program = removed.root / "bin" / "ccmeter"
    program.write_text(program.read_text() + '[ "$1" != hook ] || exit 75\n')
    program.write_text(program.read_text().replace('exit "', ': "'))
    answer = removed.says("UserPromptSubmit", prompt("/ccmeter:report"))

    assert "still preparing" in answer["reason"]
    wait_until(lambda: "--prepare" in starts(removed))
    wait_until(lambda: not (removed.data / "starting").exists())
    assert starts(removed) == ["hook UserPromptSubmit", "--prepare"]
