"""What is written into transcripts is in the database moments later, whatever happens around."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from world import QUICK, World, answer, until

from ccmeter.ingest import ingest
from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock
from ccmeter.watch.passes import LARGE_FILES

Start = Callable[..., "subprocess.Popen[str]"]


def test_a_line_is_stored_moments_after_it_was_written(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        world.add("s", "m2")
        world.stored("m1", "m2")
        world.add("s", "m3", "m4")
        world.stored("m1", "m2", "m3", "m4")


def test_new_sessions_projects_and_agents_are_seen(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.add("t", "t1")
        world.stored("m1", "t1")
        world.add("u", "u1", project="-w-other")
        world.stored("m1", "t1", "u1")
        world.add("u/subagents/agent-a", "a1", project="-w-other")
        world.stored("a1", "m1", "t1", "u1")


def test_neither_claude_folder_nor_data_folder_need_be_there(bare: World) -> None:
    with bare.watching():
        bare.add("s", "m1")
        bare.stored("m1")
        bare.add("s", "m2")
        bare.stored("m1", "m2")


def test_everything_that_is_watched_may_be_removed_and_made_again(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        for number, gone in enumerate(("projects/-w-garden", "projects", ".")):
            shutil.rmtree(world.claude / gone)
            time.sleep(0.1)
            world.add("s", f"n{number}")
            world.stored("m1", *(f"n{n}" for n in range(number + 1)))


def test_a_folder_that_is_moved_away_and_another_in_its_place_are_told_apart(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        world.claude.rename(world.claude.with_name("old"))
        world.add("t", "t1")
        world.stored("m1", "t1")
        world.add("t", "t2")
        world.stored("m1", "t1", "t2")


def test_a_link_that_is_led_elsewhere_is_followed(world: World, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "projects").mkdir(parents=True)
    world.claude.symlink_to(tmp_path / "one")
    with world.watching():
        world.add("s", "m1")
        world.stored("m1")
        world.claude.unlink()
        world.claude.symlink_to(tmp_path / "two")
        world.add("t", "t1")
        world.stored("m1", "t1")


def test_a_linked_project_is_watched_where_it_lies(world: World, tmp_path: Path) -> None:
    world.add("s", "m1")
    (tmp_path / "elsewhere").mkdir()
    (world.claude / "projects/-w-linked").symlink_to(tmp_path / "elsewhere")
    with world.watching() as loop:
        world.add("t", "t1", project="-w-linked")
        world.stored("m1", "t1")
        assert loop.eyes.mode == "events"
    with closing(sqlite3.connect(world.home / "ccmeter.db")) as connection:
        paths = [path for (path,) in connection.execute("select path from files order by path")]

    assert paths[1] == str(world.claude / "projects/-w-linked/t.jsonl")


def test_a_moved_folder_is_read_where_it_is_now_and_counted_once(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        projects = world.claude / "projects"
        (projects / "-w-garden").rename(projects / "-w-moved")
        world.add("s", "m2", project="-w-moved")
        world.stored("m1", "m2")


def test_a_torn_line_waits_for_its_end(world: World) -> None:
    path = world.add("s", "m1")
    line = answer("s", "m2")
    with world.watching():
        world.stored("m1")
        with path.open("ab", buffering=0) as file:
            file.write(line[:100])
            time.sleep(0.2)
            assert world.keys() == ["m1"]
            file.write(line[100:])
        world.stored("m1", "m2")


def test_a_transcript_that_is_written_anew_is_read_from_its_start(world: World) -> None:
    path = world.add("s", "m1", "m2")
    with world.watching():
        world.stored("m1", "m2")
        path.write_bytes(answer("s", "m3"))
        world.stored("m1", "m2", "m3")


def test_values_of_the_statusline_follow_each_pass(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        until(lambda: world.ready("session/s").get("list_usd") == 0.014, "ready")
        world.add("s", "m2")
        until(lambda: world.ready("session/s").get("list_usd") == 0.028, "ready again")
        until(lambda: world.ready("today").get("list_usd") == 0.028, "the day")


def test_a_poke_is_a_pass_over_everything(world: World) -> None:
    world.add("s", "m1")
    never = QUICK._replace(poll=600.0)
    with world.watching(never, poll=True):
        world.stored("m1")
        world.add("s", "m2")
        time.sleep(0.3)
        assert world.keys() == ["m1"]
        (world.home / "poke").touch()
        world.stored("m1", "m2")
        world.add("s", "m3")
        time.sleep(0.1)
        os.utime(world.home / "poke", (1, 1))
        world.stored("m1", "m2", "m3")


def test_without_events_everything_is_looked_at_often(world: World) -> None:
    world.add("s", "m1")
    with world.watching(poll=True) as loop:
        world.add("s", "m2")
        world.stored("m1", "m2")
        world.add("t", "t1", project="-w-new")
        world.stored("m1", "m2", "t1")
        assert loop.eyes.mode == "poll"


def spool_line(used: float) -> bytes:
    now = time.time()
    window = f'{{"used_percentage": {used}, "resets_at": {round(now + 3600)}}}'
    return f'{{"t":{round(now * 1000)},"session":"s","five_hour":{window}}}\n'.encode()


def samples(world: World) -> list[int]:
    with closing(sqlite3.connect(world.home / "ccmeter.db")) as connection:
        rows = connection.execute("select used from limit_samples order by used").fetchall()
    return [used for (used,) in rows]


def test_what_status_lines_wrote_is_taken_in(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        (world.home / "limits.spool").write_bytes(spool_line(42.5))
        until(lambda: samples(world) == [4250], "stored")
        assert not (world.home / "limits.spool").exists()


def test_a_status_line_that_writes_after_its_file_was_taken_is_heard(
    world: World, clocks: dict[str, float]
) -> None:
    """It opened the spool, and was not given the processor until the watcher had taken it."""
    world.add("s", "m1")
    spool = world.home / "limits.spool"
    with world.watching(), spool.open("ab", buffering=0) as late:
        until(lambda: not spool.exists(), "taken")
        late.write(spool_line(42.5))
        until(lambda: samples(world) == [4250], "stored")
        assert len(list(world.home.glob("limits.spool.*"))) == 1
        clocks["time"] = clocks["monotonic"] = 62  # nobody writes for so long
        until(lambda: not list(world.home.glob("limits.spool.*")), "removed")


def test_much_at_once_is_left_to_a_process_of_its_own(world: World) -> None:
    names = [f"s{number}" for number in range(LARGE_FILES + 1)]
    for name in names:
        world.add(name, f"m-{name}")
    with world.watching():
        world.stored(*(f"m-{name}" for name in names))
        world.logged("it is done")
        until(lambda: world.ready("session/s0").get("list_usd") == 0.014, "ready")
        world.add("s0", "later")
        world.stored("later", *(f"m-{name}" for name in names))


def test_a_large_pass_ends_with_its_watcher_and_the_next_one_goes_on(
    world: World, start: Start
) -> None:
    for number in range(LARGE_FILES + 1):
        world.add(f"s{number}", f"m{number}")
    first = start()
    world.logged("left to a process")
    first.terminate()
    assert first.wait(10) == 0
    with writer_lock(str(world.home), 1):
        pass
    with world.watching():
        world.stored(*(f"m{number}" for number in range(LARGE_FILES + 1)))


def test_a_large_pass_yields_to_other_programs(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interpreter that it is given notes how the process would have run."""
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\nsleep 0.5; ps -o ni= -p $$ >>{tmp_path}/nice\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o700)
    names = [f"s{number}" for number in range(LARGE_FILES + 1)]
    for name in names:
        world.add(name, f"m-{name}")
    monkeypatch.setattr(sys, "executable", str(python))
    with world.watching():
        world.stored(*(f"m-{name}" for name in names))

    assert int((tmp_path / "nice").read_text()) >= os.nice(0) + 10


