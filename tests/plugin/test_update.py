"""A new version of the plugin, installed from a git repository: the client keeps copies of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from client_fixtures import installed
from counts import visible
from install import NEWEST
from mock_api import MockApi
from mock_ledger import billed
from plugged import Plugged, copy_plugin, ended, make_environment, set_version, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.plugin.conftest import Plugin

pytestmark = pytest.mark.slow
LINE = {"session_id": "a-b", "model": {"display_name": "Opus 5.5"}}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with the plugin, released as 7.0.0, and a marketplace that names it."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    folder = copy_plugin(tmp_path / "market" / "repository")
    place = json.loads((folder / ".claude-plugin" / "marketplace.json").read_text())
    place["plugins"][0]["source"] = {"source": "url", "url": f"file://{folder}"}
    (tmp_path / "market" / ".claude-plugin").mkdir()
    path = tmp_path / "market" / ".claude-plugin" / "marketplace.json"
    path.write_text(json.dumps(place))
    git(folder, "init", "-q")
    release(folder, "7.0.0")
    return folder


def release(repository: Path, version: str) -> None:
    set_version(repository, version)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", version)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def test_an_update_replaces_the_watcher_and_leaves_the_status_line_alone(
    repository: Path, tmp_path: Path, api: MockApi
) -> None:
    market = repository.parent
    with ended(Plugged(tmp_path / "box", installed(NEWEST), api.url, market)) as box:
        make_environment(box.data, repository)
        box.install()
        box.ask("hello")
        first, old = box.watcher(), box.where()
        box.ask("/ccmeter:setup")
        settings = (box.config / "settings.json").read_text()
        assert first["version"] == "7.0.0"
        assert (box.data / "program").read_text() == f"{old}/bin/ccmeter\n"  # of a copy
        assert old != repository
        assert box.statusline(LINE).startswith("Opus 5.5 · today")

        release(repository, "7.1.0")
        make_environment(box.data, repository)
        box.plugin("marketplace", "update", "ccmeter")
        box.plugin("update", "ccmeter@ccmeter")
        box.ask("hello again")
        wait_until(lambda: told(box).get("version") == "7.1.0", "a watcher of the new version")
        new = box.where()
        assert new != old

        shutil.rmtree(old, ignore_errors=True)  # as the client does after some days
        assert box.statusline(LINE).startswith("Opus 5.5 · today")
        assert json.loads(settings)["statusLine"] == box.setting("statusLine")
        assert (box.data / "program").read_text() == f"{new}/bin/ccmeter\n"
        wait_until(lambda: box.stored() == billed(visible(api)), "all in the database")

        box.plugin("uninstall", "ccmeter@ccmeter")
        shutil.rmtree(new, ignore_errors=True)
        assert "ccmeter is not ready (ccmeter doctor), or gone" in box.statusline(LINE)


@pytest.fixture
def updated(plugin: Plugin) -> Iterator[Plugin]:
    """A machine with the plugin twice: sessions of 7.9.0 are open, and 7.10.0 is installed."""
    for version in ("7.9.0", "7.10.0"):
        root = copy_plugin(plugin.home / version)
        set_version(root, version)
        make_environment(plugin.data, root)
    yield plugin
    wait_until(lambda: not (plugin.data / "starting").exists(), "nothing is being started")
    subprocess.run([plugin.home / "7.10.0/bin/ccmeter", "watch", "--stop"], env=plugin.env)


def session(plugin: Plugin, event: str, version: str) -> None:
    """Run a hook in a session with that version of the plugin, and wait for what it starts."""
    plugin.says(event, {"prompt": "hello"}, CLAUDE_PLUGIN_ROOT=str(plugin.home / version))
    wait_until(lambda: not (plugin.data / "starting").exists(), "nothing is being started")


def wait_for_watcher(plugin: Plugin, version: str) -> None:
    """Wait until one runs, and who started it is done."""
    wait_until(lambda: told(plugin).get("version") == version, "a watcher")
    wait_until(lambda: not (plugin.data / "starting").exists(), "nothing is being started")


def test_sessions_with_an_older_plugin_take_nothing_from_those_with_a_newer_one(
    updated: Plugin,
) -> None:
    session(updated, "SessionStart", "7.9.0")
    wait_until(lambda: told(updated).get("version") == "7.9.0", "a watcher")
    session(updated, "SessionStart", "7.10.0")
    wait_until(lambda: told(updated).get("version") == "7.10.0", "a newer watcher")
    runs, log = told(updated), updated.data / "background.log"
    log.unlink()

    for version in ("7.9.0", "7.10.0", "7.9.0"):
        session(updated, "UserPromptSubmit", version)
    assert not log.exists()
    session(updated, "SessionStart", "7.9.0")  # also after /clear
    wait_until(log.exists, "something in the background")
    session(updated, "UserPromptSubmit", "7.9.0")

    assert told(updated) == runs
    program = f"{updated.home}/7.10.0/bin/ccmeter"
    assert (updated.data / "program").read_text() == f"{program}\n"
    assert (updated.data / "bin" / "ccmeter").readlink() == updated.home / "7.10.0/bin/ccmeter"


def test_a_prompt_with_an_older_plugin_starts_the_newest_watcher(updated: Plugin) -> None:
    """An older one might not understand the database any more, and would end at once, each time."""
    session(updated, "SessionStart", "7.10.0")
    wait_for_watcher(updated, "7.10.0")
    newest = updated.home / "7.10.0/bin/ccmeter"
    subprocess.run([newest, "watch", "--stop"], env=updated.env, check=True)
    session(updated, "UserPromptSubmit", "7.9.0")
    wait_until(lambda: told(updated), "a watcher")

    assert told(updated)["version"] == "7.10.0"


def test_an_older_plugin_takes_the_place_of_a_newer_one_that_is_gone(updated: Plugin) -> None:
    session(updated, "SessionStart", "7.10.0")
    wait_for_watcher(updated, "7.10.0")
    (updated.home / "7.10.0").rename(updated.home / "removed")
    session(updated, "SessionStart", "7.9.0")
    program = f"{updated.home}/7.9.0/bin/ccmeter\n"
    wait_until(lambda: (updated.data / "program").read_text() == program, "another program")
    (updated.home / "removed").rename(updated.home / "7.10.0")  # to end the watcher


def told(box: Plugged | Plugin) -> dict[str, str]:
    """What the watcher tells of itself, {} while it is replaced."""
    try:
        found: dict[str, str] = json.loads((box.data / "watch.pid").read_text())
    except (OSError, ValueError):
        return {}
    return found
