"""A long history is judged on all cores: the same is found as in one process."""

from pathlib import Path

import pytest
from histories import Line, Place, fingerprint, healthy, lost

from ccmeter.audit import shares
from ccmeter.audit.shares import judge_rows, judge_share
from ccmeter.audit.steps import Steps
from ccmeter.cache.thresholds import LIMITS
from ccmeter.pricing.book import load_book
from ccmeter.store import audit as store
from ccmeter.store.audit_shares import Share, requests_of
from ccmeter.store.audit_shares import shares as shares_of
from ccmeter.store.db import folder_of


def session(name: str) -> list[Line]:
    """Healthy requests, a loss that hashes explain, and one whose hashes are not there."""
    first, second, third = (f"{name}-{n}" for n in "abc")
    start = healthy(6, name=name)
    start[5] |= {"requestRef": first}
    gone = lost(f"msg_0{name}x", 130, 90_000) | {"requestRef": second}
    late = lost(f"msg_0{name}y", 160, 95_000) | {"requestRef": third}
    prints = [fingerprint(first, 99, None, ["ab" * 6]), fingerprint(second, 129, first, [], keep=1)]
    return [line | {"sessionId": name} for line in (*start, *prints, gone, late)]


@pytest.fixture
def history(place: Place) -> Place:
    for name in map(str, range(9)):
        place.write(f"p/{name}.jsonl", session(name))
        agent = {"isSidechain": True, "agentId": "a1", "sessionId": name}
        lines = [line | agent for line in healthy(3, name=f"{name}z")]
        place.write(f"p/{name}/subagents/agent-a1.jsonl", lines)
    place.sync()
    return place


@pytest.mark.parametrize("size", [1, 7, 30, 1_000])
def test_shares_of_a_history_are_all_of_it(size: int, history: Place) -> None:
    home, book = folder_of(history.connection), load_book()
    found = shares_of(history.connection, size, block=2)
    parts = [judge_share(home, book, LIMITS, share) for share in found]
    steps = Steps(history.connection, book)
    whole = list(judge_rows(store.requests(history.connection), steps, LIMITS))

    assert Path(home) == history.home
    assert len(whole) == 18
    assert sorted(one for part in parts for one in part) == sorted(whole)
    assert (len(found) > 1) == (size < 1_000)
    assert sum(len(one.unread) for one in whole) == 9


def test_a_share_is_read_between_its_ids_and_holds_about_its_size(place: Place) -> None:
    for number in range(40):
        place.write(f"p/{number:02}.jsonl", session(f"{number:02}"))
        place.sync()  # so that the ids of a session lie beside each other
    late = healthy(1, start=999, name="late")[0] | {"sessionId": "00"}
    place.append("p/00.jsonl", [late])  # and one session goes on until the end
    place.sync()
    found = shares_of(place.connection, 80, block=8)
    sizes = [len(list(requests_of(place.connection, share))) for share in found]

    assert sum(sizes) == 40 * 8 + 1
    assert max(sizes) <= 80 + 8
    assert [share.last - share.first < 100 for share in found].count(False) == 1
    assert found[0].last > 320 > found[-2].last


def test_processes_find_what_one_process_finds(
    history: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.judge()
    found = history.found()
    monkeypatch.setattr(shares, "_WORTH_PROCESSES", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    judged = history.judge_anew()

    assert judged.requests == 99
    assert history.found() == found
    assert [cause for _, cause in history.verdicts()].count("server_side") == 9


def test_a_folder_without_a_database_holds_no_share(tmp_path: Path) -> None:
    assert judge_share(str(tmp_path), load_book(), LIMITS, Share([], [], 0, 0)) == []
