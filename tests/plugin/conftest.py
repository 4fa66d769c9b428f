"""The plugin as Claude Code starts it: the commands of hooks.json, in a shell, with its variables.

Tests of the real client import modules of tests/client.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENT = str(ROOT / "tests" / "client")
if CLIENT not in sys.path:
    sys.path.insert(0, CLIENT)

import plugged  # noqa: E402 - found since the line above
from client_fixtures import api, needs_tmux  # noqa: E402

__all__ = ["api", "needs_tmux"]

SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"
TOOLS = ("cat", "mv", "mkdir", "rmdir", "rm", "find", "sed", "env", "tail", "tr", "cut", "touch")
TOOLS += ("setsid", "sleep", "ps")
Json = dict[str, Any]
# runs a command, then adopts, counts and waits for what it left behind
ADOPTER = """\
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
count = 0
try:
    while os.wait():
        count += 1
except ChildProcessError:
    print(count)
"""


class Plugin:
    """A plugin folder, ccmeter's data folder, and the environment of a client."""

    def __init__(self, root: Path, folder: Path, shell: str = "/bin/sh") -> None:
        self.root, self.home, self.data = root, folder, folder / "data"
        self.path = folder / "programs"
        self.path.mkdir(parents=True)
        self.offer("sh", shell)
        if not self._has_printf():  # OpenBSD's and Android's shells leave it to a program
            self.offer("printf")
        self.prefix: list[str] = []  # before the command of a hook
        self.env = {
            "HOME": str(folder),
            "PATH": str(self.path),
            "CLAUDE_PLUGIN_ROOT": str(root),
            "CLAUDE_CODE_ENTRYPOINT": "cli",
            "CCMETER_HOME": str(self.data),
            "CLAUDE_CONFIG_DIR": str(folder / "claude"),
            "TMPDIR": str(folder / "moments"),
        }
        (folder / "moments").mkdir()

    def _has_printf(self) -> bool:
        asked = [self.path / "sh", "-c", "PATH=; command -v printf"]
        return not subprocess.run(asked, capture_output=True, check=False).returncode

    def offer(self, name: str, program: str | None = None) -> None:
        """Put a program on the PATH, which is empty but for the shell."""
        found = program or shutil.which(name)
        assert found, f"there is no {name}"
        (self.path / name).symlink_to(found)

    def offer_tools(self) -> None:
        """Put the ordinary tools on the PATH."""
        for name in TOOLS:
            if shutil.which(name) and not (self.path / name).exists():
                self.offer(name)

    def hook(
        self, event: str, given: Json | str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command of hooks.json as the client does."""
        return self._run([*self.prefix, *self._command(event)], event, given, **env)

    def leaves_running(self, event: str, given: Json | None = None) -> int:
        """Run a hook; return how many processes it left behind, after their end."""
        if sys.platform != "linux":
            pytest.skip("who left an orphan behind can only be told on Linux")
        adopter = [sys.executable, "-S", "-c", ADOPTER, *self._command(event)]
        return int(self._run(adopter, event, given).stdout)

    def _command(self, event: str) -> list[str]:
        written = json.loads((ROOT / "hooks" / "hooks.json").read_text())
        ((entry,),) = [each["hooks"] for each in written["hooks"][event]]
        return [str(self.path / "sh"), "-c", entry["command"]]

    def _run(
        self, command: list[str], event: str, given: Json | str | None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        sent = given if isinstance(given, str) else payload(event, **(given or {}))
        return subprocess.run(
            command,
            input=sent,
            env=self.env | env,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def says(self, event: str, given: Json | str | None = None, **env: str) -> Json:
        """Run a hook that must be fine; return its JSON, {} for nothing."""
        done = self.hook(event, given, **env)
        assert (done.returncode, done.stderr) == (0, "")
        found: Json = json.loads(done.stdout) if done.stdout else {}
        return found

    def leave_notice(self, name: str, message: str) -> Path:
        """Write a notice as the watcher does."""
        path = self.data / "notices" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        notice = {"level": "alarm", "rule": "R1", "message": message, "time_ms": 1}
        path.write_text(json.dumps([notice]))
        return path


def payload(event: str, **more: Any) -> str:
    """A line as the client sends it: compact JSON, the session first."""
    common = {"session_id": SESSION, "transcript_path": "/p/x.jsonl", "cwd": "/p"}
    return json.dumps({**common, "hook_event_name": event, **more}, separators=(",", ":"))


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """The plugin of this checkout, on a machine where nothing was ever started."""
    made = Plugin(ROOT, tmp_path)
    made.offer_tools()
    return made


# that may be /bin/sh somewhere; those that are installed here
SHELLS = [name for name in ("dash", "bash", "busybox", "zsh", "ksh", "mksh") if shutil.which(name)]


@pytest.fixture(params=SHELLS or ["sh"])
def any_shell(request: pytest.FixtureRequest) -> str:
    """A shell that runs the hooks."""
    found = shutil.which(request.param)
    assert found
    return found


STAND_IN = """\
#!/bin/sh
# notes how it was started, and what it was sent
printf '%s\\n' "$*" >>"$CCMETER_HOME/started"
cat >>"$CCMETER_HOME/sent"
[ ! -e "$CCMETER_HOME/answer" ] || cat "$CCMETER_HOME/answer"
exit "$(cat "$CCMETER_HOME/exit-code" 2>/dev/null || echo 0)"
"""


@pytest.fixture
def bare(tmp_path: Path, any_shell: str) -> Plugin:
    """A copy of the plugin's hooks in which Python is a stand-in that notes its starts."""
    root = tmp_path / "it's the plugin"
    (root / "bin").mkdir(parents=True)
    for name in ("hooks", ".claude-plugin"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "bin" / "data.sh", root / "bin")
    program = root / "bin" / "ccmeter"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    made = Plugin(root, tmp_path / "machine", any_shell)
    made.data.mkdir()
    return made


@pytest.fixture
def stand_in_watcher() -> Iterator[Callable[..., int]]:
    """Start a process that looks like a watcher and tell of it as one; return its number."""
    started: list[subprocess.Popen[bytes]] = []

    def start(plugin: Plugin, version: str, name: str = "ccmeter.watch") -> int:
        process = subprocess.Popen([name, "60"], executable=shutil.which("sleep"))
        started.append(process)
        told = {"pid": process.pid, "version": version, "started": "", "mode": "events"}
        (plugin.data / "watch.pid").write_text(json.dumps(told))
        (plugin.data / "program").write_text(f"{plugin.root}/bin/ccmeter\n")
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Return as soon as something is so; fail after a limit."""
    return lambda happened: plugged.wait_until(happened, "what was to happen")
