"""The hooks where there is no /proc, no GNU and no setsid, as on macOS, the BSDs and Alpine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugin.conftest import Plugin

    StandIn = Callable[..., int]
    Wait = Callable[[Callable[[], object]], None]

PS = Path(__file__).with_name("bsd-ps")
VERSION = "0.0.1"  # a prompt leaves a watcher of any version alone
FAR = "/Users/it's me/" + "a-folder-with-a-long-name/" * 6 + "python -m ccmeter.watch"
HELLO = {"prompt": "hello"}
SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"


def starts(plugin: Plugin) -> list[str]:
    path = plugin.data / "started"
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def apple(bare: Plugin) -> Plugin:
    """The ps of a BSD, and no /proc for the hooks."""
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("bsd-ps stands on /proc")
    for name in ("hook", "background"):
        script = bare.root / "hooks" / name
        text = script.read_text()
        assert "/proc/self" in text
        script.write_text(text.replace("/proc/", "/no-proc/"))
    bare.offer("ps", str(PS))
    bare.offer_tools()
    return bare


@pytest.mark.parametrize("name", ["ccmeter.watch", FAR])
def test_a_watcher_is_known_where_there_is_no_proc(
    apple: Plugin, stand_in_watcher: StandIn, name: str
) -> None:
    stand_in_watcher(apple, VERSION, name)

    assert apple.leaves_running("UserPromptSubmit", HELLO) == 0
    assert starts(apple) == []


def test_a_stranger_with_its_number_is_none(
    apple: Plugin, stand_in_watcher: StandIn, wait_until: Wait
) -> None:
    stand_in_watcher(apple, VERSION, "a-stranger")
    apple.says("UserPromptSubmit", HELLO)

    wait_until(lambda: "watch --detach --unless-removed" in starts(apple))


@pytest.fixture
def busy(apple: Plugin) -> Iterator[Callable[[str], None]]:
    """Let a process of a name have the right to start things."""
    processes = []

    def begin(name: str) -> None:
        process = subprocess.Popen([name, "60"], executable=shutil.which("sleep"))
        processes.append(process)
        (apple.data / "starting").mkdir()
        (apple.data / "starting" / "pid").write_text(f"{process.pid}\n")

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def background(plugin: Plugin) -> None:
    script = plugin.root / "hooks" / "background"
    subprocess.run([plugin.path / "sh", script], env=plugin.env, cwd=plugin.home, check=False)


def test_who_starts_things_is_known_where_there_is_no_proc(
    apple: Plugin, busy: Callable[[str], None]
) -> None:
    busy("sh " + "/a-folder-with-a-long-name" * 6 + "/hooks/background")
    background(apple)

    assert starts(apple) == []


def test_a_stranger_does_not_hold_the_right_to_start_things(
    apple: Plugin, busy: Callable[[str], None]
) -> None:
    busy("a-stranger")
    background(apple)

    assert starts(apple)[-1] == "watch --detach --unless-removed"


# -- tools --------------------------------------------------------------------------------------

BOXES = [name for name in ("busybox", "toybox") if shutil.which(name)]
USED = ("cat", "mv", "mkdir", "rmdir", "rm", "find", "sed", "env", "tail", "tr", "cut", "touch")


@pytest.fixture(params=BOXES)
def small(request: pytest.FixtureRequest, bare: Plugin) -> Plugin:
    """A machine with one small program in the place of GNU's."""
    box = shutil.which(request.param)
    assert box
    words = subprocess.run([box, "--list"] if request.param == "busybox" else [box],
                           capture_output=True, text=True, check=True).stdout.split()  # fmt: skip
    for name in (*USED, "setsid"):
        if name in words:
            bare.offer(name, box)
        else:
            bare.offer(name)
    return bare


def test_all_is_started_with_the_tools_of_a_small_system(small: Plugin, wait_until: Wait) -> None:
    (small.data / "starting").mkdir()
    os.utime(small.data / "starting", (1, 1))  # of one that was killed
    small.says("SessionStart")

    wait_until(lambda: "watch --detach --unless-removed" in starts(small))
    wait_until(lambda: not (small.data / "starting").exists())


def test_a_failure_is_told_with_the_tools_of_a_small_system(
    small: Plugin, wait_until: Wait
) -> None:
    program = small.root / "bin" / "ccmeter"
    said = 'ccmeter: no "network" in C:\\\\x é'
    program.write_text(f"#!/bin/sh\necho 'first'>&2\nprintf '%s\\n' '{said}' >&2\nexit 1\n")
    small.says("SessionStart")
    wait_until((small.data / "start.failed").exists)

    told = small.says("SessionStart")["systemMessage"]
    assert told == "ccmeter does not meter yet: no 'network' in C://x "
    wait_until(lambda: not (small.data / "starting").exists())
    small.says("SessionStart")  # within ten minutes
    assert not (small.data / "start.failed").exists()


NOTES_SESSION = (
    'IFS=" " read -r a b c d e sid rest <"/proc/$$/stat"; echo "$sid" >"$CCMETER_HOME/sid"'
)


@pytest.mark.parametrize("way", ["setsid", "perl", "nohup"])
def test_what_is_started_outlives_the_terminal(bare: Plugin, way: str, wait_until: Wait) -> None:
    if not shutil.which(way) or sys.platform != "linux":
        pytest.skip(f"no {way}, or nobody tells of sessions")
    for name in (*USED, way):
        bare.offer(name)
    program = bare.root / "bin" / "ccmeter"
    program.write_text(f"#!/bin/sh\n{NOTES_SESSION}\n")
    bare.says("SessionStart")
    wait_until((bare.data / "sid").exists)
    wait_until(lambda: not (bare.data / "starting").exists())

    same = int((bare.data / "sid").read_text()) == os.getsid(0)
    assert same == (way == "nohup")  # which ignores the signal instead


@pytest.mark.parametrize("name", ["it's a folder", 'a "b" \\ c', "$HOME `x` *", "é\nü"])
def test_a_data_folder_of_any_name_will_do(bare: Plugin, name: str, wait_until: Wait) -> None:
    bare.offer_tools()
    bare.data.rmdir()
    bare.data = bare.home / name
    bare.env["CCMETER_HOME"] = str(bare.data)
    bare.says("SessionStart")
    wait_until(lambda: "watch --detach --unless-removed" in starts(bare))
    wait_until(lambda: not (bare.data / "starting").exists())
    (bare.data / "answer").write_text('{"systemMessage": "look"}\n')
    bare.leave_notice(SESSION, "look")

    assert bare.says("Stop") == {"systemMessage": "look"}
