"""Every test lives in an empty home, and a touch of the real one fails it."""

import os
import pwd
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT / "src") not in sys.path:
    sys.path.insert(0, str(ROOT / "src"))

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# a shell that starts tests in its background has them, and all they start, ignore Ctrl-C, and nohup
# the end of the terminal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

PRIVATE = (
    ".claude",
    ".config/claude",
    ".local/share/ccmeter",
    "Library/Application Support/Claude",
    "Library/Application Support/ccmeter",
)
# HOME may be a test's own, when it starts pytest; the user database knows better
HOMES = {os.path.expanduser("~"), pwd.getpwuid(os.getuid()).pw_dir}
FORBIDDEN = tuple(
    os.path.join(base, name)
    for home in HOMES
    for base in {home, os.path.realpath(home)}
    for name in PRIVATE
)
OWN = (str(ROOT),)  # an installed plugin lives in .claude
EVENTS = frozenset(
    ["open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "sqlite3.connect"]
)
touched: list[str] = []


def _inside(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in folders)


def _guard(event: str, args: tuple[object, ...]) -> None:
    """Refuse, and remember, since own code may swallow the refusal."""
    if event not in EVENTS or not args or not isinstance(args[0], str | bytes | os.PathLike):
        return
    path = os.fsdecode(args[0])
    if event == "sqlite3.connect":
        path = path.removeprefix("file:").partition("?")[0]
    path = os.path.abspath(path)
    if _inside(path, FORBIDDEN) and not _inside(path, OWN):
        touched.append(f"{event} {path}")
        raise AssertionError(f"a test touched the real home: {event} {path}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def real_home_untouched() -> Iterator[list[str]]:
    """The touches of the real home during this test; any left at its end fail it."""
    touched.clear()
    yield touched
    assert not touched, f"a test touched the real home: {touched}"


UNSET = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES")


def _move_into(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Point everything that names a home, or changes how output looks, to an empty folder."""
    for name in (*UNSET, *os.environ):
        if name in UNSET or name.startswith(("CLAUDE", "CCMETER_")):
            patch.delenv(name, raising=False)
    patch.setenv("HOME", str(home))
    patch.setenv("CLAUDE_CONFIG_DIR", str(home / ".claude"))
    patch.setenv("CCMETER_HOME", str(home / "ccmeter"))
    patch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    patch.setenv("TERM", "xterm-256color")
    patch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def _home_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        _move_into(tmp_path_factory.mktemp("session-home"), patch)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The empty home folder of this test."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        _move_into(folder, patch)
        yield folder
    time.tzset()


@pytest.fixture
def claude_dir(home: Path) -> Path:
    """Claude Code's folder of this test, with an empty projects/ in it."""
    folder = home / ".claude"
    (folder / "projects").mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The checkout that is being tested."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Reference data that is not part of the project; skips where it is missing."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no reference data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def old_prices() -> bool:
    """Whether every report warns of old prices, as it must 45 days after they were checked."""
    text = (ROOT / "src/ccmeter/pricing/prices.toml").read_text("utf-8")
    checked = max(model["checked"] for model in tomllib.loads(text)["models"].values())
    return (datetime.now(UTC).date() - checked).days > 45


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_ccmeter() -> Run:
    """Run the command line of the checkout with the environment of the test."""

    def run(
        *args: str, stdin: str = "", env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ccmeter", *args]
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **(env or {})}
        return subprocess.run(
            command,
            input=stdin,
            env=environ,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
