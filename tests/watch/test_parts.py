"""The watcher's parts, each by itself."""

import os
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from world import World, until

from ccmeter.store.db import open_rw
from ccmeter.store.lock import writer_lock
from ccmeter.watch.hints import Hints
from ccmeter.watch.log import LARGEST, Log, last_line
from ccmeter.watch.loop import Options
from ccmeter.watch.observe import Observation
from ccmeter.watch.pace import Pace, Timing
from ccmeter.watch.places import Tree, identities, shown, transcripts, trees
from ccmeter.watch.readying import Readying
from ccmeter.watch.run import options_of, words_of
from ccmeter.watch.surroundings import look_around
from ccmeter.watch.trust import Trust


def test_a_burst_of_hints_is_one_set() -> None:
    hints = Hints()
    for path in ("a", "b", "a", "c", "a"):
        hints.add(path)

    assert hints.gather(5, 0.01) == {"a", "b", "c"}
    assert hints.gather(0, 0) == set()


def test_hints_that_follow_within_a_moment_belong_to_the_burst() -> None:
    hints = Hints()
    hints.add("a")
    threading.Timer(0.1, hints.add, ["b"]).start()

    assert hints.gather(5, 1.0) == {"a", "b"}


def test_a_burst_is_not_handed_out_before_its_time() -> None:
    hints = Hints()
    hints.add("a")
    not_before = time.monotonic() + 0.3
    hints.gather(0, 0, not_before)

    assert time.monotonic() >= not_before


def test_a_stop_ends_the_wait_at_once() -> None:
    hints = Hints()
    threading.Timer(0.05, hints.stop).start()
    began = time.monotonic()
    hints.add("a")
    hints.gather(30, 30)

    assert hints.stopped
    assert time.monotonic() - began < 10


