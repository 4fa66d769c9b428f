"""The manifests, by the validators of the newest and the oldest clients."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from client_fixtures import installed
from harness import Sandbox
from install import VERSIONS
from plugged import PARTS, copy_plugin

EVENTS_OF_2_1_90 = {"SessionStart", "UserPromptSubmit", "Stop", "SessionEnd"}


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_finds_nothing_wrong(version: str, tmp_path: Path, repo_root: Path) -> None:
    """With a marketplace in the folder only that one is looked at: the plugin is alone as well."""
    alone = copy_plugin(tmp_path / "plugin")
    (alone / ".claude-plugin" / "marketplace.json").unlink()
    box = Sandbox(tmp_path, installed(version), "http://127.0.0.1:9")
    strict = [] if version == "2.1.90" else ["--strict"]  # which it does not know
    for folder in (repo_root, alone):
        done = box.claude("plugin", "validate", *strict, str(folder))
        assert done.code == 0, done.out + done.err
        assert "passed" in done.out
        assert strict or "warning" not in done.out.lower()


def test_hooks_use_nothing_that_is_newer_than_the_oldest_client(repo_root: Path) -> None:
    """One event that a client does not know silently disables them all; so may other fields."""
    hooks = json.loads((repo_root / "hooks" / "hooks.json").read_text())["hooks"]
    fields = {
        name for entries in hooks.values() for each in entries for h in each["hooks"] for name in h
    }

    assert set(hooks) <= EVENTS_OF_2_1_90
    assert fields == {"type", "command", "timeout"}


def test_the_plugin_has_the_version_of_the_code(repo_root: Path) -> None:
    """A watcher of another version than the plugin's would be replaced at every start."""
    from ccmeter.version import version

    manifest = json.loads((repo_root / ".claude-plugin" / "plugin.json").read_text())

    assert manifest["version"] == version()
    assert all((repo_root / part).exists() for part in PARTS)


def test_each_command_is_answered_by_the_hook(repo_root: Path) -> None:
    from ccmeter.hook.slash import NAMES

    files = {path.stem: path.read_text() for path in (repo_root / "commands").glob("*.md")}

    assert set(files) == set(NAMES)
    assert all("disable-model-invocation: true" in text for text in files.values())
