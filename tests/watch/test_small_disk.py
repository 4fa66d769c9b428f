"""A watcher whose disk fills up: sessions hear of it while it lasts, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from world import QUICK, World, until

from ccmeter.watch.fault import ask_for_room

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_ROOM = "no space is left where its data folder is"
HOOK = Path(__file__).resolve().parents[2] / "hooks" / "hook"


class Disk:
    """A disk of 2 MB with the data folder; Claude Code's folder lies elsewhere."""

    def __init__(self, folder: Path, outside: Path) -> None:
        self.world = World(folder)
        self.world.claude = outside
        self.world.env["CLAUDE_CONFIG_DIR"] = str(outside)
        self.world.prepare()
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no byte."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def stays_full(self) -> None:
        """Fill it, and what the watcher gives back as well, until there is a sign of it."""
        until(lambda: self.fill() or self.shown(), "a sign")

    def free(self) -> None:
        self._filler.unlink()

    def shown(self) -> str:
        path = self.world.home / "watch.fault"
        return path.read_text() if path.exists() else ""

    def spent(self) -> str:
        """What the status line told of the session's cost, as far as it is stored."""
        with closing(sqlite3.connect(self.world.home / "ccmeter.db")) as connection:
            found = connection.execute("select cost_usd from shown_costs").fetchall()
        return found[0][0] if found else ""

    def says(self, session: str, event: str = "UserPromptSubmit") -> str:
        """What the hook says in a session, "" for nothing."""
        given = json.dumps({"session_id": session, "prompt": "hello"}, separators=(",", ":"))
        return self._said(["sh", str(HOOK), event], given)

    def _said(self, command: list[str], given: str) -> str:
        env = {**self.world.env, "CLAUDE_CODE_ENTRYPOINT": "cli", "NO_COLOR": "1"}
        env["XDG_RUNTIME_DIR"] = str(self.world.claude.parent)
        done = subprocess.run(
            command, input=given, env=env, capture_output=True, text=True, check=True, timeout=30
        )
        assert done.stderr == ""
        return done.stdout

    def line(self, usd: float) -> str:
        """The status line of a session that has cost so much."""
        cost = {"total_cost_usd": usd, "total_duration_ms": 1000}
        model = {"id": "claude-opus-5-5", "display_name": "Opus 5.5"}
        given = {"session_id": "s", "model": model, "version": "2.1.330", "cost": cost}
        return self._said([sys.executable, "-m", "ccmeter", "statusline"], json.dumps(given))


@pytest.fixture
def disk(home: Path) -> Iterator[Disk]:
    mounted = home / "mounted"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(mounted)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield Disk(mounted, home / ".claude")
    subprocess.run(["umount", "-l", mounted], check=True)


@pytest.fixture
def watched(disk: Disk) -> Iterator[Disk]:
    """With a watcher in a process of its own, as hooks want to see it."""
    disk.world.add("s", "m1")
    with disk.world.start() as process:
        disk.world.stored("m1")
        yield disk
        process.terminate()


def test_a_disk_that_fills_up_is_told_in_every_session_once_and_waited_out(watched: Disk) -> None:
    disk, many = watched, [f"n{number:03}" for number in range(400)]
    assert disk.says("s") == disk.says("s", "Stop") == disk.says("s", "SessionStart") == ""
    disk.fill()
    disk.world.add("s", *many)
    disk.stays_full()
    told = f"ccmeter does not meter: {NO_ROOM}, {disk.world.home}. "
    assert json.loads(disk.says("s"))["systemMessage"].startswith(told)
    assert disk.says("s") == disk.says("s", "Stop") == ""
    assert NO_ROOM in disk.says("another", "Stop")
    assert NO_ROOM in disk.says("new", "SessionStart")
    assert disk.says("new") == ""
    assert "ccmeter: disk full" in disk.line(1.5)
    assert NO_ROOM in " ".join(disk.world.run("doctor").stdout.split())

    disk.free()
    disk.world.stored("m1", *many)
    until(lambda: not disk.shown(), "no sign")
    assert disk.says("third") == ""
    assert "disk full" not in disk.line(2.5)
    until(lambda: disk.spent() == "2.5", "the cost that was shown")
    assert NO_ROOM in (disk.world.home / "watch.spare").read_text()


def test_it_is_told_where_claude_code_itself_can_write_nothing_to_be_read(disk: Disk) -> None:
    disk.world.add("s", "m1")
    with disk.world.watching():
        disk.world.stored("m1")
        time.sleep(1)  # until nothing is left to be stored
        disk.stays_full()
        disk.free()
        until(lambda: not disk.shown(), "no sign")


def test_a_line_that_was_cut_short_takes_no_other_with_it(disk: Disk) -> None:
    spool = disk.world.home / "limits.spool"
    disk.world.add("s", "m1")
    with spool.open("wb") as file:
        file.write(b"x" * 4000 + b"\n")  # 95 bytes are left of its page
    disk.fill()
    assert "disk full" in disk.line(1.5)
    assert not spool.read_bytes().endswith(b"\n")
    disk.free()
    assert "disk full" not in disk.line(2.5)

    assert json.loads(spool.read_bytes().splitlines()[-1])["cost"]["usd"] == 2.5


def test_what_is_left_of_an_earlier_watcher_says_nothing(world: World) -> None:
    world.add("s", "m1")
    (world.home / "watch.fault").write_text("of yesterday\n")
    with world.watching():
        assert not (world.home / "watch.fault").exists()
        assert NO_ROOM in (world.home / "watch.spare").read_text()

    assert not (world.home / "watch.spare").exists()


def test_another_fault_that_lasts_is_told_with_its_reason(world: World) -> None:
    world.add("s", "m1")
    with world.watching():
        world.stored("m1")
        (world.home / "ccmeter.db").write_bytes(b'no "database"' * 500)
        world.add("s", "m2")
        sign = world.home / "watch.fault"
        until(lambda: sign.exists() and "database" in sign.read_text(), "a sign")
        assert '"' not in sign.read_text()


def test_with_plenty_of_room_nothing_is_written_to_find_that_out(world: World) -> None:
    ask_for_room(str(world.home))

    assert not (world.home / "probe").exists()


def test_room_that_can_be_used_is_enough(disk: Disk) -> None:
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        ask_for_room(str(disk.world.home))
    with (disk.world.home.parent / "filler").open("r+b") as file:
        file.truncate(os.path.getsize(file.name) - (1 << 17))
    ask_for_room(str(disk.world.home))

    assert (disk.world.home / "probe").stat().st_size == 0


def test_a_fault_that_passes_at_once_is_not_told(world: World) -> None:
    world.add("s", "m1")
    with world.watching(QUICK._replace(fault=0.3, fault_most=60)):
        world.stored("m1")
        with closing(sqlite3.connect(world.home / "ccmeter.db", isolation_level=None)) as other:
            other.execute("begin exclusive")
            world.add("s", "m2")
            world.logged("trying again")
            time.sleep(0.2)
            other.execute("rollback")
        world.stored("m1", "m2")
        assert not (world.home / "watch.fault").exists()
