"""What the client metered of a session, against what its transcripts hold.

Amounts by hand: an answer of these tests costs $0.014, with Opus 5.5 at 4 and 20 dollars a million.
"""

from decimal import Decimal
from typing import Any

import pytest
from metered import START_MS, Place, answer, meter

from ccmeter.reports.asked import Filters
from ccmeter.reports.coverage import SessionCoverage

ONE = Decimal("0.014")


def known(visible: str, client: str, hidden: str) -> SessionCoverage:
    return SessionCoverage("known", "", Decimal(visible), Decimal(client), Decimal(hidden))


def unknown(why: str) -> SessionCoverage:
    return SessionCoverage("unknown", why)


def test_the_client_may_have_metered_more_than_its_transcript_holds(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), answer("s", "m2", 1), meter("s", 0.0345, 2))
    found = place.sync().report().coverage

    assert found.sessions == {"s": known("0.028", "0.0345", "0.0065")}
    assert found[1:] == (Decimal("0.028"), Decimal("0.0345"), Decimal("0.0065"), 1, 0)


def test_the_last_reading_is_the_one_that_counts(place: Place) -> None:
    place.write(
        "s",
        *(answer("s", "m1", 0), meter("s", 0.014, 1)),
        *(answer("s", "m2", 60), meter("s", 0.03, 2)),
    )

    assert place.sync().report().coverage.sessions == {"s": known("0.028", "0.03", "0.002")}


def test_subagents_are_part_of_their_session(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.028, 2))
    agent = answer("s", "m2", 1, isSidechain=True, agentId="a1")
    place.write("s/subagents/agent-a1", agent)

    assert place.sync().report().coverage.sessions == {"s": known("0.028", "0.028", "0")}


def test_what_binary_fractions_add_is_not_hidden(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.01400000000000003, 2))
    found = place.sync().report().coverage.sessions["s"]

    assert (found.state, found.hidden) == ("known", 0)


UNKNOWN: dict[str, tuple[str, tuple[Any, ...]]] = {
    "a session without a reading": ("no-meter", ()),
    "a meter that was written before the abort was accounted": ("cut", (meter("s", 0, 2),)),
    "a meter with fewer dollars than the transcript": ("cut", (meter("s", 0.0139, 2),)),
    "a meter with more dollars but fewer output tokens": (
        "cut",
        (meter("s", 0.5, 2, used={"outputTokens": 499}),),
    ),
    "a meter with fewer tokens in": ("cut", (meter("s", 0.5, 2, used={"inputTokens": 999}),)),
    "a meter with fewer tokens read": (
        "cut",
        (meter("s", 0.5, 2, used={"cacheReadInputTokens": 9}),),
    ),
    "a meter with fewer tokens written": (
        "cut",
        (meter("s", 0.5, 2, used={"cacheCreationInputTokens": 19}),),
    ),
    "a meter that started after the session": ("cut", (meter("s", 0.5, 2, start=0.5),)),
    "a client that guessed a price": (
        "unknown-model",
        (meter("s", 0.5, 2, hasUnknownModelCost=True),),
    ),
    "a session that went on after the reading": (
        "running",
        (meter("s", 0.5, 2), answer("s", "m2", 3)),
    ),
    "a model without a price": (
        "unpriced",
        (answer("s", "m2", 1, model="glm-5.1"), meter("s", 0.5, 2)),
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_nothing_is_said_of(place: Place, name: str) -> None:
    why, rest = UNKNOWN[name]
    place.write("s", answer("s", "m1", 0, read=10, write=20), *rest)
    found = place.sync().report().coverage

    assert found.sessions == {"s": unknown(why)}
    assert found[1:] == (0, 0, 0, 0, 1)


def test_exactly_the_tokens_of_the_transcript_are_enough(place: Place) -> None:
    used = {
        "inputTokens": 1000,
        "outputTokens": 500,
        "cacheReadInputTokens": 10,
        "cacheCreationInputTokens": 20,
    }
    place.write("s", answer("s", "m1", 0, read=10, write=20), meter("s", 0.014102, 2, used=used))

    assert place.sync().report().coverage.sessions["s"].hidden == 0


def test_a_session_whose_file_grows_is_running_until_its_meter_is_read(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.014, 1))
    assert place.sync().report().coverage.sessions == {"s": known("0.014", "0.014", "0")}

    place.add("s", answer("s", "m2", 60))
    assert place.sync().report().coverage.sessions == {"s": unknown("running")}

    place.add("s", meter("s", 0.0285, 2))
    assert place.sync().report().coverage.sessions == {"s": known("0.028", "0.0285", "0.0005")}


def test_a_reading_and_what_follows_it_may_arrive_together(place: Place) -> None:
    place.write("s", answer("s", "m1", 0))
    place.sync()
    place.add("s", meter("s", 0.5, 1), answer("s", "m2", 60))

    assert place.sync().report().coverage.sessions == {"s": unknown("running")}


def test_a_reading_that_is_read_again_stays_where_it_stood(place: Place) -> None:
    """Another copy of the file shows the reading when all that came after it is known."""
    reading = meter("s", 0.5, 1)
    place.write("s", answer("s", "m1", 0), reading, answer("s", "m2", 60))
    place.write("copy/s", {"type": "user", "sessionId": "s"})
    place.sync()
    place.add("copy/s", reading)

    assert place.sync().report().coverage.sessions == {"s": unknown("running")}


def test_a_subagent_that_ends_after_its_session_does_not_make_it_running(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.028, 2))
    late = answer("s", "m2", 1, isSidechain=True, agentId="a1")
    place.write("s/subagents/agent-a1", late, age_s=-60)

    assert place.sync().report().coverage.sessions == {"s": known("0.028", "0.028", "0")}


