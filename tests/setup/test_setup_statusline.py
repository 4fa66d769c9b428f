"""ccmeter setup: the status line put into settings.json, and everything put back."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
MINE = '{"type": "command", "command": "cat >/dev/null; echo mine", "padding": 2}'
COMMENTED = """{
  // what I like
  "model": "opus", /* the best */
  "permissions": {"allow": ["Bash(ls:*)", "Read(//etc/**)"],},
}
"""
TEXTS = {
    "commented": COMMENTED,
    "empty object": "{}\n",
    "nothing": "",
    "one line": '{"model":"opus"}',
    "tabs": '{\n\t"model": "opus",\n\t"env": {"A": "// no comment"}\n}',
    "trailing comma": '{"model": "opus",}',
    "comment at the end": '{"model": "opus" // best\n}',
    "comment alone": "{\n  // nothing yet\n}\n",
    "spread": "{ }\n\n",
    "windows": '{\r\n  "model": "opus"\r\n}\r\n',
    "byte order mark": '\ufeff{"model": "opus"}\n',
    "a line of mine, last": '{\n  "model": "opus",\n  "statusLine": ' + MINE + "\n}\n",
    "a line of mine, first": '{"statusLine": ' + MINE + ', "model": "é\\u00e9"}',
    "a line of mine, alone": '{\n "statusLine": ' + MINE + " // works\n}\n",
    "a line that is off": '{"statusLine": null, "model": "opus"}',
}


def ran(run: Run, *arguments: str) -> str:
    done = run("setup", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def meaning(path: Path) -> dict[str, Any]:
    """What a settings.json without comments says."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8-sig"))
    return found


def backups(home: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((home / "ccmeter" / "backups").glob("*"))]


def shown(path: Path, data: Path, stdin: str = "{}") -> str:
    """Run the status line as Claude Code does, with a stand-in for ccmeter's own."""
    program = data.parent / "stand-in"
    program.write_text('#!/bin/sh\necho "ours: $* $(cat)"\n')
    program.chmod(0o755)
    (data / "program").write_text(f"{program}\n")
    done = subprocess.run(
        ["sh", "-c", meaning(path)["statusLine"]["command"]],
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def settings(claude_dir: Path) -> Path:
    return claude_dir / "settings.json"


def test_where_there_are_no_settings_they_are_made(
    run_ccmeter: Run, settings: Path, home: Path
) -> None:
    said = ran(run_ccmeter)

    script = home / "ccmeter" / "bin" / "ccmeter-statusline"
    line = {"type": "command", "command": str(script), "refreshInterval": 60}
    assert meaning(settings) == {"statusLine": line}
    assert settings.stat().st_mode & 0o777 == 0o600
    assert said == f"{settings}: ccmeter is in the status line.\n"
    assert backups(home) == []
    assert shown(settings, home / "ccmeter", '{"a": 1}') == 'ours: statusline {"a": 1}\n'


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_was_there_is_kept_and_put_back_to_the_byte(
    run_ccmeter: Run, settings: Path, home: Path, text: str
) -> None:
    write(settings, text)
    settings.chmod(0o640)
    ran(run_ccmeter)
    assert b"ccmeter-statusline" in settings.read_bytes()
    assert backups(home) == [text.encode()]

    ran(run_ccmeter, "--remove")
    assert settings.read_bytes().decode() == (text or "{\n}\n")
    assert settings.stat().st_mode & 0o777 == 0o640
    assert not list((home / "ccmeter" / "wrapped").glob("*"))


def test_everything_else_stays_as_it_is(run_ccmeter: Run, settings: Path) -> None:
    write(settings, COMMENTED)
    ran(run_ccmeter)
    text = settings.read_text()

    assert text.startswith(COMMENTED.rstrip().removesuffix("}").rstrip())
    assert text.count("// what I like") == text.count("/* the best */") == 1


def test_a_second_time_changes_nothing(run_ccmeter: Run, settings: Path, home: Path) -> None:
    write(settings, TEXTS["a line of mine, last"])
    ran(run_ccmeter)
    before = settings.stat().st_mtime_ns, settings.stat().st_ino, settings.read_bytes()

    assert "is in the status line already. What was there is shown as well" in ran(run_ccmeter)
    assert (settings.stat().st_mtime_ns, settings.stat().st_ino, settings.read_bytes()) == before
    assert len(backups(home)) == 1
    assert shown(settings, home / "ccmeter") == "mine\nours: statusline {}\n"


def test_a_line_that_was_there_is_shown_as_well(
    run_ccmeter: Run, settings: Path, home: Path
) -> None:
    old = {"type": "command", "command": 'printf "%s" "it\'s $(cat)"', "padding": 2}
    settings.write_text(json.dumps({"statusLine": old}))
    ran(run_ccmeter)

    assert meaning(settings)["statusLine"]["padding"] == 2
    assert shown(settings, home / "ccmeter", "5") == "it's 5\nours: statusline 5\n"


@pytest.mark.parametrize("command", ["exit 3", "true", "no-such-program", "kill -9 $$"])
def test_a_line_that_fails_does_not_take_ours_away(
    run_ccmeter: Run, settings: Path, home: Path, command: str
) -> None:
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": command}}))
    ran(run_ccmeter)

    assert shown(settings, home / "ccmeter") == "ours: statusline {}\n"


def test_what_the_user_changed_meanwhile_stays(run_ccmeter: Run, settings: Path) -> None:
    write(settings, TEXTS["one line"])
    ran(run_ccmeter)
    changed = {**meaning(settings), "model": "haiku", "theme": "dark"}
    settings.write_text(json.dumps(changed))
    ran(run_ccmeter, "--remove")
    assert meaning(settings) == {"model": "haiku", "theme": "dark"}

    ran(run_ccmeter)
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": "theirs"}}))
    assert "nothing of ccmeter's is in it" in ran(run_ccmeter, "--remove")
    assert meaning(settings) == {"statusLine": {"type": "command", "command": "theirs"}}


def test_looking_first_writes_nothing(run_ccmeter: Run, settings: Path, home: Path) -> None:
    write(settings, COMMENTED)
    said = ran(run_ccmeter, "--dry-run")

    assert '+  "statusLine": {' in said
    assert f"--- {settings}" in said
    assert settings.read_text() == COMMENTED
    assert not (home / "ccmeter").exists()

    ran(run_ccmeter)
    after = settings.read_text()
    assert '-  "statusLine": {' in ran(run_ccmeter, "--remove", "--dry-run")
    assert settings.read_text() == after


BROKEN = ["[1]", '{"a": ', "not json", "{} {}", '{"statusLine": 1, "statusLine": 2}', "null", "{,}"]


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("arguments", [[], ["--remove"], ["--dry-run"]])
def test_settings_that_make_no_sense_are_not_touched(
    run_ccmeter: Run, settings: Path, text: str, arguments: list[str]
) -> None:
    settings.write_text(text)
    done = run_ccmeter("setup", *arguments)

    assert done.returncode == 1
    assert f"cannot change {settings} safely" in done.stderr
    assert done.stderr.count("\n") == 1
    assert settings.read_text() == text


def test_settings_are_replaced_whole(run_ccmeter: Run, settings: Path) -> None:
    """Who reads meanwhile sees the old or the new text, never a part."""
    write(settings, COMMENTED)
    with settings.open() as reader:
        ran(run_ccmeter)
        assert reader.read() == COMMENTED
    assert list(settings.parent.glob(".settings*")) == []


def test_a_link_to_settings_stays_one(run_ccmeter: Run, settings: Path, home: Path) -> None:
    write(home / "dotfiles.json", COMMENTED)
    settings.symlink_to(home / "dotfiles.json")
    ran(run_ccmeter)

    assert settings.is_symlink()
    assert "ccmeter-statusline" in (home / "dotfiles.json").read_text()


def test_when_nothing_can_be_written_nothing_is_changed(
    settings: Path, home: Path, repo_root: Path
) -> None:
    """A file size limit of zero stands for a full disk."""
    write(settings, COMMENTED)
    command = f"ulimit -f 0; exec {sys.executable} -B -m ccmeter setup"
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(repo_root / "src")},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert done.stderr.count("\n") == 1
    assert settings.read_text() == COMMENTED
    assert list(settings.parent.glob(".settings*")) == []
    assert [path for path in home.rglob("*") if path.is_file()] == [settings]