def test_folders_that_exist_and_projects_linked_into_them_are_watched(tmp_path: Path) -> None:
    one, two, linked = tmp_path / "one", tmp_path / "two", tmp_path / "elsewhere"
    for folder in (one / "projects/p", two, linked, tmp_path / "one/projects/q"):
        folder.mkdir(parents=True)
    (one / "projects/outside").symlink_to(linked)
    (one / "projects/inside").symlink_to(one / "projects/p")
    (one / "projects/nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "again").symlink_to(one)
    found = trees([str(one), str(two)])

    assert found == [
        Tree(f"{one}/projects", f"{one}/projects", str(one), ""),
        Tree(str(linked), f"{one}/projects/outside", str(one), "outside"),
    ]
    assert shown(f"{linked}/s.jsonl", found) == f"{one}/projects/outside/s.jsonl"
    assert shown(f"{linked}-2/s.jsonl", found) == f"{linked}-2/s.jsonl"
    assert shown(f"{one}/projects/p/s.jsonl", found) == f"{one}/projects/p/s.jsonl"


def test_a_folder_is_known_by_what_it_is_and_not_by_its_name(tmp_path: Path) -> None:
    before = identities([str(tmp_path)])
    (tmp_path / "projects").mkdir()
    made = identities([str(tmp_path)])
    (tmp_path / "projects").rename(tmp_path / "old")
    (tmp_path / "projects").mkdir()

    assert before == [(f"{tmp_path}/projects", -1, -1)]
    assert made != before
    assert identities([str(tmp_path)]) != made
    assert identities([str(tmp_path)]) == identities([str(tmp_path)])


def test_paths_mean_transcripts_as_a_full_pass_names_them(world: World, tmp_path: Path) -> None:
    main = world.add("s", "m1")
    agent = world.add("s/subagents/agent-a", "a1")
    (tmp_path / "elsewhere").mkdir()
    (world.claude / "projects/-w-linked").symlink_to(tmp_path / "elsewhere")
    linked = world.add("t/subagents/agent-b", "b1", project="-w-linked")
    journal = main.with_name("journal.jsonl")
    journal.write_text("{}\n")
    known = trees([str(world.claude)])
    paths = [str(path) for path in (main, agent, linked, journal, tmp_path / "stranger.jsonl")]
    found = transcripts([*paths, str(main) + "x.jsonl"], known)

    assert {(file.path, file.session, file.agent) for file in found} == {
        (str(main), "s", ""),
        (str(agent), "s", "a"),
        (str(linked), "t", "b"),
    }
    assert transcripts([str(world.claude / "projects")], known)[0].root == str(world.claude)
    below = transcripts([str(main.parent / "s")], known)
    assert [file.path for file in below] == [str(agent)]


def test_changes_that_events_told_of_raise_no_doubt() -> None:
    trust = Trust(grace_s=0.05)
    trust.found({"/p/first"}, set())  # older than the observation
    trust.found({"/p/a", "/p/b", "/p/c/d"}, {"/p/a", "/p/c"})
    trust.hear({"/p/b", "/p/x"})
    time.sleep(0.1)

    assert not trust.is_broken()


def test_a_change_that_no_event_told_of_is_told_once() -> None:
    trust = Trust(grace_s=0.05)
    trust.found(set(), set())
    trust.found({"/p/a"}, {"/q"})
    assert not trust.is_broken()
    until(trust.is_broken)
    assert not trust.is_broken()


def test_what_was_found_after_a_fault_proves_nothing() -> None:
    trust = Trust(grace_s=0.0)
    trust.found(set(), set())
    trust.pause()
    trust.found({"/p/a"}, set())

    assert not trust.is_broken()


def test_faults_are_met_with_ever_more_patience() -> None:
    pace = Pace(Timing(fault=1.0, fault_most=5.0))
    waits = []
    for _ in range(5):
        pace.fault()
        waits.append(round(pace.not_before - time.monotonic()))

    assert waits == [1, 2, 4, 5, 5]
    assert pace.wants_all()
    assert pace.passed()
    assert not pace.passed()
    pace.fault()
    assert round(pace.not_before - time.monotonic()) == 1


def test_without_events_looks_cost_a_bounded_share_of_the_time() -> None:
    pace = Pace(Timing(poll=3.0, poll_share=50.0, poll_most=10.0))

    def wait(took_s: float) -> float:
        pace.passed_all(took_s, poll=True)
        pace.not_before = 0.0
        return round(pace._full_at - time.monotonic(), 1)  # what is waited for, beyond a tick

    assert [wait(took) for took in (0.01, 0.1, 5.0)] == [3.0, 5.0, 10.0]


def test_the_log_is_two_files_at_most(tmp_path: Path) -> None:
    log = Log(str(tmp_path))
    line = "x" * 1000
    for _ in range(2 * LARGEST // 1000 + 500):
        log.say(line)

    assert sorted(os.listdir(tmp_path)) == ["watch.log", "watch.log.1"]
    assert all((tmp_path / name).stat().st_size < LARGEST + 2000 for name in os.listdir(tmp_path))
    assert last_line(str(tmp_path)).endswith(line)


def test_the_log_says_the_same_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(str(tmp_path), echo=True)
    for text in ("a", "a", "b", "", "b"):
        log.change("fault", text)
    log.show("only here")
    lines = [line.split(" ", 1)[1] for line in (tmp_path / "watch.log").read_text().splitlines()]
    shown_lines = [line[10:] for line in capsys.readouterr().out.splitlines()]

    assert lines == ["a", "b", "b"]
    assert shown_lines == ["a", "b", "b", "only here"]
    assert last_line(str(tmp_path / "nowhere")) == ""


def test_after_a_long_judgement_the_next_one_waits_for_seconds_and_not_for_minutes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that computed for a second is followed by a pause, but a notice cannot wait for 20 s."""
    home, computed = str(world.home), iter([0.0, 1.0])
    readying, around = Readying(home), look_around(home)
    monkeypatch.setattr(time, "thread_time", lambda: next(computed))
    with writer_lock(home, 5), closing(open_rw(home)) as connection:
        readying.renew(connection, around)
    now = time.monotonic()
    readying.add({"s"})
    waits = []
    for later in (0.0, 3.0, 5.0):
        monkeypatch.setattr(time, "monotonic", lambda later=later: now + later)
        waits.append(not readying.wanted(around))

    assert waits == [True, True, False]


@pytest.mark.parametrize(
    "options",
    [Options(), Options(poll=True), Options(forever=True, otlp=14318), Options(True, True, 1)],
)
def test_options_reach_a_fresh_process(options: Options) -> None:
    assert options_of(words_of(options)) == options


def test_folders_that_are_made_while_they_are_walked_are_watched_without_a_warning(
    tmp_path: Path,
) -> None:
    """watchdog warns of each folder that it meets twice; here a warning would end its thread."""
    told: set[str] = set()
    observation = Observation([str(tmp_path)], told.add)
    try:
        for number in range(100):
            (tmp_path / f"p{number}" / "s" / "subagents" / "workflows").mkdir(parents=True)
        last = tmp_path / "p99" / "s" / "subagents" / "workflows" / "agent-a.jsonl"
        last.write_bytes(b"")
        until(lambda: str(last) in told, "told of a file in the last folder")
    finally:
        observation.close()
