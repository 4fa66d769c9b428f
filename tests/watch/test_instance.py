"""One watcher per data folder, and only a watcher is ever ended as one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Timer

import pytest
from world import QUICK, World, until

from ccmeter.errors import CcmeterError
from ccmeter.version import version
from ccmeter.watch.instance import become, is_held, running, stop
from ccmeter.watch.log import Log
from ccmeter.watch.loop import Loop, Options

Start = Callable[..., "subprocess.Popen[str]"]
HOLDER = """
import sys, time
from ccmeter.watch.instance import become
assert become(sys.argv[1]) is not None
print("holds", flush=True)
time.sleep(60)
"""


def holder(world: World) -> "subprocess.Popen[str]":
    """A process that has the lock and has not written its pid."""
    command = [sys.executable, "-c", HOLDER, str(world.home)]
    process = subprocess.Popen(command, env=world.env, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "holds\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def up(world: World, process: "subprocess.Popen[str]") -> None:
    """Wait until it watches and says so."""
    until(lambda: (found := running(str(world.home))) and found.pid == process.pid, "up")


def test_a_watcher_says_who_it_is_and_leaves_nothing_behind(world: World, start: Start) -> None:
    assert running(str(world.home)) is None
    process = start()
    up(world, process)
    found = running(str(world.home))

    assert found is not None
    assert (found.pid, found.version, found.mode) == (process.pid, version(), "events")
    assert json.loads((world.home / "watch.pid").read_text())["started"] == found.started
    assert stop(str(world.home)) == found
    assert process.wait(5) == 0
    assert running(str(world.home)) is None
    assert not (world.home / "watch.pid").exists()


def test_a_second_watcher_says_who_runs(world: World, start: Start) -> None:
    first = start()
    up(world, first)
    second = start()
    _, err = second.communicate(timeout=20)

    assert second.returncode == 1
    assert err == (
        f"ccmeter: a watcher runs already: process {first.pid}, ccmeter {version()}, since"
        f" {running(str(world.home)).started}. End it with: ccmeter watch --stop\n"  # type: ignore[union-attr]
    )
    assert first.poll() is None


def test_of_many_watchers_one_runs(world: World, start: Start) -> None:
    started = [start() for _ in range(5)]
    until(lambda: sum(process.poll() is None for process in started) == 1, "one left")
    (left,) = (process for process in started if process.poll() is None)
    up(world, left)

    assert [p.returncode for p in started if p is not left] == [1] * 4


def test_a_killed_watcher_is_no_obstacle(world: World, start: Start) -> None:
    first = start()
    up(world, first)
    first.kill()
    first.wait()

    assert (world.home / "watch.pid").exists()
    assert running(str(world.home)) is None
    second = start()
    up(world, second)


NONSENSE = [b"", b"[]", b"null", b"{", b"\xff", b"[" * 9999]
NO_PIDS = [b'{"pid": 0}', b'{"pid": "7"}', b'{"pid": -5}', b'{"pid": true}']


@pytest.mark.parametrize("content", NONSENSE + NO_PIDS)
def test_a_pid_file_that_makes_no_sense_ends_nobody(content: bytes, world: World) -> None:
    process = holder(world)
    (world.home / "watch.pid").write_bytes(content)
    try:
        found = running(str(world.home))
        assert found is not None
        assert found.pid == 0
        with pytest.raises(CcmeterError, match="does not tell which process it is"):
            stop(str(world.home))
        assert process.poll() is None
    finally:
        end(process)


def test_a_stranger_with_the_number_of_a_dead_watcher_is_not_ended(world: World) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True)
    facts = {"pid": stranger.pid, "version": version(), "started": "", "mode": ""}
    (world.home / "watch.pid").write_text(json.dumps(facts))
    process = holder(world)
    try:
        with pytest.raises(CcmeterError, match="does not tell which process it is"):
            stop(str(world.home))
        end(process)
        assert stop(str(world.home)) is None
        assert stranger.poll() is None
    finally:
        end(process)
        end(stranger)


def test_looking_whether_one_runs_does_not_stop_one_from_starting(world: World) -> None:
    for _ in range(50):
        instance = become(str(world.home))
        assert instance is not None
        assert is_held(str(world.home))
        instance.close()
        assert not is_held(str(world.home))
        instance.close()


def test_a_watcher_that_does_not_end_is_named(world: World, start: Start) -> None:
    process = start()
    up(world, process)
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(CcmeterError, match=f"kill -9 {process.pid}"):
            stop(str(world.home), wait_s=0.2)
    finally:
        process.send_signal(signal.SIGCONT)
    assert process.wait(5) == 0


def test_a_folder_that_cannot_be_is_an_error_with_advice(bare: World) -> None:
    bare.home.write_text("a file")

    with pytest.raises(CcmeterError, match="set CCMETER_HOME to another folder"):
        become(str(bare.home))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_it_cleanly_within_a_moment(name: str, world: World, start: Start) -> None:
    world.add("s", "m1")
    process = start()
    up(world, process)
    world.stored("m1")
    began = time.monotonic()
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=10)

    assert time.monotonic() - began < 5
    assert (process.returncode, out, err) == (0, "", "")
    assert world.log().splitlines()[-1].endswith("ended: stopped")
    left = {"ccmeter.db", "watch.lock", "watch.log", "writer.lock"}
    assert set(os.listdir(world.home)) == left


def test_a_signal_that_its_starter_ignores_does_not_end_it(world: World) -> None:
    """As with nohup when the terminal closes, and in a shell's background at Ctrl-C."""
    command = ["sh", "-c", 'trap "" HUP INT TERM; exec "$0" -m ccmeter.watch', sys.executable]
    world.add("s", "m1")
    process = subprocess.Popen(command, env=world.env)
    try:
        up(world, process)
        world.stored("m1")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        world.add("s", "m2")
        world.stored("m1", "m2")
        assert process.poll() is None
        assert stop(str(world.home)) is not None
        assert process.wait(10) == 0
    finally:
        end(process)


