"""Where things are, on this system and by the environment."""

import os
import stat
import sys
from pathlib import Path

import platformdirs
import pytest

from ccmeter.paths import (
    claude_folders,
    config_path,
    data_home,
    database_path,
    ensure_home,
)


def test_the_data_folder_is_the_platforms(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CCMETER_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert data_home() == platformdirs.user_data_dir("ccmeter", appauthor=False)

    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    assert data_home() == platformdirs.user_data_dir("ccmeter", appauthor=False)
    if sys.platform == "linux":
        assert data_home() == str(home / "data/ccmeter")


@pytest.mark.parametrize("chosen", ["data", "./data", "../data", " ", "~/data"])
def test_a_relative_folder_of_the_platform_is_ignored(
    chosen: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be another database in every working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / chosen / "claude" / "projects").mkdir(parents=True)
    env = {"XDG_DATA_HOME": chosen, "XDG_CONFIG_HOME": chosen}

    assert data_home(env) == data_home({})
    assert claude_folders(env) == claude_folders({})


def test_an_empty_variable_is_none(home: Path) -> None:
    env = {"CCMETER_HOME": "", "XDG_DATA_HOME": "", "CLAUDE_CONFIG_DIR": ""}

    assert data_home(env).startswith(str(home))
    assert claude_folders(env)[0] == str(home / ".claude")


@pytest.mark.parametrize("chosen", ["/data/cc", "~/cc", "cc", "/data//cc/"])
def test_the_user_may_choose_the_data_folder(chosen: str, home: Path) -> None:
    expected = {"/data/cc": "/data/cc", "~/cc": f"{home}/cc", "/data//cc/": "/data/cc"}
    found = data_home({"CCMETER_HOME": chosen})

    assert found == expected.get(chosen, os.path.abspath("cc"))
    assert os.path.isabs(found)


def test_everything_lies_in_the_data_folder() -> None:
    assert database_path("/x") == "/x/ccmeter.db"
    assert config_path("/x") == "/x/config.toml"


def test_a_new_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        made = ensure_home(str(tmp_path / "a/b"))
    finally:
        os.umask(umask)

    assert stat.S_IMODE(os.stat(made).st_mode) == 0o700
    assert ensure_home(made) == made


def test_a_data_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    ensure_home(str(tmp_path))

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_without_a_choice_the_clients_own_folder_is_read(home: Path) -> None:
    assert claude_folders({}) == [str(home / ".claude")]


def test_the_folder_of_an_older_client_is_read_besides_where_it_exists(home: Path) -> None:
    (home / ".config/claude/projects").mkdir(parents=True)
    (home / "xdg/claude/projects").mkdir(parents=True)

    assert claude_folders({}) == [str(home / ".claude"), str(home / ".config/claude")]
    assert claude_folders({"XDG_CONFIG_HOME": str(home / "xdg")}) == [
        str(home / ".claude"),
        str(home / "xdg/claude"),
    ]


def test_a_chosen_folder_replaces_all_others(home: Path) -> None:
    (home / ".config/claude/projects").mkdir(parents=True)

    assert claude_folders({"CLAUDE_CONFIG_DIR": "/w/claude"}) == ["/w/claude"]
    assert claude_folders({"CLAUDE_CONFIG_DIR": "~/c"}) == [str(home / "c")]


def test_a_list_of_folders_is_read_as_one(home: Path) -> None:
    assert claude_folders({"CLAUDE_CONFIG_DIR": " /a , ~/b,,/c/ ,"}) == [
        "/a",
        str(home / "b"),
        "/c",
    ]


def test_a_folder_with_a_comma_is_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a,b"
    folder.mkdir()

    assert claude_folders({"CLAUDE_CONFIG_DIR": str(folder)}) == [str(folder)]
    folder.rmdir()
    assert claude_folders({"CLAUDE_CONFIG_DIR": str(folder)}) == [
        str(tmp_path / "a"),
        os.path.abspath("b"),
    ]


@pytest.mark.skipif(sys.platform != "darwin", reason="the desktop app's folder of a Mac")
def test_sessions_of_the_desktop_app_are_found(home: Path) -> None:
    below = "Library/Application Support/Claude/local-agent-mode-sessions/w/g/local_1/.claude"
    (home / below).mkdir(parents=True)

    assert claude_folders({})[-1] == str(home / below)
