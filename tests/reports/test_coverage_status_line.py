"""What a status line showed of the client's meter, where the transcript holds no last reading.

An answer of these tests costs $0.014. Minutes count from the first answer of a session.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from metered import MINUTE, START_MS, Line, Place, answer, copied, meter

from ccmeter.reports.coverage import SessionCoverage
from ccmeter.statusline.spool import spool_line
from ccmeter.store.limits import take_in

NO_METER = SessionCoverage("unknown", "no-meter")
CUT = SessionCoverage("unknown", "cut")
RUNNING = SessionCoverage("unknown", "running")
CLEAR: Line = {"type": "user", "message": {"content": "<command-name>/clear</command-name>"}}


def known(visible: str, client: str, hidden: str) -> SessionCoverage:
    return SessionCoverage("known", "", Decimal(visible), Decimal(client), Decimal(hidden))


def payload(session: str, usd: Any, ran_min: float, version: str = "2.1.330") -> dict[str, Any]:
    """What the client sends to the status line, of a process that has run for some minutes."""
    cost = {"total_cost_usd": usd, "total_duration_ms": round(ran_min * MINUTE)}
    return {"session_id": session, "version": version, "cost": cost}


def shows(place: Place, sent: dict[str, Any], minute: float) -> Place:
    """Write down what was sent at that minute, and take it in."""
    home = place.folder.parent / "data"
    now_ms = START_MS + round(minute * MINUTE)
    with (home / "limits.spool").open("a") as spool:
        spool.write(spool_line(sent, now_ms, str(place.folder)))
    take_in(place.connection, str(home), now_ms)
    return place


def covered(place: Place, session: str = "s") -> SessionCoverage:
    return place.sync().report().coverage.sessions[session]


def test_a_session_that_was_killed_has_what_was_shown_last(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), answer("s", "m2", 5))
    shows(place, payload("s", 0.016, 2), 1)
    assert covered(place) == RUNNING
    shows(place, payload("s", 0.031, 7), 6)

    assert covered(place) == known("0.028", "0.031", "0.003")


def test_the_order_in_which_lines_are_taken_in_does_not_matter(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), answer("s", "m2", 5))
    shows(place, payload("s", 0.031, 7), 6)
    shows(place, payload("s", 0.031, 7), 6)
    shows(place, payload("s", 0.016, 2), 1)

    assert covered(place) == known("0.028", "0.031", "0.003")


def test_it_may_be_taken_in_before_the_transcript_is_read(place: Place) -> None:
    shows(place, payload("s", 0.014, 2), 1)
    assert place.report().coverage.sessions == {}
    place.write("s", answer("s", "m1", 0))

    assert covered(place) == known("0.014", "0.014", "0")


def test_a_subagent_that_is_answered_later_makes_it_running(place: Place) -> None:
    place.write("s", answer("s", "m1", 0))
    late = answer("s", "m2", 5, isSidechain=True, agentId="a1")
    place.write("s/subagents/agent-a1", late)
    shows(place, payload("s", 0.02, 2), 1)

    assert covered(place) == RUNNING


def test_a_last_reading_in_the_transcript_outranks_it(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.02, 2))
    shows(place, payload("s", 0.016, 2), 1)

    assert covered(place) == known("0.014", "0.02", "0.006")


@pytest.mark.parametrize("version", ["2.1.100", "2.1.330"])
def test_a_process_that_began_later_than_its_session_is_not_believed(
    place: Place, version: str
) -> None:
    """It was resumed: what was metered before stands in no reading."""
    place.write("s", answer("s", "m1", 0), answer("s", "m2", 60))
    shows(place, payload("s", 0.028, 2, version), 61)

    assert covered(place) == NO_METER


def test_a_session_that_is_resumed_goes_on_from_its_last_reading(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.02, 2), answer("s", "m2", 60))
    assert covered(place) == RUNNING
    shows(place, payload("s", 0.037, 2), 61)

    assert covered(place) == known("0.028", "0.037", "0.009")


def test_not_from_one_before_answers_that_nobody_counted(place: Place) -> None:
    """The second process was killed; the third goes on from the reading of the first."""
    place.write(
        "s",
        *(answer("s", "m1", 0), meter("s", 0.02, 2)),
        *(answer("s", "m2", 60), answer("s", "m3", 120)),
    )
    shows(place, payload("s", 0.05, 2), 121)

    assert covered(place) == RUNNING


def test_nor_from_one_that_is_larger_than_what_is_shown(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.08, 2), answer("s", "m2", 60))
    shows(place, payload("s", 0.04, 2), 61)

    assert covered(place) == RUNNING


@pytest.mark.parametrize(
    ("version", "expected"),
    [("2.1.210", NO_METER), ("2.1.211", known("0.014", "0.05", "0.036"))],
)
def test_before_2_1_211_a_cleared_session_is_shown_with_those_before_it(
    place: Place, version: str, expected: SessionCoverage
) -> None:
    clear = {**CLEAR, "sessionId": "s", "timestamp": answer("s", "m1", 0)["timestamp"]}
    place.write("s", clear, answer("s", "m1", 0, version=version))
    shows(place, payload("s", 0.05, 30, version), 1)

    assert covered(place) == expected


def test_a_fork_is_believed_only_with_a_reading_of_its_parent(place: Place) -> None:
    """It starts with the parent's dollars, whenever its process began."""
    first = answer("p", "m1", 0)
    place.write("p", first, age_s=60)
    place.write("f", copied(first, "f"), answer("f", "m2", 60))
    shows(place, payload("f", 0.028, 200), 61)
    assert covered(place, "f") == NO_METER

    place.add("f", meter("f", 0.029, 62), answer("f", "m3", 120))
    place.add("p", meter("p", 0.015, 1))
    shows(place, payload("f", 0.045, 2), 121)
    assert covered(place, "f") == known("0.028", "0.03", "0.002")


