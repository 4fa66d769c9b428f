"""The guard of conftest.py: no test reads or writes the real home."""

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REAL = pwd.getpwuid(os.getuid()).pw_dir

TOUCHES: list[Callable[[], object]] = [
    lambda: Path(REAL, ".claude/projects/session.jsonl").read_bytes(),
    lambda: Path(REAL, ".local/share/ccmeter/ccmeter.db").write_bytes(b""),
    lambda: os.open(f"{REAL}/.claude", os.O_RDONLY),
    lambda: os.listdir(f"{REAL}/.claude"),
    lambda: os.scandir(f"{REAL}/.config/claude/projects"),
    lambda: os.mkdir(f"{REAL}/.local/share/ccmeter"),
    lambda: os.remove(os.fsencode(f"{REAL}/.claude/x/../settings.json")),
    lambda: sqlite3.connect(f"{REAL}/.local/share/ccmeter/ccmeter.db"),
    lambda: sqlite3.connect(f"file:{REAL}/.claude/ccmeter.db?mode=ro", uri=True),
    lambda: Path(REAL, "Library/Application Support/ccmeter/ccmeter.db").read_bytes(),
]


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_touch_of_the_real_home_is_refused(
    touch: Callable[[], object], real_home_untouched: list[str]
) -> None:
    with pytest.raises(AssertionError, match="touched the real home"):
        touch()
    assert len(real_home_untouched) == 1
    real_home_untouched.clear()


def test_what_only_looks_like_the_real_home_is_left_alone() -> None:
    for name in (".claude-of-somebody", ".config/claude.toml", ".local/share/ccmeters"):
        with pytest.raises(FileNotFoundError):
            Path(REAL, name, "no-such-file").read_bytes()


SWALLOWED = """
import os
def test_swallows():
    try: open(os.environ["BEFORE"] + "/.claude/settings.json")
    except AssertionError: pass
"""
HARMLESS = "def test_harmless(): open(__file__).close()"


@pytest.mark.parametrize(("source", "code"), [(SWALLOWED, 1), (HARMLESS, 0)])
def test_a_touch_fails_the_test_even_if_the_refusal_is_swallowed(
    source: str, code: int, tmp_path: Path, home: Path
) -> None:
    tests = tmp_path / "checkout/tests"
    tests.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("conftest.py"), tests)
    (tests / "test_it.py").write_text(source)
    (home / ".claude").mkdir()
    (home / ".claude/settings.json").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)],
        env={**os.environ, "BEFORE": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert ("touched the real home" in done.stdout) == bool(code)


NAMES = ["HOME", "CLAUDE_CONFIG_DIR", "CCMETER_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"]


@pytest.mark.parametrize("name", NAMES)
def test_a_started_program_sees_the_home_of_the_test(name: str, home: Path) -> None:
    program = f"import os; print(os.environ[{name!r}])"
    seen = subprocess.check_output([sys.executable, "-c", program], text=True).strip()
    assert Path(seen).is_relative_to(home)
    assert Path(os.path.expanduser("~")) == home


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_home(turn: int, home: Path) -> None:
    assert list(home.iterdir()) == []
    (home / "left-behind").touch()


def test_nothing_of_the_users_session_changes_the_output() -> None:
    assert os.environ["TZ"] == "UTC"
    assert "NO_COLOR" not in os.environ
    assert not [name for name in os.environ if name.startswith("CLAUDE_CODE")]
