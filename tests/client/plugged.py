"""The real client with ccmeter's plugin in it, and what a test wants to know of both."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import harness
from counts import seen
from harness import MODEL, ROOT, Json, Run, Sandbox
from install import Client
from mock_ledger import Tokens

PARTS = (".claude-plugin", "hooks", "commands", "bin", "src", "pyproject.toml")  # of a plugin
# of an ordinary machine, but no Python
TOOLS = (
    "sh",
    "cat",
    "mv",
    "mkdir",
    "rmdir",
    "rm",
    "find",
    "sed",
    "env",
    "tail",
    "tr",
    "cut",
    "touch",
)
TOOLS += ("bash", "date", "git", "ls", "ps", "setsid", "sleep", "tmux", "uname", "which", "node")
SECONDS = 60


def make_environment(data: Path, root: Path = ROOT) -> None:
    """Put a private environment of the tests' interpreter where bin/ccmeter of `root` finds it."""
    script = '. "$root/bin/env.sh"; read_key; printf "%s\\n" "$key"'
    done = subprocess.run(
        ["sh", "-c", script], env={"root": str(root)}, capture_output=True, check=True
    )
    folder = data / "env" / f"of-the-tests-{len(list(data.glob('env/*')))}"
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (folder / "stamp").write_bytes(done.stdout)


# builds in place of a Python with pip and a network, which tests/bootstrap has
PYTHON = """\
#!/bin/sh
case $2 in -c) exit 0 ;; esac
mkdir -p "$5/built/bin"
printf '#!/bin/sh\\nexec "{python}" "$@"\\n' >"$5/built/bin/python"
chmod 755 "$5/built/bin/python"
printf '%s\\n' "$6" >"$5/built/stamp"
"""


def copy_plugin(folder: Path) -> Path:
    """Copy what makes a plugin of the checkout; return the folder."""
    for name in PARTS:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


def set_version(root: Path, version: str) -> None:
    """Release a copy of the plugin under another version."""
    for path, pattern in (
        (root / ".claude-plugin" / "plugin.json", r'("version": ")[^"]+'),
        (root / "pyproject.toml", r'(?m)(^version = ")[^"]+'),
    ):
        path.write_text(re.sub(pattern, rf"\g<1>{version}", path.read_text(), count=1))


def wait_until(happened: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Return as soon as something is so; fail after the limit."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"{what}: not after {seconds} s"
        time.sleep(0.1)


class Plugged(Sandbox):
    """A sandbox whose client has the plugin; the environment that it needs is there already."""

    def __init__(
        self, folder: Path, client: Client, url: str, root: Path = ROOT, ready: bool = True
    ) -> None:
        super().__init__(folder, client, url)
        self.root = root  # that is told to the client: of a marketplace
        if ready and (root / "bin").is_dir():
            make_environment(self.data, root)

    def install(self) -> None:
        """Install the plugin as its user would, without a terminal."""
        for arguments in (("marketplace", "add", str(self.root)), ("install", "ccmeter@ccmeter")):
            self.plugin(*arguments)

    def plugin(self, *arguments: str) -> Run:
        """Run `claude plugin`, which has to work."""
        done = self.claude("plugin", *arguments)
        assert done.code == 0, done.out + done.err
        return done

    def offer_python(self) -> None:
        """Put a Python on the PATH that builds environments at once."""
        program = self.home / "programs" / "python3.14"  # looked for first
        program.parent.mkdir()
        program.write_text(PYTHON.format(python=sys.executable))
        program.chmod(0o755)
        self.env["PATH"] = f"{program.parent}:{self.env['PATH']}"

    def hide_python(self) -> None:
        """Leave nothing on the PATH but what the client and the hooks' shell need."""
        folder = self.home / "programs"
        folder.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            if found:
                (folder / name).symlink_to(found)
        self.env["PATH"] = str(folder)
        shutil.rmtree(self.data / "env")

    def where(self) -> Path:
        """Where the client reads the plugin."""
        listed = json.loads(self.plugin("list", "--json").out)
        (found,) = (each for each in listed if each["id"] == "ccmeter@ccmeter")
        return Path(found.get("readFromFolder") or found["installPath"])

    def hooked(self, prompt: str, *arguments: str) -> list[Json]:
        """Ask in print mode; return what the client tells of the hooks that ran."""
        how = ("-p", "--output-format", "stream-json", "--verbose", "--include-hook-events")
        told = self.home / "events.jsonl"  # 2.1.90 may end before a pipe has taken all of it
        with told.open("w") as out:
            done = subprocess.run(
                [*self.client.command, *how, "--model", MODEL, *arguments],
                cwd=self.project,
                env=self.env,
                input=prompt,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                timeout=harness.SECONDS,
            )
        assert done.returncode == 0, done.stderr
        events = map(json.loads, told.read_text("utf-8").split("\n")[:-1])
        return [event for event in events if event.get("subtype") == "hook_response"]

    def watcher(self) -> Json:
        """Wait until a watcher runs, and return what it tells of itself."""
        told = self.data / "watch.pid"
        wait_until(lambda: self.rests() and told.exists(), "a watcher that runs")
        found: Json = json.loads(told.read_text())
        return found

    def rests(self) -> bool:
        """Whether nothing is being started in the background."""
        return not (self.data / "starting").exists()

    def stored(self) -> Tokens:
        """What the watcher has stored by now: no line is read to tell."""
        return seen(self.report("--no-sync")["totals"])

    def setting(self, name: str) -> Json:
        """Return a setting of the client's."""
        found: Json = json.loads((self.config / "settings.json").read_text())[name]
        return found

    def statusline(self, given: Json) -> str:
        """Run what settings.json runs; return what it prints."""
        command = self.setting("statusLine")["command"]
        env = {**self.env, "COLUMNS": "120", "NO_COLOR": "1"}
        return self._run(["sh", "-c", command], env, json.dumps(given), SECONDS).out

    def end_watcher(self) -> None:
        """End what runs in the background, also what is about to start."""
        wait_until(self.rests, "nothing is being started")
        assert self.ccmeter("watch", "--stop").code == 0


@contextmanager
def ended(box: Plugged) -> Iterator[Plugged]:
    """Use a sandbox, and leave nothing of it running."""
    try:
        yield box
    finally:
        box.end_watcher()