def test_a_large_pass_that_fails_is_said_once_and_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'what went wrong' >&2\nexit 1\n")
    python.chmod(0o700)
    names = [f"s{number}" for number in range(LARGE_FILES + 1)]
    for name in names:
        world.add(name, f"m-{name}")
    right = sys.executable
    monkeypatch.setattr(sys, "executable", str(python))
    instance_ready = world.ready_at_all
    world.ready_at_all = lambda: world.log().count("left to a process") > 2  # type: ignore[method-assign]
    with world.watching():
        assert world.log().count("what went wrong; trying again") == 1
        monkeypatch.setattr(sys, "executable", right)
        world.stored(*(f"m-{name}" for name in names))
        world.logged("works again")
    world.ready_at_all = instance_ready  # type: ignore[method-assign]


def test_what_a_report_has_read_first_is_ready_as_well(world: World) -> None:
    world.add("s", "m1")
    with world.watching(QUICK._replace(poll=0.5), poll=True):
        world.stored("m1")
        world.add("s", "m2")
        with writer_lock(str(world.home), 5), closing(open_rw(str(world.home))) as connection:
            ingest(connection, [str(world.claude)])
        assert world.keys() == ["m1", "m2"]
        until(lambda: world.ready("session/s").get("list_usd") == 0.028, "ready")
