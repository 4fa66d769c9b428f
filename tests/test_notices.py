"""Notices wait in files until one hook takes them."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccmeter.notices import MOST, START, Notice, leave, take

SESSION = "0b6cf1d2-2d05-4f0f-9c34-3a1d4f8c9a11"


def notice(message: str, level: str = "warning", time_ms: int = 1) -> Notice:
    return Notice(level, "R1", message, time_ms)


def test_what_is_left_is_taken_once_in_the_order_of_time(tmp_path: Path) -> None:
    leave(str(tmp_path), SESSION, [notice("first", time_ms=1)])
    leave(str(tmp_path), SESSION, [notice("second", time_ms=2)])

    assert [each.message for each in take(str(tmp_path), SESSION)] == ["first", "second"]
    assert take(str(tmp_path), SESSION) == []
    assert list((tmp_path / "notices").iterdir()) == []


def test_notices_of_one_session_do_not_show_in_another(tmp_path: Path) -> None:
    leave(str(tmp_path), SESSION, [notice("mine")])

    assert take(str(tmp_path), START) == []
    assert take(str(tmp_path), SESSION.replace("0", "1")) == []


def test_of_many_only_the_gravest_are_kept(tmp_path: Path) -> None:
    leave(str(tmp_path), START, [notice("old alarm", "alarm", 1)])
    leave(str(tmp_path), START, [notice(f"mild {n}", "info", n + 2) for n in range(2 * MOST)])

    messages = [each.message for each in take(str(tmp_path), START)]
    assert len(messages) == MOST
    assert messages[0] == "old alarm"
    assert messages[-1] == f"mild {2 * MOST - 1}"


def test_what_was_said_already_is_not_said_twice(tmp_path: Path) -> None:
    leave(str(tmp_path), START, [notice("same")] * 3)
    leave(str(tmp_path), START, [notice("same")] * 9)

    assert take(str(tmp_path), START) == [notice("same")]


def test_rules_that_speak_of_the_same_request_do_so_with_one_voice(tmp_path: Path) -> None:
    left = [Notice("warning", "R5", "seldom", 7), Notice("alarm", "R2", "pinned", 7)]
    left += [Notice("alarm", "R2b", "the same floor", 7), notice("another request", time_ms=8)]
    left += [Notice("notice", "", "a limit", 7), Notice("notice", "", "no price", 7)]
    leave(str(tmp_path), SESSION, left)

    messages = {each.message for each in take(str(tmp_path), SESSION)}
    assert messages == {"pinned", "another request", "a limit", "no price"}


def test_of_many_hooks_one_gets_them(tmp_path: Path) -> None:
    for _ in range(50):
        leave(str(tmp_path), SESSION, [notice("once")])
        with ThreadPoolExecutor(4) as pool:
            got = list(pool.map(lambda _: take(str(tmp_path), SESSION), range(4)))
        assert sum(map(len, got)) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"{}", b"null", b"\xff\xfe", b"[1, null, {}]", b'[{"message": 5}]', b"[" * 90_000],
)
def test_a_file_that_makes_no_sense_shows_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "start.json").write_bytes(content)

    assert take(str(tmp_path), START) == []


def test_a_notice_needs_no_more_than_its_message(tmp_path: Path) -> None:
    (tmp_path / "notices").mkdir()
    content = [{"message": "bare"}, {"message": "x" * 5000, "level": "odd", "time_ms": "now"}]
    (tmp_path / "notices" / "start.json").write_text(json.dumps(content))

    bare, long = take(str(tmp_path), START)
    assert bare == Notice("warning", "", "bare", 0)
    assert (long.level, long.time_ms) == ("warning", 0)
    assert len(long.message) < 5000


@pytest.mark.parametrize("name", ["", ".", "../start", "a/b", "x" * 200, "-rf", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a session"):
        leave(str(tmp_path), name, [notice("x")])
    assert take(str(tmp_path), name) == []
    assert list(tmp_path.rglob("*")) == []


def test_notices_are_private(tmp_path: Path) -> None:
    leave(str(tmp_path), START, [notice("x")])

    assert (tmp_path / "notices").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "notices" / "start.json").stat().st_mode & 0o777 == 0o600


def test_notices_that_wait_stay_when_none_can_be_added(tmp_path: Path) -> None:
    leave(str(tmp_path), SESSION, [notice("waits")])
    obstacle = tmp_path / "notices" / f"{SESSION}.json.new"
    obstacle.mkdir()

    with pytest.raises(OSError, match="directory"):
        leave(str(tmp_path), SESSION, [notice("is too much")])

    obstacle.rmdir()
    assert take(str(tmp_path), SESSION) == [notice("waits")]


def test_of_a_file_that_is_none_of_ours_nothing_stays(tmp_path: Path) -> None:
    leave(str(tmp_path), SESSION, [notice("first")])
    (tmp_path / "notices" / f"{SESSION}.json").write_text("[{")

    assert take(str(tmp_path), SESSION) == []
    assert list((tmp_path / "notices").iterdir()) == []
