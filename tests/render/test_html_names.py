"""Whatever a folder, model or user is called, a page shows it as text and stays as it is."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from page import Node, parse, rows, section

from ccmeter.model import Usage
from ccmeter.pricing.assumptions import load_assumptions
from ccmeter.render.html_about import About, scope
from ccmeter.render.html_held import notes
from ccmeter.render.html_table import rows_table
from ccmeter.render.html_text import tag
from ccmeter.reports.asked import Filters
from ccmeter.reports.grouping import Row
from ccmeter.reports.priced import Totals
from ccmeter.reports.warnings import Warning

MEAN = [
    "/w/<script>alert(1)</script>",
    "/w/\"quoted\" 'twice' & more",
    "/w/]]></style><!-- -->",
    "/w/&lt;b&gt;",
    "/w/مشروع/תקציב",
    "/w/\u200fmark",
    "/w/🎉",
]
# no browser may show these as they are, and none may turn around what stands behind them
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
names = st.text(st.characters(codec=None, categories=None), min_size=1, max_size=100)
USED = Totals(1, 0, Usage(1, 2, 3, 4, 5))


def shown(name: str) -> str:
    return HIDDEN.sub("?", name)


def bare(markup: str) -> Node:
    markup.encode()  # a file can hold it
    return parse(markup)


@given(name=names)
@example("\ud800<")
@example("\u202egnp.exe")
@example("a\x00\x1b[31m\r\n")
@example("'\" onload=x><b>&amp;")
def test_any_name_is_shown_and_is_never_markup(name: str) -> None:
    plain = bare(rows_table("project", [Row("x", USED)], USED, "x"))
    table = bare(rows_table("project", [Row(name, USED)], USED, name))

    assert table.shape == plain.shape
    assert rows(table)[0]["project"] == shown(name)
    assert table.one("caption").text == shown(name)
    assert [n.text for n in table.all("bdi")] == [shown(name)]


@given(name=names)
@example("\"><b x='")
def test_any_name_stays_inside_an_attribute(name: str) -> None:
    (node,) = bare(tag("p", "x", aria_label=name)).all()

    assert node.attributes == {"aria-label": shown(name)}


@given(name=names)
@example("\ud800<")
def test_any_name_may_be_asked_for_and_warned_of(name: str) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    asked = Filters(project=name, user=name)
    about = About(asked, name, False, load_assumptions(), now, "1", None)

    assert [p.text for p in bare(scope(about)).all("p")] == [
        f"Only project {shown(name)} and user {shown(name)}.",
        f"Compared with the plan {shown(name)}, whatever was paid.",
    ]
    assert bare(notes([Warning("alarm", "x", name)])).one("li").text == f"alarm {shown(name)}"


@given(project=names, key=names)
def test_a_session_is_named_by_day_id_and_folder(project: str, key: str) -> None:
    row = Row(key, USED, project, date(2026, 11, 24))
    table = bare(rows_table("session", [row], USED, "x"))

    assert rows(table)[0]["session"] == f"24 Nov {shown(key[:8])} {shown(project)}"


def test_a_name_without_end_is_told_by_its_end() -> None:
    table = bare(rows_table("project", [Row("/w" * 5000 + "/garden", USED)], USED, "x"))
    (row,) = rows(table)

    assert row["project"].startswith("…/")
    assert row["project"].endswith("/w/garden")
    assert 100 < len(row["project"]) < 200


@pytest.fixture
def page(claude_dir: Path, run_ccmeter: Callable[..., CompletedProcess[str]]) -> Node:
    """A page on a folder and a model for each mean name."""
    path = claude_dir / "projects" / "p" / "s.jsonl"
    path.parent.mkdir(parents=True)
    lines = [
        {
            "type": "assistant",
            "timestamp": "2026-11-20T10:00:00.000Z",
            "sessionId": "s",
            "version": "2.1.330",
            "cwd": name,
            "uuid": f"u{n}",
            "message": {
                "id": f"m{n}",
                "model": name,
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 0, "output_tokens": 1000 - n},
            },
        }
        for n, name in enumerate(MEAN)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run_ccmeter("report", "--since", "2026-11-20", "--html", "-")
    assert (done.returncode, done.stderr) == (0, "")
    return parse(done.stdout)


def test_mean_names_reach_the_page_as_they_are(page: Node) -> None:
    assert [row["project"] for row in rows(section(page, "By project").one("table"))] == MEAN
    assert [row["model"] for row in rows(section(page, "By model").one("table"))] == MEAN
    assert {"script", "b", "img"}.isdisjoint(node.tag for node in page.all())
    (note,) = [n.text for n in page.all("li") if n.classes == ["note", "warning"]]
    assert all(name in note for name in MEAN)