def test_less_than_the_transcript_holds_is_not_believed(place: Place) -> None:
    place.write("s", answer("s", "m1", 0))
    shows(place, payload("s", 0.013, 2), 1)

    assert covered(place) == CUT


def test_a_price_that_the_client_made_up_stays_unknown(place: Place) -> None:
    made_up = meter("s", 0.02, 2, hasUnknownModelCost=True)
    place.write("s", answer("s", "m1", 0), made_up)
    shows(place, payload("s", 0.03, 3), 2)

    assert covered(place) == SessionCoverage("unknown", "unknown-model")


ODD: tuple[dict[str, Any], ...] = (
    {"cost": None},
    {"cost": {"total_cost_usd": 0, "total_duration_ms": 5}},
    {"cost": {"total_cost_usd": -1, "total_duration_ms": 5}},
    {"cost": {"total_cost_usd": "1", "total_duration_ms": 5}},
    {"cost": {"total_cost_usd": 1}},
    {"session_id": ""},
    {"model": {"id": "claude-opus-9", "display_name": "claude-opus-9"}},  # no price is known of it
)


@pytest.mark.parametrize("changes", ODD, ids=repr)
def test_a_cost_that_makes_no_sense_is_not_kept(place: Place, changes: dict[str, Any]) -> None:
    place.write("s", answer("s", "m1", 0))
    shows(place, {**payload("s", 0.02, 2), **changes}, 1)

    assert place.connection.execute("select count(*) from shown_costs").fetchone() == (0,)


RUBBISH = (
    '{"t":%d,"session":"s","cost":7}',
    '{"t":%d,"session":"s","cost":{"usd":1e300,"ran_ms":1}}',
    '{"t":%d,"session":"s","cost":{"usd":1,"ran_ms":1e18}}',
    '{"t":%d,"session":7,"cost":{"usd":1,"ran_ms":1}}',
)


@pytest.mark.parametrize("line", RUBBISH)
def test_a_line_of_another_writer_disturbs_nothing(place: Place, line: str) -> None:
    home = place.folder.parent / "data"
    (home / "limits.spool").write_text(line % START_MS + "\n")
    take_in(place.connection, str(home), START_MS)

    assert place.connection.execute("select count(*) from shown_costs").fetchone() == (0,)


RECORDED = {  # the last payload of each: dollars, and milliseconds that the process had run
    ("2.1.330", "tui"): ("0.0745552", 5132),
    ("2.1.330", "oauth"): ("0.0567393", 5089),
    ("2.1.330", "tui_resume"): ("0.1389742", 2864),
    ("2.1.330", "tui_agents_bg"): ("0.14243499999999998", 2979),
    ("2.1.90", "block-ups-v90"): ("0.09921905", 8831),
}


@pytest.mark.parametrize(("version", "scenario"), RECORDED)
def test_what_the_client_sent_is_kept_to_the_last_digit(
    place: Place, shared_dir: Path, version: str, scenario: str
) -> None:
    folder = shared_dir / "data" / "payloads" / version / "statusline" / scenario
    sent = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    for number, each in enumerate(sent):
        shows(place, each, number)
    usd, ran_ms = RECORDED[version, scenario]
    seen_ms = START_MS + (len(sent) - 1) * MINUTE
    rows = place.connection.execute(
        "select session, time_ms, began_ms, cost_usd, version from shown_costs"
        " join sessions on sessions.id = session_id"
    ).fetchall()

    assert rows == [(sent[0]["session_id"], seen_ms, seen_ms - ran_ms, usd, version)]
