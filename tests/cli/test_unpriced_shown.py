"""What has no price is shown as unknown: $0.00 would be a number that nobody ever measured."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Line = dict[str, Any]
Ok = Callable[..., str]
WEEK = ("--since", "2026-11-17", "--until", "2026-11-23")
WIDE = {"COLUMNS": "120"}
ZERO = re.compile(r"\$0\.00|<\$0\.01|less than \$0\.01")


@pytest.fixture
def unpriced(transcript: Callable[..., Path], answer: Callable[..., Line]) -> None:
    """A gateway's model whose cache is lost after long pauses."""
    lines = [
        answer(f"m{n}", f"2026-11-2{n}T10:00:00.000Z", model="glm-5.1", cwd="/w/shed", write=40_000)
        for n in range(3)
    ]
    transcript(*[{**line, "sessionId": "s1"} for line in lines], session="s1")


@pytest.fixture
def mixed(unpriced: None, transcript: Callable[..., Path], answer: Callable[..., Line]) -> None:
    """And a million tokens out of Opus 5.5, at $20."""
    transcript(
        answer("p1", "2026-11-20T11:00:00.000Z", input=0, read=0, write=0, output=1_000_000),
        session="session-1",
    )


SCREENS = [
    ("report", "--tier", "max"),
    ("report", "--by", "project"),
    ("report", "--by", "day"),
    ("report", "--by", "session"),
    ("report", "--markdown"),
    ("report", "--tier", "max", "--html", "-"),
    ("report", "--tier", "api"),
    ("plans",),
    ("audit",),
    ("audit", "--session", "s1"),
    ("audit", "--markdown"),
]


@pytest.mark.usefixtures("unpriced")
@pytest.mark.parametrize("words", SCREENS, ids=" ".join)
def test_no_screen_shows_dollars_of_what_has_no_price(words: tuple[str, ...], ok: Ok) -> None:
    text = ok(*words, *WEEK, env=WIDE)

    assert ZERO.search(text) is None
    assert "price" in text


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("by", ["project", "model", "session"])
def test_serving_a_model_without_a_price_is_as_unknown_as_its_list_price(by: str, ok: Ok) -> None:
    lines = ok("report", *WEEK, "--by", by, env={"COLUMNS": "100"}).splitlines()
    (head,) = [line.split() for line in lines if line.startswith(f"  {by} ")]
    row = [line.split() for line in lines if re.search("shed|glm", line)][-1]

    assert head[-3:] == ["serve", "list", "share"]
    assert row[-3:] == ["-", "-", "-"]
    assert any(line.endswith("$20.00  100.0%") for line in lines)


@pytest.mark.usefixtures("mixed")
def test_the_opening_says_that_only_a_part_has_a_price(ok: Ok) -> None:
    text = " ".join(ok("report", *WEEK).split())

    assert "Serving what has a price plausibly cost" in text
    assert "no price is known for glm-5.1" in " ".join(ok("plans", *WEEK).split())


@pytest.mark.usefixtures("unpriced")
def test_a_plan_is_not_worth_nothing_where_no_price_is_known(
    ok: Ok, home: Path, transcript: Callable[..., Path], answer: Callable[..., Line]
) -> None:
    """Ada used Opus for $20; what Grace used has no price, so nobody knows who gains by her."""
    (home / "ccmeter").mkdir(exist_ok=True)
    (home / "ccmeter" / "config.toml").write_text(
        f'user = "grace"\ntier = "max"\n[[users]]\nname = "ada"\nfolder = "{home / "ada"}"\n'
        'tier = "max"\n'
    )
    transcript(
        answer("p1", "2026-11-20T11:00:00.000Z", input=0, read=0, write=0, output=1_000_000),
        folder=home / "ada",
    )
    text = ok("report", *WEEK, env=WIDE)
    (row,) = [line for line in text.splitlines() if line.startswith("  grace")]

    assert row.split() == ["grace", "Max", "$23.33", "-", "-", "-", "-"]
    assert (
        "grace paid $23.33 (Max, its share of 7 days); what that was worth is not known: none of"
        " the models has a price."
    ) in " ".join(text.split())
    plans = json.loads(ok("report", *WEEK, "--json"))["plans"]
    grace = next(plan for plan in plans if plan["user"] == "grace")
    assert not {"value_multiple", "saving_usd", "provider_result_usd"} & set(grace)
    assert grace["price_usd"] == pytest.approx(100 * 7 / 30)


@pytest.mark.usefixtures("unpriced")
def test_a_price_of_nothing_is_a_price(ok: Ok) -> None:
    ok("prices", "set", "glm-5.1", "--input", "0", "--output", "0")
    text = ok("report", *WEEK, "--by", "project", env=WIDE)

    assert "$0.00 at list price" in text
    assert re.search(r"shed .*\$0\.00\s+\$0\.00\s+-$", text, re.M)
