"""Whatever breaks around the watcher: it says so once, goes on, and nothing is lost."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest
from world import QUICK, World, answer, until

from ccmeter.store.lock import writer_lock
from ccmeter.store.migrations import VERSION
from ccmeter.watch.instance import running

Start = Callable[..., "subprocess.Popen[str]"]
HOUR = 3600


def said(world: World, text: str) -> int:
    return world.log().count(text)


def test_a_database_that_is_removed_is_made_anew_from_all_transcripts(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        for name in ("ccmeter.db", "ccmeter.db-wal", "ccmeter.db-shm"):
            (world.home / name).unlink(missing_ok=True)
        world.stored("m1")
        until(lambda: world.ready("session/s").get("list_usd") == 0.014, "ready")
        world.add("s", "m2")
        world.stored("m1", "m2")


def test_a_database_of_another_day_in_its_place_is_brought_up_to_date(
    world: World, start: Start, tmp_path: Path
) -> None:
    """Watched by another process: locks of SQLite do not tell two of one process apart."""
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
    shutil.copy(world.home / "ccmeter.db", tmp_path / "old.db")
    world.add("s", "m2")
    start()
    world.stored("m1", "m2")
    shutil.copy(tmp_path / "old.db", world.home / "new.db")
    for name in ("ccmeter.db-wal", "ccmeter.db-shm"):
        (world.home / name).unlink(missing_ok=True)
    os.replace(world.home / "new.db", world.home / "ccmeter.db")
    world.stored("m1", "m2")
    world.add("s", "m3")
    world.stored("m1", "m2", "m3")


def test_a_database_that_somebody_locks_is_waited_for(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        with closing(sqlite3.connect(world.home / "ccmeter.db", isolation_level=None)) as other:
            other.execute("begin exclusive")
            world.add("s", "m2")
            world.logged("database is locked; trying again")
            time.sleep(2)
            other.execute("rollback")
        world.stored("m1", "m2")
        world.logged("works again")

    assert said(world, "locked") == 1


def test_a_file_that_is_no_database_is_said_once_and_replaced_when_it_is_gone(
    world: World,
) -> None:
    world.add("s", "m1")
    (world.home / "ccmeter.db").write_bytes(b"no database" * 500)
    instance_ready = world.ready_at_all
    world.ready_at_all = lambda: said(world, "not a database") == 1  # type: ignore[method-assign]
    with world.watching():
        time.sleep(1)
        (world.home / "ccmeter.db").unlink()
        world.stored("m1")
        world.logged("works again")
    world.ready_at_all = instance_ready  # type: ignore[method-assign]

    assert said(world, "not a database") == 1


def test_a_full_disk_is_said_once_and_waited_out(world: World, start: Start) -> None:
    """No file may grow beyond 4 kB for a while, as on a disk without room."""
    world.add("s", "m1")
    process = start()
    world.stored("m1")
    no_limit = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, no_limit[1]))
    world.add("s", "m2")
    world.logged("trying again")
    time.sleep(4)
    assert process.poll() is None
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, no_limit)
    world.stored("m1", "m2")
    world.logged("works again")

    assert said(world, "trying again") == 1


def test_a_log_that_cannot_be_written_stops_nothing(world: World) -> None:
    world.add("s", "m1")
    (world.home / "watch.log").mkdir(parents=True)
    with world.watching():
        world.stored("m1")


def test_a_newer_database_ends_the_watcher(world: World) -> None:
    world.add("s", "m1")
    with world.watching() as loop:
        world.stored("m1")
        with closing(sqlite3.connect(world.home / "ccmeter.db")) as other:
            other.execute(f"pragma user_version = {VERSION + 1}")
        world.add("s", "m2")
        until(lambda: running(str(world.home)) is None, "ended")
        assert not loop.hints.stopped
    assert world.keys() == ["m1"]


def test_another_ccmeter_that_writes_is_waited_for_in_silence(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        with writer_lock(str(world.home), 5):
            world.add("s", "m2")
            world.add("t", "t1")
            time.sleep(0.5)
            assert world.keys() == ["m1"]
        world.stored("m1", "m2", "t1")

    assert "again" not in world.log()


def test_wrong_settings_change_nothing_and_are_said_once(world: World) -> None:
    world.add("s", "m1")
    config = world.home / "config.toml"
    with world.watching():
        world.stored("m1")
        config.write_text('timezone = "Nowhere"\n')
        world.logged("the settings stay as they were")
        (world.home / "poke").touch()
        world.add("s", "m2")
        world.stored("m1", "m2")
        assert world.ready("today")["zone"] == "UTC"
        config.write_text('timezone = "Asia/Kathmandu"\n')
        until(lambda: world.ready("today")["zone"] == "Asia/Kathmandu", "another zone")

    assert said(world, "the settings stay") == 1


def test_other_prices_renew_what_is_ready(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        until(lambda: world.ready("session/s").get("list_usd") == 0.014, "ready")
        (world.home / "config.toml").write_text(
            '[prices."claude-opus-5-5"]\ninput_mtok = 1\noutput_mtok = 2\ncache_read_mtok = 1\n'
            "cache_write_5m_mtok = 1\ncache_write_1h_mtok = 1\n"
        )
        until(lambda: world.ready("session/s").get("list_usd") == 0.002, "other prices")


FETCHED = {
    "format": 1,
    "fetched": "2026-11-28T10:00:00+00:00",
    "models": {
        "claude-opus-6": {
            "fetched": "2026-11-28",
            "prices": [
                {
                    "input_mtok": "3",
                    "output_mtok": "15",
                    "cache_read_mtok": "0.15",
                    "cache_write_5m_mtok": "3.75",
                    "cache_write_1h_mtok": "6",
                }
            ],
        }
    },
}


def test_fetched_prices_renew_what_is_ready_and_damaged_ones_stop_nothing(world: World) -> None:
    world.write("s", answer("s", "m1", model="claude-opus-6"))
    file = world.home / "refreshed-prices.json"
    with world.watching():
        world.stored("m1")
        (notice,) = until(lambda: world.notices("start"), "a notice")
        assert notice["message"].endswith("To fetch newer prices: ccmeter prices refresh")
        file.write_text(json.dumps(FETCHED))
        # 1,000 in for 3 and 500 out for 15
        until(lambda: world.ready("session/s").get("list_usd") == 0.0105, "fetched prices")
        assert world.ready("today")["list_usd"] == 0.0105
        file.write_text("{")
        until(lambda: "list_usd" not in world.ready("today"), "no price")
        world.add("s", "m2")
        world.stored("m1", "m2")


def test_folders_of_other_users_are_watched_as_soon_as_they_are_named(
    world: World, tmp_path: Path
) -> None:
    world.add("s", "m1")
    grace = World(tmp_path)
    with world.watching():
        grace.add("g", "g1")
        line = f'[[users]]\nname = "grace"\nfolder = "{grace.claude}"\n'
        (world.home / "config.toml").write_text(line)
        world.stored("g1", "m1")
        grace.add("g", "g2")
        world.stored("g1", "g2", "m1")


def test_folders_that_sessions_have_are_watched_as_soon_as_they_are_noted(
    world: World, tmp_path: Path
) -> None:
    world.add("s", "m1")
    other, third = World(tmp_path / "a"), World(tmp_path / "b")
    (tmp_path / "link").symlink_to(world.claude)
    with world.watching() as loop:
        world.stored("m1")
        other.add("o", "o1")
        third.add("t", "t1")
        lines = [*NO_FOLDERS, str(other.claude), str(tmp_path / "link"), str(other.claude) + "/"]
        both = f"{tmp_path}/none,{third.claude}"  # a list, as in the variable
        (world.home / "folders").write_bytes(os.fsencode("\n".join([*lines, both]) + "\n"))
        (world.home / "poke").touch()
        world.stored("m1", "o1", "t1")
        other.add("o", "o2")
        world.stored("m1", "o1", "o2", "t1")
        assert loop._around.roots == [str(world.claude), str(other.claude), str(third.claude)]


NO_FOLDERS = ["", "/nowhere/.claude", __file__, "\0", "x" * 9999, "\udcff"]


@pytest.mark.parametrize("jump", [-3 * HOUR, 8 * HOUR])
def test_a_clock_that_jumps_is_a_look_at_everything(
    jump: int, world: World, clocks: dict[str, float]
) -> None:
    world.add("s", "m1")
    with world.watching(QUICK._replace(poll=600), poll=True):
        world.stored("m1")
        world.add("s", "m2")
        time.sleep(0.3)
        assert world.keys() == ["m1"]
        clocks["time"] = jump
        world.stored("m1", "m2")


@pytest.mark.parametrize("days", [-1, 1])
def test_the_day_of_the_statusline_is_the_one_of_the_clock(
    days: int, world: World, clocks: dict[str, float]
) -> None:
    world.add("s", "m1")
    with world.watching():
        before = world.ready("today")
        assert before["list_usd"] == 0.014
        clocks["time"] = days * 24 * HOUR
        until(lambda: world.ready("today")["day"] != before["day"], "another day")
        assert "list_usd" not in world.ready("today")  # nothing was answered on it


def test_without_use_it_ends_after_the_time_that_is_set(
    world: World, clocks: dict[str, float]
) -> None:
    (world.home / "config.toml").write_text("watch_idle_minutes = 30\n")
    world.add("s", "m1")
    with world.watching() as loop:
        world.stored("m1")
        clocks["monotonic"] = 29 * 60
        world.add("s", "m2")
        world.stored("m1", "m2")
        clocks["monotonic"] = 58 * 60
        (world.home / "poke").touch()
        time.sleep(0.5)
        clocks["monotonic"] = 87 * 60
        time.sleep(0.3)
        assert running(str(world.home))
        clocks["monotonic"] = 90 * 60
        until(lambda: running(str(world.home)) is None, "ended")
        assert not loop.hints.stopped


@pytest.mark.parametrize(("minutes", "forever"), [(0, False), (1, True)])
def test_it_can_be_told_never_to_end(
    minutes: int, forever: bool, world: World, clocks: dict[str, float]
) -> None:
    (world.home / "config.toml").write_text(f"watch_idle_minutes = {minutes}\n")
    with world.watching(forever=forever):
        clocks["monotonic"] = 1e7
        time.sleep(0.3)
        assert running(str(world.home))


def test_a_change_without_an_event_ends_the_trust_in_events(world: World, tmp_path: Path) -> None:
    """Written under another name, a file changes without an event in its own folder."""
    path = world.add("s", "m1")
    os.link(path, tmp_path / "other-name")
    other = world.add("t", "t1")
    with world.watching(QUICK._replace(full=0.4)) as loop:
        world.stored("m1", "t1")
        for number in range(20):
            world.add("t", f"t{number:02}")
            time.sleep(0.1)
        assert loop.eyes.mode == "events"
        data = path.read_bytes().replace(b"m1", b"m2")
        with (tmp_path / "other-name").open("ab") as file:
            file.write(data)
        world.logged("no event told of a change")
        assert loop.eyes.mode == "poll"
    assert other.exists()
    assert "m2" in world.keys()  # noqa: SIM118 - not a dict


def test_a_thread_of_the_observer_that_dies_ends_the_trust_in_events(world: World) -> None:
    from ccmeter.watch.run import thread_died

    world.add("s", "m1")
    before = threading.excepthook
    with world.watching() as loop:
        threading.excepthook = thread_died(loop)
        try:
            thread = threading.Thread(target=lambda: 1 / 0, name="emitter")
            thread.start()
            thread.join()
        finally:
            threading.excepthook = before
        world.logged("emitter: ZeroDivisionError")
        assert loop.eyes.mode == "poll"
        world.add("s", "m2")
        world.stored("m1", "m2")


# At its limit watchdog leaves some folders out without a word; before 7 it refused all.
LENIENT = int(metadata.version("watchdog").partition(".")[0]) >= 7
NONE = "no events of the file system"
LIMITED = 'echo {limit} >/proc/sys/user/{name} && exec "$@"'


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("max_inotify_watches", 3, "does not let 4 more folders be watched" if LENIENT else NONE),
        ("max_inotify_instances", 0, NONE),
    ],
)
def test_at_a_limit_of_the_system_it_looks_often_instead(
    name: str, limit: int, words: str, world: World
) -> None:
    """In a user namespace of its own, which has limits of its own."""
    script = LIMITED.format(limit=limit, name=name)
    command = ["unshare", "-U", "-r", "sh", "-c", script, "sh"]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    for number in range(6):
        world.add("s", f"m{number}", project=f"-w-{number}")
    program = [*command, sys.executable, "-m", "ccmeter.watch"]
    process = subprocess.Popen(program, env=world.env, stdout=subprocess.DEVNULL)
    try:
        world.stored(*(f"m{number}" for number in range(6)))
        world.logged(words)
        world.add("s", "later", project="-w-5")
        world.stored("later", *(f"m{number}" for number in range(6)))
        found = running(str(world.home))
        assert found is not None
        assert found.mode == "poll"
    finally:
        process.terminate()
        process.wait()
