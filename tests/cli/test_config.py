"""ccmeter config: what is in force, and changing it without harm."""

import os
import random
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

SETTINGS = (
    "timezone, user, tier, annual, client_meter, notify, statusline, watch_idle_minutes, otlp_port"
)
LINE = "model context cost today limits cache alarm"
DEFAULTS = {
    "annual": False,
    "client_meter": False,
    "notify": False,
    "statusline": LINE,
    "watch_idle_minutes": 480,
    "otlp_port": 0,
}
FULL = """\
# My settings.

user = 'ada' # it is me

odd = [
  [1], # not ours, not lost
]

# who shares this machine
[[users]]
name = "grace"   # admiral
folder = "/home/grace/.claude"

# a gateway
[prices.'glm-5.1']
input_mtok = 0.60
output_mtok = 2.2

[[tiers]]
tier = "max"
from = 2026-10-01

[compute.scenarios.mine]
"""


@pytest.fixture
def file(home: Path) -> Path:
    return home / "ccmeter" / "config.toml"


@pytest.fixture
def written(file: Path) -> Path:
    """A full config.toml, made by hand."""
    file.parent.mkdir(parents=True)
    file.write_text(FULL)
    return file


def test_path_names_the_file_before_it_exists(ok: Any, file: Path, home: Path) -> None:
    assert ok("config", "path") == f"{file}\n"
    assert list(home.iterdir()) == []


def test_a_value_is_set_changed_and_removed(ok: Any, file: Path) -> None:
    assert ok("config", "set", "timezone", "Europe/Berlin") == 'timezone = "Europe/Berlin"\n'
    assert ok("config", "set", "annual", "true") == "annual = true\n"
    assert ok("config", "set", "tier", "max") == 'tier = "max"\n'
    assert ok("config", "set", "tier", "ultra") == 'tier = "ultra"\n'
    assert tomllib.loads(file.read_text()) == {
        "timezone": "Europe/Berlin",
        "annual": True,
        "tier": "ultra",
    }

    assert ok("config", "set", "annual", "") == "annual is not set\n"
    assert ok("config", "unset", "timezone") == "timezone is not set\n"
    assert tomllib.loads(file.read_text()) == {"tier": "ultra"}


def test_removing_what_is_not_there_makes_nothing(ok: Any, home: Path) -> None:
    assert ok("config", "unset", "tier") == "tier is not set\n"
    assert list(home.iterdir()) == []


def test_the_file_is_private_whatever_it_was(ok: Any, written: Path) -> None:
    written.chmod(0o644)
    ok("config", "set", "tier", "pro")

    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in written.parent.iterdir()] == ["config.toml"]


def test_everything_else_in_the_file_stays_to_the_letter(ok: Any, written: Path) -> None:
    ok("config", "set", "timezone", "Europe/Berlin")
    before, after = FULL.split("\n# who shares")
    assert written.read_text() == f'{before}timezone = "Europe/Berlin"\n\n# who shares{after}'

    ok("config", "unset", "timezone")
    ok("config", "set", "user", "lovelace")
    assert written.read_text() == FULL.replace("'ada'", '"lovelace"')


def test_a_title_stays_above_and_a_tables_comment_with_its_table(ok: Any, file: Path) -> None:
    file.parent.mkdir()
    table = '# grace\n[[users]]\nname = "g"\nfolder = "/g"\n'
    file.write_text(f"# title\n\n{table}")
    ok("config", "set", "tier", "pro")
    assert file.read_text() == f'# title\n\ntier = "pro"\n\n{table}'

    file.write_text(table)
    ok("config", "set", "tier", "pro")
    assert file.read_text() == f'tier = "pro"\n\n{table}'


def test_a_line_without_newline_and_windows_lines_are_continued(ok: Any, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b'user = "x"\r\n# last')
    ok("config", "set", "tier", "pro")
    assert file.read_bytes() == b'user = "x"\r\ntier = "pro"\n\n# last'