def test_without_a_claude_folder_it_says_what_to_do(run_ccmeter: Run) -> None:
    done = run_ccmeter("setup")

    assert done.returncode == 1
    assert "Start Claude Code once, or set CLAUDE_CONFIG_DIR" in done.stderr


def test_each_of_several_folders_is_changed(run_ccmeter: Run, home: Path) -> None:
    folders = [home / "a", home / "b"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        line = {"type": "command", "command": f"echo line {number}"}
        (folder / "settings.json").write_text(json.dumps({"statusLine": line}))
    env = {"CLAUDE_CONFIG_DIR": ",".join(map(str, folders))}
    assert run_ccmeter("setup", env=env).stdout.count("is in the status line") == 2

    for number, folder in enumerate(folders):
        assert shown(folder / "settings.json", home / "ccmeter").startswith(f"line {number}\nours")
    run_ccmeter("setup", "--remove", env=env)
    assert meaning(folders[1] / "settings.json")["statusLine"]["command"] == "echo line 1"


def test_a_data_folder_with_blanks_and_quotes_works(run_ccmeter: Run, settings: Path) -> None:
    data = settings.parent / "it's $HOME's data"
    assert run_ccmeter("setup", env={"CCMETER_HOME": str(data)}).returncode == 0

    assert shown(settings, data) == "ours: statusline {}\n"


def test_what_settings_point_to_is_renewed(run_ccmeter: Run, settings: Path, home: Path) -> None:
    """The plugin's hooks ask for that after an update."""
    ran(run_ccmeter)
    data = home / "ccmeter"
    (data / "bin" / "ccmeter-statusline").write_text("broken")
    (data / "program").write_text("/gone/bin/ccmeter\n")
    before = settings.read_bytes()

    assert ran(run_ccmeter, "--refresh") == ""
    program = Path((data / "program").read_text().strip())
    assert os.access(program, os.X_OK)
    assert (data / "bin" / "ccmeter").resolve() == program.resolve()
    assert shown(settings, data) == "ours: statusline {}\n"
    assert settings.read_bytes() == before


def test_a_program_that_is_gone_is_said_in_the_line(
    run_ccmeter: Run, settings: Path, home: Path
) -> None:
    ran(run_ccmeter)
    (home / "ccmeter" / "program").write_text("/gone/bin/ccmeter\n")
    command = meaning(settings)["statusLine"]["command"]
    done = subprocess.run(["sh", "-c", command], input="{}", capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ccmeter is not ready (ccmeter doctor), or gone")