def test_reading_everything_again_changes_nothing(place: Place) -> None:
    from ccmeter.ingest import ingest

    place.write(
        "s",
        *(answer("s", "m1", 0), meter("s", 0.014, 1), answer("s", "m2", 60), meter("s", 0.03, 2)),
    )
    before = place.sync().report().coverage
    readings = place.connection.execute("select * from cost_states").fetchall()
    ingest(place.connection, [str(place.folder)], full=True)

    assert place.report().coverage == before
    assert place.connection.execute("select * from cost_states").fetchall() == readings


def test_a_whole_session_is_compared_whatever_part_of_it_is_reported(place: Place) -> None:
    day = 24 * 60
    place.write(
        "s",
        *(answer("s", f"m{n}", n * day) for n in range(4)),
        meter("s", 0.06, 3 * day + 1),
    )
    place.write("other", answer("other", "o1", 1.5 * day), meter("other", 0.014, 1))
    place.sync()
    expected = known("0.056", "0.06", "0.004")

    for since, until in (("23", "23"), ("24", "25"), ("26", "30"), ("01", "30")):
        report = place.report(f"2026-11-{since}", f"2026-11-{until}")
        assert report.coverage.sessions["s"] == expected
    assert place.report("2026-11-27", "2026-11-30").coverage.sessions == {}


def test_a_filter_chooses_sessions_and_not_parts_of_them(place: Place) -> None:
    place.write(
        "s",
        answer("s", "m1", 0),
        answer("s", "m2", 1, model="claude-haiku-4-5"),  # $1 and $5 a million
        meter("s", 0.0175, 2),
    )
    place.write("other", answer("other", "o1", 0), meter("other", 0.014, 2))
    found = place.sync().report(filters=Filters(model="haiku")).coverage

    assert found.sessions == {"s": known("0.0175", "0.0175", "0")}


def test_prices_of_the_user_are_not_the_clients(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.014, 2))
    dear = {"claude-opus-5-5": {"input_mtok": 99, "output_mtok": 99}}
    dear["claude-opus-5-5"] |= dict.fromkeys(
        ("cache_read_mtok", "cache_write_5m_mtok", "cache_write_1h_mtok"), 99
    )
    report = place.sync().report(prices=dear)

    assert report.totals.list_cost == Decimal("0.1485")
    assert report.coverage.sessions == {"s": known("0.014", "0.014", "0")}


HOUR = {"cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 0}}
RULES = (  # Opus 4.5: 5 in, 25 out, 6.25 and 10 a million for writes
    ("2.1.143", known("0.02375", "0.02375", "0")),  # 0.005 + 0.0125 + 0.00625
    ("2.1.144", unknown("unpriced")),
    ("2.1.221", unknown("unpriced")),
    ("2.1.222", known("0.0275", "0.0275", "0")),  # 0.005 + 0.0125 + 0.01
    ("", known("0.0275", "0.0275", "0")),
)


@pytest.mark.parametrize(("version", "expected"), RULES)
def test_writes_for_an_hour_cost_what_the_client_of_the_time_thought(
    place: Place, version: str, expected: SessionCoverage
) -> None:
    written = answer("s", "m1", 0, model="claude-opus-4-5", version=version, write=1000, usage=HOUR)
    usd = 0.02375 if version == "2.1.143" else 0.0275
    place.write("s", written, meter("s", usd, 2))

    assert place.sync().report().coverage.sessions == {"s": expected}


@pytest.mark.parametrize(("version", "usd"), [("2.1.238", "0.014"), ("2.1.239", "0.0154")])
def test_older_clients_knew_no_surcharge_for_the_us(place: Place, version: str, usd: str) -> None:
    place.write(
        "s",
        answer("s", "m1", 0, version=version, usage={"inference_geo": "us"}),
        meter("s", float(usd), 2),
    )
    report = place.sync().report()

    assert report.totals.list_cost == Decimal("0.0154")
    assert report.coverage.sessions == {"s": known(usd, usd, "0")}


def test_a_database_of_before_takes_its_readings_along(place: Place) -> None:
    """A migrated reading has no place among the responses; its file gives it one."""
    place.write("s", answer("s", "m1", 0), meter("s", 0.014, 1), answer("s", "m2", 3))
    place.sync()
    place.connection.execute("update cost_states set after_ms = null")
    place.connection.execute("update files set offset = 0, settled_size = -1")
    place.sync()

    assert place.connection.execute("select after_ms from cost_states").fetchall() == [(START_MS,)]
    assert place.report().coverage.sessions == {"s": unknown("running")}


def test_only_the_time_that_the_sessions_need_is_read(place: Place) -> None:
    """The sessions of a day end with it; what lies around it is not looked at."""
    read: list[str] = []
    place.write("s", answer("s", "m1", 0), meter("s", 0.014, 1))
    place.sync()
    place.connection.set_trace_callback(read.append)
    place.report("2026-11-23", "2026-11-23")
    place.connection.set_trace_callback(None)
    sums = [text for text in read if text.startswith("-- Sums of responses")]

    assert len(sums) == 1
