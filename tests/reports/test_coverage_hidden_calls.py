"""Calls that only telemetry tells of: shown apart, added on request, never counted twice."""

import json
from decimal import Decimal
from typing import Any

import pytest
from metered import MINUTE, START_MS, Place, answer, meter

from ccmeter.model import Usage
from ccmeter.otlp.records import ApiCall
from ccmeter.render.machine import report_json
from ccmeter.reports.asked import Filters
from ccmeter.reports.overview import Extras
from ccmeter.store.api_calls import save_calls

ADDED = Extras(hidden=True)


def call(request: str, minute: float, session: str = "s", **changes: Any) -> ApiCall:
    """A call of Opus 5.5: 1,000 tokens in, 100 out: $0.006."""
    known = ApiCall(
        request_id=request,
        client_request_id=None,
        session=session,
        agent="",
        agent_type=None,
        time_ms=START_MS + round(minute * MINUTE),
        duration_ms=1000,
        sequence=1,
        model="claude-opus-5-5",
        usage=Usage(1000, 100),
        lifetimes_known=True,
        cost_usd=Decimal("0.006"),
        query_source="generate_session_title",
        speed="standard",
        effort="",
        version="2.1.330",
    )
    return known._replace(**changes)


@pytest.fixture
def told(place: Place) -> Place:
    """A session with two hidden calls, one of them on the next day, and a hidden session."""
    place.write("s", answer("s", "m1", 0), meter("s", 0.0265, 2))
    place.sync()
    calls = (
        call("req_m1", 0, usage=Usage(1000, 500)),  # the answer itself
        call("req_title", 0.5),
        call("req_recap", 24 * 60),
        call("req_other", 1, session="ghost", model="claude-haiku-4-5"),  # $1 and $5 a million
    )
    save_calls(place.connection, calls)
    return place


def test_hidden_calls_stand_beside_the_totals(told: Place) -> None:
    report = told.report()
    document = json.loads(report_json(report))

    assert document["totals"]["list_cost_usd"] == 0.014
    assert document["totals"]["responses"] == 1
    assert document["hidden_calls"] == {
        "source": "telemetry",
        "in_totals": False,
        "responses": 3,
        "input_tokens": 3000,
        "output_tokens": 300,
        "cache_read_tokens": 0,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "list_cost_usd": 0.0135,
        "unpriced_responses": 0,
        "in_compared_sessions_usd": 0.012,
    }
    (note,) = [w for w in report.warnings if w.code == "hidden-calls"]
    assert note.level == "info"
    assert note.message == (
        "telemetry tells of 3 calls more ($0.01) that no transcript holds; --with-hidden adds them"
        " to the totals."
    )


def test_on_request_they_are_part_of_totals_and_rows(told: Place) -> None:
    report = told.report(extras=ADDED)
    document = json.loads(report_json(report))
    rows = {row["key"]: row for row in document["rows"]}

    assert document["hidden_calls"]["in_totals"] is True
    assert document["totals"]["responses"] == 4
    assert document["totals"]["list_cost_usd"] == 0.0275
    assert rows["s"]["list_cost_usd"] == 0.026
    assert rows["s"]["project"] == "/w/garden"
    assert rows["ghost"]["list_cost_usd"] == 0.0015
    (note,) = [w for w in report.warnings if w.code == "hidden-calls-counted"]
    assert note.level == "notice"


@pytest.mark.parametrize("extras", [Extras(), ADDED])
def test_coverage_compares_transcripts_alone(told: Place, extras: Extras) -> None:
    """The client's meter holds the hidden calls as well: they are in its hidden dollars."""
    coverage = told.report(extras=extras).coverage

    assert set(coverage.sessions) == {"s"}
    assert coverage[1:4] == (Decimal("0.014"), Decimal("0.0265"), Decimal("0.0125"))


def test_they_fall_on_their_own_day(told: Place) -> None:
    report = told.report(by="day", extras=ADDED)

    assert {row.key: row.totals.responses for row in report.rows} == {
        "2026-11-23": 3,
        "2026-11-24": 1,
    }


def test_filters_hold_for_them(told: Place) -> None:
    hidden = told.report(filters=Filters(session="ghost")).hidden

    assert hidden is not None
    assert hidden.totals.responses == 1
    assert told.report(filters=Filters(session="nobody")).hidden is None


def test_without_telemetry_nothing_is_said(place: Place) -> None:
    place.write("s", answer("s", "m1", 0))
    report = place.sync().report(extras=ADDED)

    assert "hidden_calls" not in json.loads(report_json(report))
    assert not [w for w in report.warnings if "hidden" in w.code]


def test_a_call_without_a_price_is_counted_and_named(place: Place) -> None:
    save_calls(place.connection, [call("req_1", 0, model="glm-5.1")])
    found = json.loads(report_json(place.report()))["hidden_calls"]

    assert (found["responses"], found["unpriced_responses"], found["list_cost_usd"]) == (1, 1, 0)
