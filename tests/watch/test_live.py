"""The live view in a real terminal: what it shows, and that it leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pane import PAUSED, Pane
from world import World, answer, until

from ccmeter.watch.instance import running

Start = Callable[..., "subprocess.Popen[str]"]
LIVE = "watch --live"
CACHED = 100_000  # tokens
SIZES = [(60, 24), (80, 24), (120, 40), (60, 12), (40, 8)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]


@pytest.fixture
def noon(world: World) -> World:
    """A world whose day began half a day ago, whenever the test runs."""
    ahead = 12 - datetime.now(UTC).hour
    (world.home / "config.toml").write_text(f'timezone = "Etc/GMT{-ahead:+}"\n')
    return world


@pytest.fixture
def live(noon: World) -> Iterator[Pane]:
    """The live view of a session, at 80 columns; its own watcher ends with the test."""
    noon.add("s", "m1")
    with Pane(noon.env, "watch", "--live", size=(80, 24)) as pane:
        pane.wait_for("q ends  its own watcher")
        yield pane
        found = running(str(noon.home))
    if found and found.pid:
        os.kill(found.pid, signal.SIGKILL)


def session(world: World) -> None:
    """A cache that is written, read, and lost: 3 x $0.014, 2 x $0.80 and $0.02."""
    world.write(
        "s",
        answer("s", "m1", 100, written=CACHED),
        answer("s", "m2", 50, read=CACHED),
        answer("s", "m3", 20, written=CACHED),
    )


def spool(world: World, *seen: tuple[int, float, float]) -> None:
    """Percentages as status lines told them so many seconds ago; resets in 4 hours and 3 days."""
    now = time.time()
    ends = {"five_hour": round(now + 4 * 3600), "seven_day": round(now + 3 * 86400)}
    with (world.home / "limits.spool").open("a") as file:
        for ago, *used in seen:
            line = {"t": round((now - ago) * 1000), "session": "s", "folder": str(world.claude)}
            windows = {
                kind: {"used_percentage": percent, "resets_at": end}
                for (kind, end), percent in zip(ends.items(), used, strict=True)
            }
            file.write(json.dumps({**line, **windows}) + "\n")


def test_it_shows_tokens_money_limits_and_requests_as_they_come(noon: World) -> None:
    """50 % with 20 % an hour last 2.5 hours; 60 % with 1 % an hour last 40 hours."""
    session(noon)
    spool(noon, (3600, 30, 59), (1800, 40, 59.5), (0, 50, 60))
    with Pane(noon.env, "watch", "--live", size=(120, 30)) as pane:
        pane.wait_for("rebuilt! 100k")
        screen = pane.wait_for("runs out .*, in 1 d")
        text = re.sub(" +", " ", screen)
        assert re.match(r"ccmeter \w{3} \d+ \w{3} 1[23]:\d\d:\d\d q ends its own watcher\n", text)
        assert " today $1.66 in 3 responses now $9.97/h over 10 min, $3.32/h over 30 min\n" in text
        for row in (
            " input 3.00k 3.00k $0.01 ",
            " output 1.50k 1.50k $0.03 ",
            " cache read 100k 100k $0.02 ",
            " cache write 5m 0 0 $0.00\n",
            " cache write 1h 200k 200k $1.60 ",
        ):
            assert row in text
        assert re.search(r" 5 hours █+·+ 50%\n runs out 1[45]:\d\d at this pace, in 2 h", text)
        assert re.search(r" 7 days █+▊?·+ 60%\n runs out \w{3} .* in 1 d 1[56] h; resets", text)
        assert [line.split()[1:] for line in screen.splitlines() if "opus-5-5" in line] == [
            ["opus-5-5", "101k", "0.0%", "500", "$0.81", "rebuilt!", "100k", "/w/garden"],
            ["opus-5-5", "101k", "99.0%", "500", "$0.03", "ok", "/w/garden"],
            ["opus-5-5", "101k", "0.0%", "500", "$0.81", "cold", "start", "/w/garden"],
        ]
        noon.write("s", answer("s", "m4", read=CACHED))
        pane.wait_for(r"today +\$1.70 in 4 responses")
        pane.press("q")
        pane.wait_for("^ended 0")


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_it_fits_every_terminal(columns: int, lines: int, noon: World) -> None:
    session(noon)
    noon.write("long", answer("long", "x1", model="a-model-without-a-price-" + "x" * 80))
    spool(noon, (3600, 30, 59), (1800, 40, 59.5), (0, 50, 60))
    with Pane(noon.env, "watch", "--live", size=(columns, lines)) as pane:
        large = columns >= 60 and lines >= 24
        shown = pane.wait_for("rebuilt! 100k" if large else r"write \S+ +2")
        screen = shown.rstrip("\n").split("\n")
        assert len(screen) <= lines
        assert screen[0].startswith("ccmeter")
        if large:
            assert "unpriced: a-model-" in shown
            pane.wait_for(r"runs out .* in 2 h \d+ min")
        pane.press("q")
        pane.wait_for("^ended 0")


@pytest.mark.parametrize("answers", [0, 30])
@pytest.mark.parametrize(("columns", "today"), [(40, "today  "), (30, "today  "), (20, "")])
def test_where_columns_are_few_parts_are_left_out_and_no_amount_is_cut(
    columns: int, today: str, answers: int, noon: World
) -> None:
    """30 answers with 30 billion tokens written make $245,400."""
    session(noon)
    large = [answer("l", f"l{n}", read=900_000_000, written=10**9) for n in range(answers)]
    noon.write("l", *large)
    spool(noon, (3600, 30, 59), (1800, 40, 59.5), (0, 50, 60))
    total = "$245,402.08" if answers else "$1.66"
    with Pane(noon.env, "watch", "--live", size=(columns, 24)) as pane:
        pane.wait_for(re.escape(today + total))
        screen = pane.wait_for("7 days")
        pane.press("q")
        pane.wait_for("^ended 0")
    lines = screen.rstrip("\n").split("\n")

    assert re.findall(r"\$(?![\d,]+\.\d\d(?:/h|  | in |$))\S*", screen, re.MULTILINE) == []
    assert [line.split()[0] for line in lines if "$" in line][1:6] == (
        ["input", "outp…", "read", "writ…", "writ…"]
        if answers and columns == 20
        else ["input", "output", "read", "write", "write"]
    )
    limits = [n for n, line in enumerate(lines) if re.search("(5 hours|7 days) .* [56]0%$", line)]
    assert len(limits) == 2
    assert all("runs out" in lines[number + 1] for number in limits)
    assert "ccmeter  q ends" in lines[0] or columns == 40


def test_who_has_no_limits_yet_reads_the_whole_command_that_brings_them(noon: World) -> None:
    session(noon)
    with Pane(noon.env, "watch", "--live", size=(40, 24)) as pane:
        pane.wait_for("no limits seen yet: ccmeter setup\n")


def test_it_follows_the_size_of_its_terminal(noon: World) -> None:
    session(noon)
    with Pane(noon.env, "watch", "--live", size=(60, 10)) as pane:
        assert "rebuilt!" not in pane.wait_for("cache write 1h +200k")
        for columns, lines, where in ((120, 30, True), (61, 24, False), (100, 40, True)):
            pane.resize(columns, lines)
            screen = until(
                lambda where=where: (
                    (now := pane.screen())
                    and "rebuilt! 100k" in now
                    and ("/w/garden" in now) == where
                    and now
                ),
                f"drawn for {columns} columns",
            )
            assert screen.count("today  $1.66") == 1
            assert screen.count("  input ") == 1
        pane.press("q")
        pane.wait_for("^ended 0")


@pytest.mark.parametrize("end", ["q", "C-c", "C-d", signal.SIGTERM, signal.SIGINT])
def test_it_ends_and_leaves_the_terminal_and_no_watcher(
    end: str | signal.Signals, live: Pane, noon: World
) -> None:
    assert "before" not in live.screen()
    if isinstance(end, str):
        live.press(end)
    else:
        (pid,) = live.pids(LIVE)
        os.kill(pid, end)
    screen = live.wait_for("^ended .*\n.*echo").split("\n")

    assert screen[:2] == ["before", "ended 0"]
    assert {"icanon", "echo", "isig"} <= set(screen[2].split())
    assert running(str(noon.home)) is None
    assert not (noon.home / "crash.log").exists()


def test_a_terminal_that_is_closed_is_its_end(live: Pane, noon: World) -> None:
    (pid,) = live.pids(LIVE)
    live.tmux("kill-server")
    for _ in range(20):  # shells and terminals say it again
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
        time.sleep(0.02)
    until(lambda: not Path(f"/proc/{pid}").exists(), "gone")

    assert running(str(noon.home)) is None
    assert not (noon.home / "crash.log").exists()


def test_it_pauses_and_goes_on_like_any_command(noon: World) -> None:
    noon.add("s", "m1")
    with Pane(noon.env, "watch", "--live", size=(80, 24), script=PAUSED) as pane:
        pane.wait_for("in 1 response")
        pane.press("C-z")
        assert pane.wait_for("^paused ").startswith("before\n")
        noon.add("s", "m2")
        pane.press("Space")
        assert "paused" not in pane.wait_for("in 2 responses")
        pane.press("q")
        assert "before" in pane.wait_for("^ended 0")
    assert running(str(noon.home)) is None


def test_a_watcher_that_ran_before_goes_on(noon: World, start: Start) -> None:
    other = start()
    found = until(lambda: running(str(noon.home)), "a watcher")
    with Pane(noon.env, "watch", "--live", size=(80, 24)) as pane:
        pane.wait_for(f"q ends  watcher {found.pid}")
        pane.press("q")
        pane.wait_for("^ended 0")
    assert other.poll() is None


def test_a_watcher_that_somebody_ends_is_missed_and_not_replaced(live: Pane, noon: World) -> None:
    noon.run("watch", "--stop")
    live.wait_for("q ends  no watcher runs: ccmeter watch --detach")
    assert running(str(noon.home)) is None
    live.press("q")
    live.wait_for("^ended 0")


def test_a_watcher_that_had_nothing_to_do_is_replaced(live: Pane, noon: World) -> None:
    noon.run("watch", "--stop")
    with (noon.home / "watch.log").open("a") as log:
        log.write("2026-11-27T10:00:00Z ended: nothing to do for 30 minutes\n")
    until(lambda: running(str(noon.home)), "another one")
    live.press("q")
    live.wait_for("^ended 0")
    assert running(str(noon.home)) is None


def test_it_outlives_the_database(live: Pane, noon: World) -> None:
    live.wait_for("in 1 response ")
    for name in ("ccmeter.db", "ccmeter.db-wal", "ccmeter.db-shm"):
        (noon.home / name).unlink(missing_ok=True)
    noon.add("s", "m2")
    live.wait_for("in 2 responses ")
    live.press("q")
    live.wait_for("^ended 0")


def test_without_colours_there_are_none(noon: World) -> None:
    session(noon)
    with Pane({**noon.env, "NO_COLOR": "1"}, "watch", "--live", size=(100, 24)) as pane:
        pane.wait_for("rebuilt! 100k")
        plain = pane.screen(colours=True)
    with Pane(noon.env, "watch", "--live", size=(100, 24)) as pane:
        pane.wait_for("rebuilt! 100k")
        coloured = pane.screen(colours=True)
    codes = re.compile(r"\x1b\[[0-9;]*m")

    assert not {code for code in codes.findall(plain) if re.search(r"[34][0-8]", code)}
    assert {code for code in codes.findall(coloured) if re.search(r"3[0-8]", code)}


def test_a_plain_terminal_gets_plain_characters(noon: World) -> None:
    """As over ssh from an old machine: no UTF-8, hardly a capability."""
    session(noon)
    env = {**noon.env, "LANG": "C", "LC_ALL": "C", "TERM": "vt100", "PYTHONUTF8": "0",
           "PYTHONCOERCECLOCALE": "0"}  # fmt: skip
    with Pane(env, "watch", "--live", size=(80, 24)) as pane:
        screen = pane.wait_for("rebuilt! 100k")
        assert "####" in screen
        assert screen.isascii()
        pane.press("q")
        pane.wait_for("^ended 0")


def test_a_first_start_shows_what_its_watcher_reads(bare: World) -> None:
    bare.add("s", "m1")
    with Pane(bare.env, "watch", "--live", size=(80, 24)) as pane:
        pane.wait_for("in 1 response ")
        pane.press("q")
        pane.wait_for("^ended 0")
