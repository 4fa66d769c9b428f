"""The page of a report says what the report says, needs nothing beside it, and can be read."""

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from page import Node, parse, rows, section

from ccmeter.demo import write_demo

ROOT = Path(__file__).resolve().parents[2]
PERIOD = ("--since", "2026-10-26", "--until", "2026-11-24", "--timezone", "UTC")
WEEK = ("--since", "2026-11-18", "--until", "2026-11-24", "--timezone", "UTC")
CLASSES = ("input", "output", "cache read", "cache write 5m", "cache write 1h", "web searches")
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens",
          "cache_write_1h_tokens", "web_searches")  # fmt: skip
Run = Callable[..., CompletedProcess[str]]


class History:
    """A made-up month in a database, and reports on it."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def output(self, *words: str, **env: str) -> str:
        done = self.run("report", "--no-sync", *words, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def page(self, *words: str) -> Node:
        return parse(self.output(*words, "--html", "-"))

    def json(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.output(*words, "--json"))
        return found


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with a database of a made-up month."""
    folder = tmp_path_factory.mktemp("month")
    write_demo(str(folder / ".claude"), date(2026, 11, 24))
    env = {"CLAUDE_CONFIG_DIR": str(folder / ".claude"), "CCMETER_HOME": str(folder / "ccmeter")}
    subprocess.run(
        [sys.executable, "-m", "ccmeter", "sync"],
        env={**os.environ, **env, "PYTHONPATH": str(ROOT / "src")},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def history(month: Path, home: Path, run_ccmeter: Run) -> History:
    shutil.copytree(month, home, dirs_exist_ok=True)
    return History(run_ccmeter)


def config(text: str) -> None:
    (Path(os.environ["CCMETER_HOME"]) / "config.toml").write_text(text, "utf-8")


def usd(amount: float) -> str:
    """Money as people write it."""
    if 0 < amount < 0.01:
        return "<$0.01"
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def near(shown: str, count: int) -> bool:
    """Whether a count in three digits is the nearest one: 950, 1.20k, 34.5M."""
    number = shown.rstrip("kMB")
    unit = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9}[shown[len(number) :]]
    digits = len(number.partition(".")[2])
    return abs(float(number) * unit - count) <= unit * 10**-digits / 2 * 1.0001


def assert_row(shown: dict[str, str], exact: dict[str, Any], serve: str = "mid") -> None:
    """A row of a page is that of the JSON."""
    unknown = exact["responses"] == exact["unpriced"]["responses"]
    assert shown["responses"] == f"{exact['responses']:,}"
    assert shown["list"] == ("-" if unknown else usd(exact["list_cost_usd"]))
    assert shown["serve"] == ("-" if unknown else usd(exact["compute_cost_usd"][serve]))
    written = exact["cache_write_5m_tokens"] + exact["cache_write_1h_tokens"]
    parts = (exact["input_tokens"], exact["output_tokens"], exact["cache_read_tokens"], written)
    for title, count in zip(("input", "output", "cache read", "cache write"), parts, strict=True):
        assert near(shown[title], count), title
    assert near(shown["tokens"], sum(parts))


def test_the_tables_of_an_overview_hold_the_numbers_of_the_json(history: History) -> None:
    page = history.page(*PERIOD)

    for by in ("day", "model", "project"):
        exact = {row["key"]: row for row in history.json(*PERIOD, "--by", by)["rows"]}
        shown = rows(section(page, f"By {by}").one("table"))
        keys = [row[by] for row in shown]
        if by == "day":  # also days without use
            keys = [date(2026, 10, 26).fromordinal(739915 + n).isoformat() for n in range(30)]
            assert [row["day"] for row in shown] == [
                f"{date.fromisoformat(key):%a} {date.fromisoformat(key).day:2d}"
                f" {date.fromisoformat(key):%b}" for key in keys
            ]  # fmt: skip
        assert set(exact) <= set(keys)
        for key, row in zip(keys, shown, strict=True):
            if key in exact:
                assert_row(row, exact[key])
            else:
                assert [row[title] for title in row if title != "day"] == [""] * 7 + ["-", ""]