def test_the_pid_file_is_one_line_that_a_shell_can_read(world: World, start: Start) -> None:
    process = start()
    up(world, process)
    text = (world.home / "watch.pid").read_text()

    assert text.startswith(f'{{"pid": {process.pid}, "version": "{version()}", ')
    assert text.count("\n") == 1
    assert oct((world.home / "watch.pid").stat().st_mode & 0o777) == "0o600"
    assert oct((world.home / "watch.log").stat().st_mode & 0o777) == "0o600"


def test_a_data_folder_that_is_made_again_is_watched_for_again(
    world: World, start: Start, tmp_path: Path
) -> None:
    world.add("s", "m1")
    process = start()
    up(world, process)
    world.stored("m1")
    world.home.rename(tmp_path / "gone")
    time.sleep(1.5)
    assert not world.home.exists()
    world.home.mkdir()
    world.stored("m1")
    up(world, process)
    world.add("s", "m2")
    world.stored("m1", "m2")


def test_while_the_data_folder_is_removed_nothing_new_is_put_into_it(
    world: World, start: Start
) -> None:
    """`rm -rf` takes its time for the environment, and fails where a file comes up behind it."""
    world.add("s", "m1")
    up(world, start())
    world.stored("m1")
    left = world.home / "env"
    left.mkdir()
    for path in [path for path in world.home.iterdir() if path != left]:
        path.unlink()
    for number in range(20):
        world.add("s", f"n{number}")
        time.sleep(0.1)

    assert list(world.home.iterdir()) == [left]
    shutil.rmtree(world.home)
    time.sleep(1.5)
    assert not world.home.exists()


@pytest.mark.parametrize("forever", [True, False])
def test_a_watcher_ends_when_its_data_folder_is_gone_for_good(world: World, forever: bool) -> None:
    """Nobody could find it to end it; but a service would be started again, and make it anew."""
    instance = become(str(world.home))
    assert instance is not None
    timing, log = QUICK._replace(gone=0.5), Log(str(world.home))
    loop = Loop(str(world.home), instance, Options(forever=forever), log, timing)
    for after_s, action in ((0.3, lambda: shutil.rmtree(world.home)), (2.0, loop.hints.stop)):
        Timer(after_s, action).start()

    assert loop.run() == ("stopped" if forever else "its data folder was removed")
    assert not world.home.exists()


def test_a_watcher_whose_place_was_taken_ends(world: World, start: Start, tmp_path: Path) -> None:
    first = start()
    up(world, first)
    (world.home / "watch.lock").unlink()
    instance = become(str(world.home))
    assert instance is not None
    first.wait(20)
    instance.close()

    assert world.log().splitlines()[-1].endswith("ended: another watcher has taken over")
