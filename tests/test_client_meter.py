"""The client's own meter in .claude.json: read only when asked to, and only its numbers."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ccmeter.client_meter import meter_files, readings
from ccmeter.config import Config, User
from ccmeter.store.db import open_rw
from ccmeter.store.process_meters import save_process_meters

SECRET = "sk-ant-oat01-not-to-be-kept"
USED = {
    "claude-opus-5-5": {
        "inputTokens": 5,
        "outputTokens": 60,
        "cacheReadInputTokens": 700,
        "cacheCreationInputTokens": 80,
        "webSearchRequests": 0,
        "costUSD": 0.5,
        "note": SECRET,
    }
}


def project(session: str = "s1", **changes: Any) -> dict[str, Any]:
    found = {
        "lastSessionId": session,
        "lastCost": 0.75,
        "lastDuration": 90_000,
        "lastModelUsage": USED,
        "history": [{"display": SECRET}],
        "allowedTools": [SECRET],
    }
    return {**found, **changes}


def write(folder: Path, *projects: Any, **changes: Any) -> Path:
    whole = {
        "oauthAccount": {"emailAddress": SECRET},
        "projects": {f"/w/{n}": p for n, p in enumerate(projects)},
        "primaryApiKey": SECRET,
    }
    path = folder / ".claude.json"
    path.write_text(json.dumps({**whole, **changes}))
    return path


def test_the_numbers_of_the_last_session_are_taken_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, project())
    (found,) = readings([str(tmp_path)])

    assert (found.session, found.cost_usd, found.duration_ms) == ("s1", "0.75", 90_000)
    assert json.loads(found.models) == {
        "claude-opus-5-5": {k: v for k, v in USED["claude-opus-5-5"].items() if k != "note"}
    }
    assert (found.start_ms, found.unknown_model) == (0, False)
    assert SECRET not in repr(found)


def test_older_clients_tell_no_tokens(tmp_path: Path) -> None:
    write(tmp_path, project(lastModelUsage=None))

    assert [found.models for found in readings([str(tmp_path)])] == ["{}"]


ODD = (
    {"lastSessionId": None},
    {"lastSessionId": 5},
    {"lastCost": None},
    {"lastCost": "0.75"},
    {"lastCost": True},
    {"lastCost": -1},
    {"lastDuration": None},
)


@pytest.mark.parametrize("changes", ODD, ids=repr)
def test_a_project_without_a_whole_record_tells_nothing(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    write(tmp_path, project(**changes), project("s2"), "text", None)

    assert [found.session for found in readings([str(tmp_path)])] == ["s2"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"projects": []}', '{"projects": {"a": 1}}'])
def test_a_file_of_another_shape_tells_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / ".claude.json").write_text(content)

    assert readings([str(tmp_path)]) == []


def test_a_missing_file_or_a_folder_in_its_place_tells_nothing(tmp_path: Path) -> None:
    assert readings([str(tmp_path / "nothing")]) == []
    (tmp_path / ".claude.json").mkdir()
    assert readings([str(tmp_path)]) == []


def test_of_two_records_of_one_session_the_longer_process_is_taken(tmp_path: Path) -> None:
    write(tmp_path, project(lastDuration=5, lastCost=9), project(), project(lastDuration=6))

    assert [found.cost_usd for found in readings([str(tmp_path)])] == ["0.75"]


def test_the_file_lies_in_the_folder_or_beside_one_named_claude() -> None:
    assert meter_files("/home/ada/.claude") == [
        "/home/ada/.claude/.claude.json",
        "/home/ada/.claude.json",
    ]
    assert meter_files("/home/ada/.claude/")[1] == "/home/ada/.claude.json"
    assert meter_files("/srv/claude") == ["/srv/claude/.claude.json"]


def stored(connection: sqlite3.Connection) -> list[Any]:
    query = "select start_ms, duration_ms, after_ms, cost_usd from cost_states order by 1, 2"
    return connection.execute(query).fetchall()


@pytest.fixture
def database(tmp_path: Path) -> Any:
    with closing(open_rw(str(tmp_path / "data"))) as connection:
        connection.execute("insert into sessions (session) values ('s1')")
        yield connection


def test_a_session_without_a_transcript_is_not_stored(database: Any, tmp_path: Path) -> None:
    write(tmp_path, project("s2"))
    save_process_meters(database, readings([str(tmp_path)]))

    assert stored(database) == []
    assert database.execute("select session from sessions").fetchall() == [("s1",)]


def test_the_next_process_replaces_the_one_before_but_no_line_of_a_transcript(
    database: Any, tmp_path: Path
) -> None:
    line = "insert into cost_states values (1, 1795420800000, 5, 7, '1', '{}', 0)"
    database.execute(line)
    for duration, cost in ((90_000, 0.75), (90_000, 0.8), (300, 0.1)):
        write(tmp_path, project(lastDuration=duration, lastCost=cost))
        save_process_meters(database, readings([str(tmp_path)]))

        assert stored(database) == [
            (0, duration, None, str(cost)),
            (1795420800000, 5, 7, "1"),
        ]


def test_only_the_users_own_folders_are_read_and_only_after_opting_in() -> None:
    from ccmeter.cli.place import Place

    config = Config(users=(User("grace", "/home/grace/.claude", ()),))
    roots = ["/home/ada/.claude", "/home/grace/.claude"]

    assert Place("/data", config, roots).metered == []
    opted_in = config._replace(client_meter=True)
    assert Place("/data", opted_in, roots).metered == ["/home/ada/.claude"]


LINE = {
    "type": "assistant",
    "sessionId": "s1",
    "cwd": "/w",
    "version": "2.1.114",
    "uuid": "u1",
    "timestamp": "2026-04-23T08:00:00.000Z",
    "message": {
        "id": "m1",
        "model": "claude-opus-4-6",  # $5 and $25 a million
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1000, "output_tokens": 200},
    },
}
METERED = {"inputTokens": 1100, "outputTokens": 200, "costUSD": 0.0125}
CLEAR = {"type": "user", "message": {"content": "<command-name>/clear</command-name>"}}


@pytest.fixture
def coverage(claude_dir: Path, run_ccmeter: Any) -> Any:
    """Write lines (a minute apart), let the client meter them, and report on the session."""

    def ran(*lines: dict[str, Any], **last: Any) -> Any:
        file = claude_dir / "projects" / "-w" / "s1.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        known = {"lastCost": 0.0125, "lastModelUsage": {"claude-opus-4-6": METERED}}
        write(claude_dir, project(**known | last))
        done = run_ccmeter("report", "--last", "all", "--by", "session", "--json")
        assert done.returncode == 0, done.stderr
        (row,) = json.loads(done.stdout)["rows"]
        return row["coverage"]

    return ran


@pytest.fixture
def opted_in(run_ccmeter: Any) -> None:
    assert run_ccmeter("config", "set", "client_meter", "true").returncode == 0


KNOWN = {"state": "known", "visible_usd": 0.01, "client_usd": 0.0125, "hidden_usd": 0.0025}
NO_METER = {"state": "unknown", "why": "no-meter"}
CUT = {"state": "unknown", "why": "cut"}


def test_without_opting_in_it_is_not_read(coverage: Any) -> None:
    assert coverage(LINE) == NO_METER


@pytest.mark.usefixtures("opted_in")
def test_after_opting_in_a_session_of_an_older_client_is_compared(
    coverage: Any, home: Path
) -> None:
    assert coverage(LINE) == KNOWN
    for path in (home / "ccmeter").iterdir():
        assert SECRET.encode() not in path.read_bytes()


@pytest.mark.usefixtures("opted_in")
def test_a_process_that_lived_shorter_than_the_session_is_not_believed(coverage: Any) -> None:
    later = {**LINE, "uuid": "u2", "timestamp": "2026-04-23T09:00:00.000Z"}
    message = {**LINE["message"], "id": "m2", "usage": {"input_tokens": 1, "output_tokens": 0}}
    resumed = {**later, "message": message}

    assert coverage(LINE, resumed) == CUT
    assert coverage(LINE, resumed, lastDuration=3_600_000)["state"] == "known"


@pytest.mark.usefixtures("opted_in")
def test_a_process_that_was_cleared_may_hold_other_sessions(coverage: Any) -> None:
    assert coverage({**CLEAR, "sessionId": "s1", "timestamp": LINE["timestamp"]}, LINE) == CUT


@pytest.mark.usefixtures("opted_in")
def test_a_reading_in_the_transcript_outranks_it(coverage: Any) -> None:
    state = {
        "type": "cost-state",
        "sessionId": "s1",
        "totalCostUSD": 0.011,
        "startTime": 1_776_931_100_000,  # a minute and 40 seconds before the line
        "totalDuration": 200,
        "modelUsage": {},
    }

    assert coverage(LINE, state)["client_usd"] == 0.011