@pytest.mark.parametrize("by", ["week", "session", "version", "agent", "entrypoint", "user"])
def test_another_grouping_takes_the_place_of_the_three_tables(by: str, history: History) -> None:
    words = (*PERIOD, "--by", by, "--scenario", "high")
    page, exact = history.page(*words), history.json(*words)["rows"]
    shown = rows(section(page, f"By {by}").one("table"))

    assert len(shown) == len(exact) > 0
    for row, expected in zip(shown, exact, strict=True):
        assert_row(row, expected, "high")
        if by == "session":
            known = expected["coverage"]["state"] == "known"
            assert row["hidden"] == (
                usd(expected["coverage"]["hidden_usd"]) if known else "unknown"
            )
            assert expected["key"][:8] in row["session"]
            assert row["session"].endswith(expected["project"])
        else:
            assert row[by] == expected["key"]
    titles = {heading.text for heading in page.all("h2")}
    assert titles & {"By day", "By week", "By model", "By project", f"By {by}"} == {f"By {by}"}
    assert "in the high scenario" in section(page, f"By {by}").one("caption").text


def test_the_sums_are_those_of_the_json(history: History) -> None:
    config('tier = "max-20x"')
    page, exact = history.page(*PERIOD), history.json(*PERIOD)
    totals, plan = exact["totals"], exact["plan"]

    assert [n.text for n in page.all("strong") if "money" in n.classes] == [
        usd(totals["list_cost_usd"])
    ]
    tokens = {row[""]: row["tokens"] for row in rows(section(page, "Tokens").one("table"))}
    assert tokens == {
        name: f"{totals[key]:,}" for name, key in zip(CLASSES, COUNTS, strict=True)
    }  # fmt: skip
    worth = rows(section(page, "Cost to serve").one("table"))
    scenarios = ("low", "mid", "high")
    assert [worth[0][s] for s in scenarios] == [
        usd(totals["compute_cost_usd"][s]) for s in scenarios
    ]
    assert [worth[2][s].lstrip("+") for s in scenarios] == [
        usd(plan["provider_result_usd"][s]) for s in scenarios
    ]
    assert [worth[3][s] for s in scenarios] == [
        usd(plan["break_even_list_usd"][s]) for s in scenarios
    ]
    bars = [n.text for n in section(page, "Cost to serve").all("strong")]
    assert bars[0] == usd(totals["list_cost_usd"])
    assert bars[2] == usd(plan["price_usd"])


def test_cache_use_coverage_and_all_that_is_to_be_known_are_those_of_the_json(
    history: History,
) -> None:
    page, exact = history.page(*PERIOD), history.json(*PERIOD)
    cache, coverage = exact["cache"], exact["coverage"]
    values = [n.text for n in section(page, "Prompt cache").all("td")]
    held = [n.text for n in section(page, "What the transcripts hold").all("td")]

    assert values == [
        f"{cache['hit_ratio']:.1%}",
        f"{cache['events']:,}",
        usd(cache["suspect_usd"]),
        f"{cache['inflation']:.2f}x",
        usd(cache["idle_usd"]),
    ]
    compared = coverage["sessions_compared"]
    assert held == [
        f"{compared} of {compared + coverage['sessions_unknown']}",
        usd(coverage["transcript_usd"]),
        usd(coverage["client_usd"]),
        usd(coverage["hidden_usd"]),
    ]
    notes = [n.text.lower() for n in page.all("li") if "note" in n.classes]
    assert len(exact["warnings"]) > 5
    for warning in exact["warnings"]:
        assert f"{warning['level']} {warning['message'].lower()}" in notes


@pytest.mark.parametrize("words", [WEEK, (*WEEK, "--by", "model"), (*WEEK, "--model", "opus")])
def test_a_page_says_what_the_screen_says_in_its_order(
    words: tuple[str, ...], history: History
) -> None:
    config('tier = "pro"')
    screen = history.output(*words, COLUMNS="80")
    paragraphs = [" ".join(part.split()) for part in screen.split("\n\n")]
    page = " ".join(history.page(*words).one("main").text.split())
    places = []
    for paragraph in paragraphs[2:]:
        if re.match(r"By |Cost to|Tokens|Plans", paragraph):
            break
        for note in re.split(r"^! | ! |^· | · ", paragraph):
            assert note in page
            places += [page.index(note)] if note else []

    assert len(places) > 2
    assert places == sorted(places)
    assert places[-1] < page.index("List price by day")


