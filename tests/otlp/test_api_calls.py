"""Reported calls in the database: each once, and hidden only when no transcript shows it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.ingest import ingest
from ccmeter.model import Usage
from ccmeter.otlp.records import ApiCall
from ccmeter.store.api_calls import hidden_calls, reported_calls, save_calls
from ccmeter.store.db import open_rw

TIME = 1_795_506_775_813  # 2026-11-24T07:52:55.813Z
EVER = (0, 2**62)
USED = Usage(3, 40, 500, 60, 10)
CALL = ApiCall(
    request_id="req_1",
    client_request_id=None,
    session="session-1",
    agent="",
    agent_type=None,
    time_ms=TIME,
    duration_ms=5_000,
    sequence=7,
    model="claude-opus-5-5",
    usage=USED,
    lifetimes_known=True,
    cost_usd=Decimal("0.060994999999999994"),
    query_source="sdk",
    speed="standard",
    effort="medium",
    version="2.1.330",
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_rw(str(tmp_path / "data"))) as opened:
        yield opened


def line(
    request: str | None = "req_1", usage: Usage = USED, second: int = 55, stop: str | None = "end"
) -> dict[str, Any]:
    """A line of the transcript, as a client writes it."""
    split = {
        "ephemeral_5m_input_tokens": usage.cache_write_5m_tokens,
        "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
    }
    used = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation_input_tokens": sum(split.values()),
        "cache_creation": split,
    }
    message = {"id": f"msg_{request}_{second}_{usage.output_tokens}", "model": "claude-opus-5-5"}
    return {
        "type": "assistant",
        "sessionId": "session-1",
        "uuid": f"u{second}",
        "timestamp": f"2026-11-24T07:52:{second:02}.800Z",
        "version": "2.1.330",
        "cwd": "/w",
        "message": message | {"role": "assistant", "stop_reason": stop, "usage": used},
    } | ({"requestId": request} if request else {})


def shown(connection: sqlite3.Connection, claude_dir: Path, *lines: dict[str, Any]) -> None:
    """Write a transcript and read it."""
    folder = claude_dir / "projects" / "-w"
    folder.mkdir()
    text = "".join(json.dumps(entry) + "\n" for entry in lines)
    (folder / "session-1.jsonl").write_text(text)
    ingest(connection, [str(claude_dir)])


def hidden(connection: sqlite3.Connection, *calls: ApiCall) -> list[ApiCall]:
    save_calls(connection, calls)
    return hidden_calls(connection, *EVER)


def test_a_call_comes_back_as_it_was(connection: sqlite3.Connection) -> None:
    other = CALL._replace(
        request_id=None,
        client_request_id="client-1",
        agent="a1",
        agent_type="explore",
        lifetimes_known=False,
        cost_usd=None,
        time_ms=TIME + 1,
    )

    assert hidden(connection, CALL, other) == [CALL, other]


counts = st.integers(0, 2**53 - 1)
names = st.text(st.characters(codec="utf-8"), max_size=20)
api_calls = st.builds(
    ApiCall,
    request_id=st.none() | names.filter(bool),
    client_request_id=st.none() | names.filter(bool),
    session=names,
    agent=names,
    agent_type=st.none(),
    time_ms=st.integers(1, 10**13),
    duration_ms=counts,
    sequence=counts,
    model=names,
    usage=st.builds(Usage, counts, counts, counts, counts, counts, st.just(0)),
    lifetimes_known=st.booleans(),
    cost_usd=st.none() | st.decimals(0, 10**6, allow_nan=False),
    query_source=names,
    speed=names,
    effort=names,
    version=names,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with closing(open_rw(str(tmp_path_factory.mktemp("data")))) as opened:
        yield opened


@given(calls=st.lists(api_calls, max_size=5, unique_by=lambda call: call.key))
def test_any_calls_come_back_as_they_were(empty: sqlite3.Connection, calls: list[ApiCall]) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        empty.backup(connection)
        found = hidden(connection, *calls)

    assert sorted(map(repr, found)) == sorted(map(repr, calls))
    assert [call.time_ms for call in found] == sorted(call.time_ms for call in calls)


def test_a_call_that_is_reported_again_counts_once(connection: sqlite3.Connection) -> None:
    nameless = CALL._replace(request_id=None)
    later = nameless._replace(sequence=8)

    assert save_calls(connection, [CALL, CALL, nameless, nameless, later]) == 3
    assert save_calls(connection, [CALL, nameless, later]) == 0
    assert len(list(reported_calls(connection, *EVER))) == 3


def test_nothing_is_stored_when_one_of_the_calls_cannot_be(
    connection: sqlite3.Connection,
) -> None:
    impossible = CALL._replace(request_id="req_2", time_ms=2**70)
    with pytest.raises(OverflowError):
        save_calls(connection, [CALL, impossible])

    assert list(reported_calls(connection, *EVER)) == []
    assert save_calls(connection, [CALL]) == 1


def test_a_period_includes_its_start_and_not_its_end(connection: sqlite3.Connection) -> None:
    save_calls(connection, [CALL])

    assert hidden_calls(connection, TIME, TIME + 1) == [CALL]
    assert hidden_calls(connection, TIME + 1, TIME + 2) == []
    assert hidden_calls(connection, TIME - 1, TIME) == []


def test_a_call_with_a_response_is_not_hidden(
    connection: sqlite3.Connection, claude_dir: Path
) -> None:
    other = CALL._replace(request_id="req_2", usage=Usage(900, 20))
    shown(connection, claude_dir, line())

    assert hidden(connection, CALL, other) == [other]
    assert [r.visible for r in reported_calls(connection, *EVER)].count(True) == 1


def test_it_does_not_matter_which_is_read_first(
    connection: sqlite3.Connection, claude_dir: Path
) -> None:
    assert hidden(connection, CALL) == [CALL]
    shown(connection, claude_dir, line())

    assert hidden_calls(connection, *EVER) == []


def test_a_response_at_the_edge_of_the_period_still_shows_its_call(
    connection: sqlite3.Connection, claude_dir: Path
) -> None:
    """The call ends at 55.813 s, the response stands at its earliest line, at 50.8 s."""
    shown(connection, claude_dir, line(second=50))
    save_calls(connection, [CALL])

    assert hidden_calls(connection, TIME, TIME + 1) == []


@pytest.mark.parametrize("usage", [USED, Usage(3, 40, 500, 70, 0)])
def test_without_an_id_a_call_is_known_by_its_tokens(
    connection: sqlite3.Connection, claude_dir: Path, usage: Usage
) -> None:
    """Clients without ids do not tell lifetimes apart either."""
    shown(connection, claude_dir, line(second=51))

    assert hidden(connection, CALL._replace(request_id=None, usage=usage)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"usage": USED._replace(input_tokens=4)},
        {"usage": USED._replace(output_tokens=41)},
        {"usage": USED._replace(cache_read_tokens=501)},
        {"usage": USED._replace(cache_write_5m_tokens=61)},
        {"session": "session-2"},
        {"time_ms": TIME + 60_000},
        {"time_ms": TIME - 60_000},
    ],
    ids=str,
)
def test_without_an_id_a_call_that_differs_is_hidden(
    connection: sqlite3.Connection, claude_dir: Path, change: dict[str, Any]
) -> None:
    shown(connection, claude_dir, line())
    call = CALL._replace(request_id=None, **change)

    assert hidden(connection, call) == [call]


def test_a_response_without_an_id_shows_the_call_with_its_tokens(
    connection: sqlite3.Connection, claude_dir: Path
) -> None:
    shown(connection, claude_dir, line(request=None))

    assert hidden(connection, CALL) == []


def test_ids_that_differ_are_two_calls_whatever_their_tokens(
    connection: sqlite3.Connection, claude_dir: Path
) -> None:
    shown(connection, claude_dir, line(request="req_9"))

    assert hidden(connection, CALL) == [CALL]


def test_the_output_of_an_unfinished_response_says_nothing(
    connection: sqlite3.Connection, claude_dir: Path
) -> None:
    placeholder = USED._replace(output_tokens=4)
    shown(connection, claude_dir, line(usage=placeholder, stop=None))

    assert hidden(connection, CALL._replace(request_id=None)) == []


def test_the_question_is_answered_with_the_index_of_times(
    connection: sqlite3.Connection,
) -> None:
    """A scan of all responses for every call without an id would take hours."""
    from ccmeter.store.statements import sql

    values = {"since_ms": 0, "until_ms": 1, "drift_ms": 1, "slack_ms": 1}
    plan = connection.execute(f"explain query plan {sql('load_api_calls')}", values)
    details = [row[-1] for row in plan]

    assert any("SEARCH shown USING INDEX responses_time" in detail for detail in details)
    assert not [d for d in details if d.startswith(("SCAN shown", "SCAN responses"))]


def test_no_text_is_stored_but_ids_and_names(connection: sqlite3.Connection) -> None:
    save_calls(connection, [CALL])
    for table in ("api_calls", "call_kinds"):
        (row,) = connection.execute(f"select * from {table}")  # noqa: S608
        texts = {value for value in row if isinstance(value, str)}
        assert texts <= {"req_1", str(CALL.cost_usd), "claude-opus-5-5", "sdk", "standard",
                         "medium", "2.1.330"}  # fmt: skip
