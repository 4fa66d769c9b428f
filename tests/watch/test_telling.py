"""What went wrong is told where a hook looks for it, once, and the past is no news."""

import json
import os
import time
from pathlib import Path

import pytest
from world import QUICK, World, answer, until

from ccmeter.notices import take
from ccmeter.watch.desktop import Desktop
from ccmeter.watch.telling import STALE_MS

BIG = 400_000  # tokens: lost, they are worth a warning


def evicted(session: str, name: str, ago_s: float = 0) -> tuple[bytes, bytes]:
    """A prompt that was cached, and the same one sent again as if it never had been."""
    before = answer(session, f"{name}1", ago_s + 20, written=BIG)
    return before, answer(session, f"{name}2", ago_s, written=BIG)


def rules(notices: list[dict[str, object]]) -> list[object]:
    return [notice["rule"] for notice in notices]


def test_a_lost_cache_becomes_a_notice_of_its_session_within_moments(world: World) -> None:
    with world.watching():
        before, after = evicted("s", "m")
        world.write("s", before)
        world.stored("m1")
        assert world.notices("s") == []
        world.write("s", after)
        until(lambda: world.notices("s"), "a notice")
        (notice,) = world.notices("s")

        assert (notice["level"], notice["rule"]) == ("warning", "R1")
        assert "400,000 tokens" in notice["message"]
        assert abs(notice["time_ms"] / 1000 - time.time()) < 60
        assert world.notices("start") == []
        until(lambda: world.ready("session/s").get("alarm") == "R1", "the alarm")
        world.logged("warning R1: Cache rebuilt")


def test_nothing_is_told_twice_by_this_watcher_or_the_next(world: World) -> None:
    with world.watching():
        world.write("s", *evicted("s", "m"))
        until(lambda: world.notices("s"), "a notice")
        assert len(take(str(world.home), "s")) == 1
        world.add("s", "m3")
        world.stored("m1", "m2", "m3")
        time.sleep(0.3)
        assert world.notices("s") == []
    with world.watching():
        world.add("s", "m4")
        world.stored("m1", "m2", "m3", "m4")
        time.sleep(0.3)
    assert world.notices("s") == world.notices("start") == []


def test_what_happened_without_a_watcher_waits_for_the_next_session(world: World) -> None:
    with world.watching():
        pass
    world.write("s", *evicted("s", "m", ago_s=3600))
    with world.watching():
        until(lambda: world.notices("start"), "a notice")

    assert rules(world.notices("start")) == ["R1"]
    assert world.notices("s") == []


def test_the_history_before_the_first_start_is_no_news(world: World) -> None:
    world.write("s", *evicted("s", "m", ago_s=1800))  # no news, and yet its cache is still warm
    world.write("t", *evicted("t", "t"))
    with world.watching():
        until(lambda: world.notices("t"), "the newest")
        time.sleep(0.2)
    assert world.notices("start") == world.notices("s") == []

    world.write("s", answer("s", "m3", written=BIG))  # the session goes on, and loses it again
    with world.watching():
        until(lambda: world.notices("s"), "a notice")
    assert "2nd time in this session" in world.notices("s")[0]["message"]


def test_what_a_session_did_not_show_is_shown_by_another_one(world: World) -> None:
    with world.watching():
        world.write("s", *evicted("s", "m"))
        until(lambda: world.notices("s"), "a notice")
    (notice,) = world.notices("s")
    old = time.time() - STALE_MS / 1000 - 60
    os.utime(world.home / "notices/s.json", (old, old))
    with world.watching():
        until(lambda: world.notices("start") == [notice], "forwarded")
    assert world.notices("s") == []


def test_an_id_that_makes_no_file_name_is_no_way_out_of_the_folder(world: World) -> None:
    with world.watching():
        path = world.add("x")
        lines = b"".join(evicted("../../evil", "m"))
        path.with_name("agent-deadbeef.jsonl").write_bytes(lines)
        until(lambda: world.notices("start"), "a notice")
    assert sorted(path.name for path in (world.home / "notices").iterdir()) == ["start.json"]


def test_a_model_without_a_price_is_told_once(world: World) -> None:
    with world.watching():
        world.write("s", answer("s", "m1", model="glm-9"))
        until(lambda: world.notices("start"), "a notice")
        world.write("s", answer("s", "m2", model="glm-9"))
        world.stored("m1", "m2")
        time.sleep(0.3)
        (notice,) = world.notices("start")
    assert notice["level"] == "notice"
    assert notice["message"].startswith("glm-9 has no known price")