def test_the_bars_are_as_high_as_their_days_were_dear(history: History) -> None:
    page = history.page(*PERIOD)
    picture = section(page, "List price by day").one("figure")
    bars = [node for node in picture.all("g")]
    exact = history.json(*PERIOD)["rows"]

    assert len(bars) == len(exact)
    for bar, row in zip(bars, exact, strict=True):
        assert f": {usd(row['list_cost_usd'])}, " in bar.one("title").text
    heights = [sum(float(r.attributes["height"]) for r in bar.all("rect")) for bar in bars]
    per_dollar = max(heights) / max(row["list_cost_usd"] for row in exact)
    for height, row in zip(heights, exact, strict=True):
        assert abs(height - per_dollar * row["list_cost_usd"]) < 0.1
    assert 100 < max(heights) <= 200
    for bar in bars:  # its parts stand upon one another, and the lowest on the line
        parts = [(float(r.attributes["y"]), float(r.attributes["height"])) for r in bar.all("rect")]
        for (below, _), (y, height) in pairwise([(210.0, 0.0), *parts]):
            assert abs(y + height - below) < 0.02


@pytest.mark.parametrize(
    ("since", "days", "labels"),
    [("2026-11-24", 1, 1), ("2026-11-18", 7, 7), ("2026-11-11", 14, 7), ("2026-10-26", 30, 5),
     ("2026-08-26", 91, 3), ("2025-11-25", 365, 6), ("2020-01-01", 2520, 2)],
)  # fmt: skip
def test_any_number_of_days_has_a_picture_with_few_labels(
    since: str, days: int, labels: int, history: History
) -> None:
    page = history.page("--since", since, *PERIOD[2:])
    picture = section(page, "List price by day" if days < 367 else "List price by month")
    bars = [bar for group in picture.all("g") for bar in list(group.all("rect"))[:1]]
    places = [float(bar.attributes["x"].rstrip("%")) for bar in bars]

    assert len([n for n in picture.all("text") if "label" in n.classes]) == labels
    assert all(0 <= place < 100 for place in places)
    assert places == sorted(set(places))


CALLS = [
    PERIOD,
    (*PERIOD, "--by", "session", "--project", "thesis"),
    (*PERIOD, "--model", "nobody"),
    ("--since", "2020-01-01", *PERIOD[2:], "--by", "month", "--estimate-missing", "--with-hidden"),
]


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_page_loads_and_runs_nothing(words: tuple[str, ...], history: History) -> None:
    page = history.page(*words)
    style = page.one("style").text
    (policy,) = [
        n.attributes["content"]
        for n in page.all("meta")
        if n.attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert {node.tag for node in page.all()}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "use", "image"}
    )
    for node in page.all():
        for name, value in node.attributes.items():
            assert name not in {"src", "href", "srcset", "action", "style"}, name
            assert not name.startswith("on")
            assert "://" not in value
    assert "url(" not in style
    assert "@import" not in style
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "unsafe" not in policy


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_who_does_not_see_the_page_is_told_all_of_it(
    words: tuple[str, ...], history: History
) -> None:
    page = history.page(*words)
    levels = [int(node.tag[1]) for node in page.all("h1", "h2", "h3")]
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]

    assert page.one("html").attributes["lang"] == "en"
    assert page.one("head").one("title").text.startswith("ccmeter, ")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert len(set(ids)) == len(ids)
    for table in page.all("table"):
        assert table.one("caption").text
        assert all(cell.attributes["scope"] in {"col", "row"} for cell in table.all("th"))
        for row in table.one("tbody").all("tr"):
            assert [cell.attributes["scope"] for cell in row.all("th")] == ["row"]
    for picture in page.all("svg"):
        if picture.attributes.get("aria-hidden") != "true":
            assert picture.attributes["role"] == "img"
            named = picture.attributes["aria-labelledby"].split()
            assert [n.tag for n in picture.all() if n.attributes.get("id") in named] == [
                "title", "desc"
            ]  # fmt: skip


