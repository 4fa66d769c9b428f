"""Where coverage is shown: a sentence, a column, JSON, CSV and Markdown."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from metered import Place, answer, meter
from rich.console import Console

from ccmeter.render.machine import report_csv, report_json, report_markdown
from ccmeter.render.screen import screen
from ccmeter.render.terminal import print_report
from ccmeter.reports.overview import Report

UNKNOWN = {"coverage": {"state": "unknown", "why": "no-meter"}}


@pytest.fixture
def report(place: Place) -> Report:
    """One session of which the client metered $0.0070 besides, and one that was killed."""
    place.write("s", answer("s", "m1", 0), answer("s", "m2", 1), meter("s", 0.035, 2))
    place.write("killed", answer("killed", "k1", 0))
    return place.sync().report()


def printed(report: Report, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    out = io.StringIO()
    console: Console = screen(out)
    print_report(console, report, overview=False)
    return out.getvalue()


def sentence(text: str) -> str:
    joined = " ".join(text.split())
    start = joined.find("Transcripts hold")
    return joined[start : joined.index(". ", start) + 1] if start >= 0 else ""


def test_json_has_the_sums_and_each_session(report: Report) -> None:
    document = json.loads(report_json(report))
    rows = {row["key"]: row for row in document["rows"]}

    assert document["coverage"] == {
        "transcript_usd": 0.028,
        "client_usd": 0.035,
        "hidden_usd": 0.007,
        "sessions_compared": 1,
        "sessions_unknown": 1,
    }
    amounts = {"visible_usd": 0.028, "client_usd": 0.035, "hidden_usd": 0.007}
    assert rows["s"]["coverage"] == {"state": "known", **amounts}
    assert rows["killed"]["coverage"] == UNKNOWN["coverage"]


def test_json_is_silent_where_nothing_can_be_compared(place: Place) -> None:
    place.write("killed", answer("killed", "k1", 0))
    document = json.loads(report_json(place.sync().report()))

    assert "coverage" not in document
    assert document["rows"][0]["coverage"] == UNKNOWN["coverage"]


def test_only_rows_of_sessions_tell_their_coverage(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.014, 2))
    document = json.loads(report_json(place.sync().report(by="model")))

    assert document["coverage"]["sessions_compared"] == 1
    assert "coverage" not in document["rows"][0]


def test_csv_has_columns_for_it_by_session(report: Report) -> None:
    rows = {row["session"]: row for row in csv.DictReader(io.StringIO(report_csv(report)))}
    names = ("coverage", "visible_usd", "client_usd", "hidden_usd")

    assert [rows["s"][name] for name in names] == ["known", "0.028", "0.035", "0.007"]
    assert [rows["killed"][name] for name in names] == ["no-meter", "", "", ""]


def test_csv_by_day_has_none(place: Place) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.014, 2))
    text = report_csv(place.sync().report(by="day"))

    assert "coverage" not in text
    assert "hidden_usd" not in text


def test_the_opening_says_how_sure_the_dollars_are(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = (
        "Transcripts hold 80.0% of what Claude Code itself metered in the 1 session that can be"
        " compared (of 2), so about 25.0% more was used than is shown: calls that leave no line."
    )

    assert sentence(printed(report, 80, monkeypatch)) == expected
    assert expected in report_markdown(report)


def test_the_opening_ends_with_the_command_that_it_proposes(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = printed(report, 80, monkeypatch).split("\n\n")[2]

    assert opening.startswith("Serving it plausibly cost")
    assert "Transcripts hold" in opening
    assert " ".join(opening.split()).endswith("ccmeter config set tier PLAN")


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        (0.014, "Transcripts hold all that Claude Code itself metered"),
        (0.014007, "Transcripts hold all that Claude Code itself metered"),  # 0.05 %
        (0.01401, "Transcripts hold 99.9% of what Claude Code itself metered"),
    ],
)
def test_small_differences_are_not_worth_a_word(
    place: Place, monkeypatch: pytest.MonkeyPatch, usd: float, expected: str
) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", usd, 2))
    text = printed(place.sync().report(), 80, monkeypatch)

    assert sentence(text).startswith(expected)
    assert "(of" not in sentence(text)


def test_the_opening_is_silent_where_nothing_can_be_compared(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("killed", answer("killed", "k1", 0))
    report = place.sync().report()

    assert sentence(printed(report, 80, monkeypatch)) == ""
    assert "Transcripts hold" not in report_markdown(report)


def test_wide_tables_of_sessions_show_what_is_hidden(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = printed(report, 120, monkeypatch).splitlines()
    (head,) = [line for line in wide if line.startswith("  session")]
    (own,) = [line for line in wide if line.startswith("  23 Nov s")]
    (killed,) = [line for line in wide if line.startswith("  23 Nov killed")]

    assert head.split()[-3:] == ["hidden", "list", "share"]
    assert own.split()[-3:-1] == ["<$0.01", "$0.03"]
    assert killed.split()[-3:-1] == ["unknown", "$0.01"]
    assert all(len(line) <= 120 for line in wide)
    assert "unknown" not in printed(report, 80, monkeypatch)


def test_other_tables_do_not(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.02, 2))

    assert "hidden" not in printed(place.sync().report(by="model"), 120, monkeypatch)


def test_the_command_tells_it(place: Place, run_ccmeter: Any) -> None:
    place.write("s", answer("s", "m1", 0), meter("s", 0.02, 2))
    done = run_ccmeter(
        "report", "--last", "all", "--json", env={"CLAUDE_CONFIG_DIR": str(place.folder)}
    )
    found = json.loads(done.stdout)["coverage"]

    assert Decimal(str(found["hidden_usd"])) == Decimal("0.006")