def test_a_link_to_the_file_stays_a_link(ok: Any, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("# mine\n")
    file.parent.mkdir()
    file.symlink_to(target)
    ok("config", "set", "tier", "pro")

    assert file.is_symlink()
    assert target.read_text() == '# mine\ntier = "pro"\n'


WRONG_VALUES = [
    ("tier", "max20", "there is no plan 'max20'. Use one of pro, max, max-5x, ultra, max-20x,"),
    ("timezone", "Berlin", "there is no time zone 'Berlin'. Use a name such as UTC, Europe/Berlin"),
    ("annual", "perhaps", "annual must be true or false."),
    ("statusline", "model weather", "the status line has no part 'weather'. Use some of model"),
    ("watch_idle_minutes", "1h", "watch_idle_minutes must be a whole number such as"),
]


@pytest.mark.parametrize(("key", "value", "message"), WRONG_VALUES)
def test_a_wrong_value_is_refused_before_anything_is_written(
    key: str, value: str, message: str, fails: Any, written: Path
) -> None:
    assert fails(2, "config", "set", key, value).startswith(f"nothing was changed: {message}")
    assert written.read_text() == FULL


@pytest.mark.parametrize(
    ("key", "hint"), [("timezon", " Did you mean timezone?"), ("colour", ""), ("users", "")]
)
def test_an_unknown_key_is_wrong_usage_and_the_keys_are_named(
    key: str, hint: str, fails: Any, home: Path
) -> None:
    line = fails(2, "config", "set", key, "x")

    if key == "users":
        assert line.endswith(f"The settings are {SETTINGS}.")
    else:
        assert line == f"there is no setting '{key}'.{hint} The settings are {SETTINGS}."
    assert fails(2, "config", "unset", key) == line
    assert list(home.iterdir()) == []


def test_what_is_wrong_elsewhere_is_said_and_kept(fails: Any, ok: Any, file: Path) -> None:
    file.parent.mkdir()
    file.write_text('tier = "plus"\n')
    line = fails(1, "config", "set", "timezone", "UTC")

    assert line.startswith(f"{file}: there is no plan 'plus'.")
    assert file.read_text() == 'tier = "plus"\n'
    ok("config", "set", "tier", "pro")  # the way out
    assert file.read_text() == 'tier = "pro"\n'


def test_a_broken_file_is_never_overwritten(fails: Any, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("user = \n")

    assert fails(1, "config", "set", "tier", "pro").startswith(f"cannot read {file}: ")
    assert file.read_text() == "user = \n"


def test_a_file_that_cannot_be_changed_safely_is_left_alone(fails: Any, file: Path) -> None:
    """tomlkit would put the price beside the inline table; the file would be no TOML any more."""
    file.parent.mkdir()
    file.write_text("prices = { m = { input_mtok = 1, output_mtok = 2 } }\n")
    line = fails(1, "prices", "set", "n", "--input", "1", "--output", "2")

    assert line.endswith("cannot change safely; nothing was changed. Edit it by hand.")
    assert file.read_text() == "prices = { m = { input_mtok = 1, output_mtok = 2 } }\n"


def test_a_full_disk_leaves_the_old_file(written: Path, repo_root: Path) -> None:
    program = f'ulimit -f 0; exec "{sys.executable}" -m ccmeter config set tier pro'
    env = {**os.environ, "PYTHONPATH": str(repo_root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(["sh", "-c", program], env=env, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.startswith(f"ccmeter: cannot write {written}: File too large; nothing was")
    assert written.read_text() == FULL
    assert [path.name for path in written.parent.iterdir()] == ["config.toml"]


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_whole_file(written: Path, repo_root: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(repo_root / "src")}
    valid = {FULL, *(FULL.replace("'ada'", f'"{name * 30_000}"') for name in "ab")}
    chance = random.Random(5)
    for turn in range(25):
        command = [
            sys.executable,
            "-m",
            "ccmeter",
            "config",
            "set",
            "user",
            "ab"[turn % 2] * 30_000,
        ]
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, 0.35))
        process.kill()
        process.wait()
        assert written.read_text() in valid


def test_show_says_what_is_in_force_and_where_it_comes_from(ok: Any, written: Path) -> None:
    text = ok("config", "show")
    lines = text.splitlines()

    assert lines[0] == f"# settings in force. The file: {written}"
    assert 'timezone = "UTC"  # default: the time zone of this machine' in lines
    assert 'user = "ada"  # from config.toml' in lines
    assert "annual = false  # default" in lines
    assert any(line.startswith("# tier is not set") for line in lines)
    assert "# config.toml: odd is not known to this ccmeter and does nothing" in lines
    assert f"#   {os.environ['CLAUDE_CONFIG_DIR']}  ada" in lines
    assert "#   /home/grace/.claude  grace" in lines


def test_show_prints_toml_that_means_the_same(ok: Any, written: Path) -> None:
    shown = tomllib.loads(ok("config", "show"))
    own = tomllib.loads(FULL)

    assert shown == {
        "timezone": "UTC",
        **DEFAULTS,
        **{key: own[key] for key in ("user", "users", "prices", "tiers", "compute")},
    }
    first = ok("config", "show")
    written.write_text(first)
    assert tomllib.loads(ok("config", "show")) == shown


def test_show_without_a_file_makes_none(ok: Any, file: Path, home: Path) -> None:
    text = ok("config", "show")

    assert tomllib.loads(text) == {"timezone": "UTC", "user": "me", **DEFAULTS}
    assert "# settings in force." in text
    assert "not there: everything is a default" in text.replace("\n# ", " ")
    assert list(home.iterdir()) == []


def test_show_names_a_wrong_price(fails: Any, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[prices.m]\ninput_mtok = 1\n")

    assert fails(1, "config", "show").startswith('config.toml: prices."m" needs output_mtok too')


def test_output_fits_the_terminal(width: int, ok: Any, fits: Any, written: Path) -> None:
    env = {"COLUMNS": str(width), "HOME": "/h", "CCMETER_HOME": str(written.parent)}
    text = ok("config", "show", env={**env, "CLAUDE_CONFIG_DIR": "/h/.claude", "NO_COLOR": "1"})

    fits(text.replace(str(written), ""), width)