def test_where_no_table_tells_the_days_the_picture_does(history: History) -> None:
    told = history.page(*WEEK).one("desc").text
    alone = history.page(*WEEK, "--by", "model").one("desc").text

    assert told.endswith("The table By day tells all of them.")
    for row in history.json(*WEEK)["rows"]:
        assert f" {usd(row['list_cost_usd'])}" in alone


def test_a_page_says_which_part_of_all_it_is_about(history: History) -> None:
    words = ("--project", "thesis", "--model", "opus", "--session", "4")
    asked = [n.text for n in history.page(*PERIOD, *words).one("header").all("p")]
    tier = [n.text for n in history.page(*PERIOD, "--tier", "pro").one("header").all("p")]

    assert asked[1:] == ["Only project thesis, model opus and session 4."]
    assert tier[1:] == ["Compared with the plan pro, whatever was paid."]
    assert [n.text for n in history.page(*PERIOD).one("header").all("p")] == ["ccmeter"]


def test_a_page_names_its_period_zone_and_version(history: History, repo_root: Path) -> None:
    text = (repo_root / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'^version = "(.*)"$', text, re.M)
    page = history.page(
        "--since", "2026-11-18", "--until", "2026-11-24", "--timezone", "Asia/Tokyo"
    )

    assert page.one("h1").text == "18–24 Nov 2026 (7 days, Asia/Tokyo)"
    assert page.one("footer").text.startswith(f"Made by ccmeter {version} on ")
    assert "(UTC+09:00)" in page.one("footer").text


def test_all_assumptions_are_named_and_so_is_what_a_user_changed(
    history: History, repo_root: Path
) -> None:
    config('[compute]\nratio = 0.1\n[compute.mine]\nbase = "high"\nratio = 0.2\n')
    page = history.page(*WEEK, "--scenario", "mine")
    part = section(page, "How the estimate works")
    text = (repo_root / "src/ccmeter/pricing/compute.toml").read_text("utf-8")
    named = re.findall(r'^\[assumptions\.(\w+)]\nname = "(.*)"\nwhat = "(.*)"$', text, re.M)

    assert len(named) > 8
    assert [n.text for n in part.all("dt")] == [f"{key} {name}" for key, name, _ in named]
    assert [n.text for n in part.all("dd")] == [what for _, _, what in named]
    assert (
        "Changed in config.toml: compute.ratio, compute.mine.base, compute.mine.ratio." in part.text
    )
    first = rows(part.one("table"))[0]
    assert first["mid"] == "10.0% of list price"
    assert first["mine"] == "20.0% of list price"


def test_models_stand_in_for_others_as_the_data_says(history: History) -> None:
    part = section(history.page(*WEEK), "How the estimate works")
    table = {row.pop("class"): row for row in rows(part.one("table"))}

    assert table["opus"] == {
        "low": "DeepSeek V4-Pro",
        "mid": "Kimi K2.5",
        "high": "Qwen3.8-2.4T-A95B",
    }
    assert table["fable"]["mid"] == "2 x opus"


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_text_and_bars_stand_out_in_the_light_and_in_the_dark(repo_root: Path) -> None:
    style = (repo_root / "src/ccmeter/render/html.css").read_text("utf-8")
    light, dark = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.S)[:2]
    ]

    assert len(light) == len(dark) > 12
    for colours in (light, dark):
        for text in ("text", "quiet", "money", "warning", "alarm", "notice"):
            assert contrast(colours[text], colours["back"]) >= 4.5, text
        for text, back in (("text", "raised"), ("quiet", "raised"), ("notice", "raised"),
                           ("text", "warning-back"), ("warning", "warning-back"),
                           ("text", "alarm-back"), ("alarm", "alarm-back")):  # fmt: skip
            assert contrast(colours[text], colours[back]) >= 4.5, (text, back)
        for bar in ("write", "read", "output", "input", "search"):
            assert contrast(colours[bar], colours["back"]) >= 3, bar
