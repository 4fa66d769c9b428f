"""The watcher's process found by `ps` of a BSD, where there is no /proc, as on macOS."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import World

    Script = Callable[..., subprocess.CompletedProcess[str]]

PS = Path(__file__).resolve().parents[1] / "plugin" / "bsd-ps"
# nobody else sees it; bsd-ps goes on looking into the real one
HIDE = """
mount --rbind /proc "$PROC" && mount -t tmpfs none /proc || exit 99
[ ! -d /proc/self ] || exit 99
ccmeter() { "$PYTHON" -m ccmeter "$@"; }
"""


def far_python(folder: Path) -> str:
    """The Python of this environment under a name that takes more than a terminal's width."""
    if not (Path(sys.prefix) / "pyvenv.cfg").exists():
        return sys.executable
    far = folder / "a-folder-with-a-long-name" / "and-another-one-in-it" / "and-one-more"
    far.mkdir(parents=True)
    for path in Path(sys.prefix).iterdir():
        (far / path.name).symlink_to(path)
    return str(far / "bin" / Path(sys.executable).name)


@pytest.fixture
def script(world: World, tmp_path: Path) -> Iterator[Script]:
    """Run lines of sh where there is no /proc; a watcher that they leave behind is ended."""
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "ps").symlink_to(PS)
    (tmp_path / "proc").mkdir()
    env = {**world.env, "PYTHON": far_python(tmp_path), "PROC": str(tmp_path / "proc")}

    def run(lines: str, ps: bool = True) -> subprocess.CompletedProcess[str]:
        path = f"{tmp_path}/programs:{env['PATH']}" if ps else "/nowhere"
        command = ["unshare", "-rm", "sh", "-c", f'{HIDE}PATH="{path}"\n{lines}']
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    if not shutil.which("unshare") or run(":").returncode:
        pytest.skip("/proc cannot be hidden here")
    yield run
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(tmp_path).encode() in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def test_a_watcher_is_started_known_and_ended(world: World, script: Script) -> None:
    done = script("ccmeter watch --detach; ccmeter watch --status; ccmeter watch --stop")
    started, status, _, *_, ended = done.stdout.splitlines()
    number = started.removeprefix("watcher started: process ")

    assert done.stderr == ""
    assert number.isdecimal()
    assert status.startswith(f"watcher: process {number}, ccmeter ")
    assert ended == f"watcher ended: process {number}"


STRANGER = """
ccmeter watch --detach >/dev/null
mv "$CCMETER_HOME/watch.pid" "$CCMETER_HOME/kept"
sleep 60 & stranger=$!
told='{"pid": %s, "version": "9", "started": "", "mode": "events"}'
printf "$told" $stranger >"$CCMETER_HOME/watch.pid"
ccmeter watch --status | head -n 1
ccmeter watch --stop
kill $stranger && echo alive
mv "$CCMETER_HOME/kept" "$CCMETER_HOME/watch.pid"
ccmeter watch --stop >&2
"""


def test_a_stranger_with_its_number_is_left_alone(script: Script) -> None:
    done = script(STRANGER)

    said, alive = done.stdout.splitlines()
    assert said == "a watcher runs; which process it is cannot be told"
    assert alive == "alive"
    refused, ended = done.stderr.splitlines()
    assert "does not tell which process it is" in refused
    assert ended.startswith("watcher ended: process ")


def test_without_ps_it_cannot_be_told(world: World, script: Script) -> None:
    (world.home / "watch.pid").write_text(json.dumps({"pid": 2, "version": "", "started": ""}))
    held = (
        "import sys; from ccmeter.watch import instance as i\n"
        "one = i.become(sys.argv[1]); one.tell('events', [])\n"
        "assert i.running(sys.argv[1]) == i.UNKNOWN\n"
    )
    done = script(f'"$PYTHON" -c "{held}" "$CCMETER_HOME"', ps=False)

    assert (done.returncode, done.stderr) == (0, "")
