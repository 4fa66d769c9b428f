"""A data folder into which nothing can be put: the user is told, once a session and no more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.plugin.conftest import Plugin

MANIFEST = Path(__file__).resolve().parents[2] / ".claude-plugin" / "plugin.json"
VERSION = json.loads(MANIFEST.read_text())["version"]
SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"
# root may write anywhere, unless it gives that power up
NO_POWERS = ["--bounding-set=-dac_override,-dac_read_search,-fowner"]
REPORT = {"prompt": "/ccmeter:report"}
HELP = "'ccmeter doctor' in a terminal says more."


@pytest.fixture
def powerless(bare: Plugin) -> Plugin:
    """A session of somebody with no more rights than anybody has."""
    bare.offer_tools()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if not setpriv:
            pytest.skip("root may write anywhere, and no setpriv is here")
        bare.prefix = [setpriv, *NO_POWERS]
    return bare


@pytest.fixture
def closed(powerless: Plugin) -> Iterator[Plugin]:
    """A data folder without the right to write, as after a start with sudo."""
    powerless.data.chmod(0o555)
    yield powerless
    powerless.data.chmod(0o700)


@pytest.fixture(params=["read-only", "full"])
def mounted(request: pytest.FixtureRequest, bare: Plugin) -> Plugin:
    """A data folder on a disk of its own, read-only or with no space left."""
    bare.offer_tools()
    fill = 'dd if=/dev/zero of="$0/filler" bs=4k 2>/dev/null; '
    read_only = 'mount -o remount,ro "$0"; '
    script = 'mount -t tmpfs -o size=64k none "$0" || exit 99; '
    script += (fill if request.param == "full" else read_only) + 'exec "$@"'
    outside = shutil.which("unshare") or "false"
    bare.prefix = [outside, "-m", str(shutil.which("sh")), "-c", script, str(bare.data)]
    bare.env["PATH"] += os.pathsep + os.environ["PATH"]
    if subprocess.run([*bare.prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    return bare


def told(plugin: Plugin, **given: str) -> str:
    """What the user sees at a session's start."""
    return str(plugin.says("SessionStart", given).get("systemMessage", ""))


def test_a_folder_that_cannot_be_written_to_is_told_when_a_session_begins(closed: Plugin) -> None:
    said = f"ccmeter does not meter: it cannot write into its data folder, {closed.data}. {HELP}"

    assert told(closed, source="startup") == said
    assert told(closed, source="resume") == said
    assert told(closed) == said


def test_it_is_told_beside_a_watcher_that_runs(
    closed: Plugin, stand_in_watcher: Callable[..., int]
) -> None:
    closed.data.chmod(0o700)
    stand_in_watcher(closed, VERSION)
    closed.data.chmod(0o555)

    assert "cannot write" in told(closed, source="startup")


@pytest.mark.parametrize("source", ["clear", "compact"])
def test_what_goes_on_within_a_session_is_not_told_again(closed: Plugin, source: str) -> None:
    assert told(closed, source=source) == ""


@pytest.mark.parametrize("event", ["UserPromptSubmit", "Stop", "SessionEnd"])
def test_other_events_say_nothing_of_it_once_it_was_told(closed: Plugin, event: str) -> None:
    told(closed, source="startup")

    assert closed.says(event, {"prompt": "hello"}) == {}


@pytest.mark.parametrize("event", ["UserPromptSubmit", "Stop"])
def test_a_session_that_runs_already_is_told_once(closed: Plugin, event: str) -> None:
    assert "cannot write" in closed.says(event, {"prompt": "hello"})["systemMessage"]
    assert closed.says(event, {"prompt": "hello"}) == {}
    assert "cannot write" in closed.says(event, {"session_id": "b"})["systemMessage"]


def test_where_it_can_be_noted_nowhere_a_prompt_says_nothing(closed: Plugin) -> None:
    nowhere = str(closed.home / "nowhere")
    places = {"TMPDIR": nowhere, "XDG_RUNTIME_DIR": nowhere}

    assert closed.says("UserPromptSubmit", {"prompt": "hello"}, **places) == {}
    assert "cannot write" in closed.says("SessionStart", **places)["systemMessage"]