def test_a_client_version_that_breaks_the_cache_is_an_alarm_told_once(world: World) -> None:
    """30 rebuilds among its 120 requests, and none among 200 of the version before."""
    for number in range(2):
        good = [
            answer(f"g{number}", f"g{number}-{n}", 9000 - 60 * n, read=30_000, version="2.1.320")
            for n in range(100)
        ]
        world.write(f"g{number}", *good)
    for number in range(4):
        name = f"b{number}"
        bad = [
            answer(name, f"{name}-{n}", 3000 - 60 * n, **_cached(lost=n % 4 == 3))
            for n in range(30)
        ]
        world.write(name, *bad)
    with world.watching():
        until(lambda: "R8" in rules(world.notices("start")), "an alarm")
        (alarm,) = (each for each in world.notices("start") if each["rule"] == "R8")
        assert alarm["level"] == "alarm"
        assert alarm["message"].startswith("Client 2.1.330 rebuilt the cache without")
        take(str(world.home), "start")
    with world.watching():
        world.add("later", "x1")
        until(lambda: world.ready("session/later"), "renewed")
    assert world.notices("start") == []


def _cached(lost: bool) -> dict[str, int]:
    return {"read": 0, "written": 30_000} if lost else {"read": 30_000}


def test_a_limit_that_is_used_up_is_told_with_its_end(world: World) -> None:
    with world.watching():
        now = time.time()
        for used in (97, 100, 100):
            window = {"used_percentage": used, "resets_at": round(now + 3600)}
            line = {"t": round(now * 1000), "session": "s", "five_hour": window}
            with (world.home / "limits.spool").open("a") as file:
                file.write(json.dumps(line) + "\n")
        world.add("s", "m1")
        until(lambda: world.notices("start"), "a notice")
        world.add("s", "m2")
        time.sleep(0.3)
    (notice,) = world.notices("start")
    moment = time.strftime("%a %d %b %H:%M", time.gmtime(round(now + 3600)))

    assert notice["message"] == f"the five hour limit is used up until {moment}"


def test_a_limit_is_told_though_nobody_is_answered_any_more(world: World) -> None:
    with world.watching():
        world.add("s", "m1")
        until(lambda: world.ready("session/s"), "renewed")
        window = {"used_percentage": 100, "resets_at": round(time.time() + 3600)}
        line = {"t": round(time.time() * 1000), "session": "s", "five_hour": window}
        (world.home / "limits.spool").write_text(json.dumps(line) + "\n")
        until(lambda: world.notices("start"), "a notice")


@pytest.mark.parametrize("wanted", [True, False])
def test_a_desktop_shows_notices_if_the_user_wants_that(
    wanted: bool, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >>{tmp_path}/shown\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (world.home / "config.toml").write_text(f"notify = {str(wanted).lower()}\n")
    shown = tmp_path / "shown"
    with world.watching():
        world.write("s", *evicted("s", "m"))
        until(lambda: world.notices("s"), "a notice")
        if wanted:
            until(lambda: shown.exists() and shown.read_text().endswith("|"), "shown")
            assert shown.read_text().startswith("--app-name|ccmeter|--|ccmeter|Cache rebuilt")
        time.sleep(0.2)
    assert shown.exists() == wanted


def children() -> set[str]:
    """Processes that this one has started and not waited for."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_programs_that_show_notices_are_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is done is no zombie; one that waits for a desktop that is gone is ended."""
    program = tmp_path / "notify-send"
    program.write_text("#!/bin/sh\ncase $5 in wait) exec sleep 600 ;; esac\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    before, desktop = children(), Desktop()

    def tidied() -> bool:
        desktop.tidy()
        return children() == before

    desktop.show("done at once")
    until(tidied, "let go of")
    for _ in range(20):
        desktop.show("wait")
    assert len(children() - before) == 4
    now = time.monotonic()
    with monkeypatch.context() as later:
        later.setattr(time, "monotonic", lambda: now + 60)
        desktop.tidy()
    until(tidied, "ended")
    desktop.show("wait")
    desktop.close()
    assert children() == before


def test_without_a_desktop_nothing_is_missed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (world.home / "config.toml").write_text("notify = true\n")
    with world.watching(QUICK):
        world.write("s", *evicted("s", "m"))
        until(lambda: world.notices("s"), "a notice")


def test_what_a_session_that_is_over_was_to_show_is_shown_by_the_next_on_the_same_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccmeter.watch.readying._FORWARD_S", 0.0)  # not for ten minutes
    with world.watching(QUICK):
        world.write("s", *evicted("s", "m"))
        until(lambda: world.notices("s"), "a notice")
        path = world.home / "notices" / "s.json"
        hours_ago = time.time() - 5 * 3600
        os.utime(path, (hours_ago, hours_ago))
        world.write("t", *evicted("t", "n"))
        until(lambda: world.notices("start"), "the notice of the session that is over")
        assert not path.exists()