def test_it_is_not_noted_through_a_link_that_somebody_has_put_there(closed: Plugin) -> None:
    link = Path(closed.env["TMPDIR"]) / f"ccmeter-{SESSION}"
    link.symlink_to(closed.home / "hit")
    closed.says("UserPromptSubmit", {"prompt": "hello"})

    assert not (closed.home / "hit").exists()


def test_a_folder_that_was_deleted_is_not_made_again_at_the_end_of_a_turn(bare: Plugin) -> None:
    bare.offer_tools()
    bare.data.rmdir()

    assert bare.says("Stop") == {}
    assert not bare.data.exists()


def test_what_a_watcher_says_of_itself_is_told(
    bare: Plugin, stand_in_watcher: Callable[..., int]
) -> None:
    bare.offer("cat")
    stand_in_watcher(bare, VERSION)
    (bare.data / "watch.fault").write_text("the database is locked\n")

    said = f"ccmeter does not meter: the database is locked. {HELP}"
    assert bare.says("Stop") == {"systemMessage": said}
    assert bare.says("UserPromptSubmit", {"prompt": "hello"}) == {}
    assert told(bare, source="startup") == said


def test_what_a_watcher_said_that_is_gone_is_not_told(bare: Plugin) -> None:
    bare.offer("cat")
    (bare.data / "watch.fault").write_text("the database is locked\n")

    assert bare.says("Stop") == {}


def test_a_script_is_told_nothing(closed: Plugin) -> None:
    assert closed.says("SessionStart", CLAUDE_CODE_ENTRYPOINT="sdk-cli") == {}


def test_a_failure_of_before_does_not_hide_it(closed: Plugin) -> None:
    closed.data.chmod(0o700)
    (closed.data / "start.failed").write_text("no network\n")
    closed.data.chmod(0o555)

    assert "cannot write" in told(closed, source="startup")


def test_a_folder_that_cannot_be_made_is_told(powerless: Plugin) -> None:
    powerless.data.rmdir()
    powerless.home.chmod(0o555)
    said = told(powerless, source="startup")
    powerless.home.chmod(0o700)

    assert "cannot write" in said


def test_a_file_in_the_place_of_the_folder_is_told(powerless: Plugin) -> None:
    powerless.data.rmdir()
    powerless.data.write_text("")

    assert "cannot write" in told(powerless, source="startup")


@pytest.mark.parametrize("name", ['a "b" \\ c', "é", "two\nlines", "it's"])
def test_a_folder_whose_name_needs_quotes_is_not_named(
    powerless: Plugin, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir(mode=0o555)
    powerless.env["CCMETER_HOME"] = str(folder)

    assert (
        told(powerless) == f"ccmeter does not meter: it cannot write into its data folder. {HELP}"
    )


def test_a_disk_that_is_read_only_or_full_is_told(mounted: Plugin) -> None:
    said = told(mounted, source="startup")

    full = "dd if" in " ".join(mounted.prefix)
    why = "no space is left where its data folder is" if full else "cannot write into its data"
    assert why in said


def test_such_a_disk_is_told_at_a_prompt_as_well(mounted: Plugin) -> None:
    said = mounted.says("UserPromptSubmit", {"prompt": "hello"})["systemMessage"]

    assert "no space is left" in said or "cannot write" in said
    assert mounted.says("UserPromptSubmit", {"prompt": "hello"}) == {}


def test_a_command_does_not_say_that_it_is_still_preparing(closed: Plugin) -> None:
    closed.data.chmod(0o700)
    (closed.data / "exit-code").write_text("75")
    closed.data.chmod(0o555)
    reason = closed.says("UserPromptSubmit", REPORT)["reason"]

    assert "still preparing" not in reason
    assert "cannot write" in reason


def test_what_is_asked_of_the_disk_leaves_it_as_it_was(powerless: Plugin) -> None:
    assert told(powerless, source="startup") == ""
    assert (powerless.data / "probe").stat().st_size == 0
    assert (powerless.data / "probe").stat().st_mode & 0o777 == 0o600
