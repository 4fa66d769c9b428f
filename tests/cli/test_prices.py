"""ccmeter prices: the table, what it lacks for this history, and prices of one's own."""

import json
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

OPUS = ("4.00", "20.00", "0.20", "5.00", "8.00")
FIVE = [
    *("--input", "1", "--output", "2", "--cache-read", "0.1"),
    *("--cache-write-5m", "1.25", "--cache-write-1h", "2"),
]


@pytest.fixture
def file(home: Path) -> Path:
    return home / "ccmeter" / "config.toml"


def row(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.split("  ")[0] == name]
    return line.split()[1:]


def test_the_list_has_five_prices_and_a_day_for_every_model(ok: Any) -> None:
    text = ok("prices", "list", "--date", "2026-11-24", env={"COLUMNS": "80"})

    assert row(text, "claude-opus-5-5") == [*OPUS, "2026-09-22"]
    assert row(text, "claude-sonnet-5-5") == ["2.00", "10.00", "0.10", "2.50", "4.00", "2026-10-07"]
    assert row(text, "claude-haiku-5-5") == ["0.10", "0.50", "0.01", "0.125", "0.20", "2026-10-07"]
    lines = text.splitlines()
    haiku = next(n for n, line in enumerate(lines) if line.startswith("claude-haiku-5-5"))
    assert lines[haiku + 1].split() == ["over", "100k", "0.50", "2.50", "0.05", "0.625", "1.00"]
    opus = next(n for n, line in enumerate(lines) if line.startswith("claude-opus-5-5"))
    assert lines[opus + 1].split() == ["fast", "8.00", "40.00", "0.40", "10.00", "16.00"]


def test_a_day_shows_what_held_on_that_day(ok: Any) -> None:
    text = ok("prices", "list", "--date", "2026-10-01", env={"COLUMNS": "80"})

    assert row(text, "claude-sonnet-5-5")[2] == "0.20"  # until 2026-10-06
    assert "claude-haiku-5-5" in text  # lent to the 31 days before 2026-10-07
    assert "claude-haiku-5-5" not in ok("prices", "list", "--date", "2026-09-01")
    assert "No price is known for that day." in ok("prices", "list", "--date", "1999-01-01")


def test_one_model_shows_all_its_prices_and_who_says_so(ok: Any) -> None:
    text = ok("prices", "list", "us.anthropic.claude-opus-4-6-v1:0", "--date", "2026-02-20")

    starts = [line.split()[1].rstrip(",") for line in text.splitlines() if "  from 2" in line]
    assert starts == ["2026-02-05", "2026-02-07", "2026-02-17", "2026-03-13"]
    assert "  from 2026-02-17, in force" in text
    assert [line for line in text.splitlines() if "over 200k" in line]
    assert "https://claude.com/blog/1m-context-ga" in text
    assert "Checked 2026-11-24." in text


def test_an_announced_end_of_fast_mode_is_told(ok: Any) -> None:
    text = ok("prices", "list", "claude-opus-4-8", "--date", "2026-11-24")

    assert "Fast mode is said to end on 2026-11-30." in text


def test_verbose_and_a_part_of_a_name(ok: Any) -> None:
    short = ok("prices", "list", "fable", "--date", "2026-11-24")
    long = ok("prices", "list", "fable", "--verbose", "--date", "2026-11-24")

    assert "claude-fable-5-1" in short
    assert "opus" not in short
    assert "Source: " not in short
    assert long.count("Source: ") == 3  # fable 5, 5.1 and 5.2


def test_json_is_one_document_with_all_prices_of_a_model(ok: Any) -> None:
    found = json.loads(ok("prices", "list", "claude-haiku-5-5", "--json", "--date", "2026-11-24"))
    (model,) = found["models"]
    (price,) = model["prices"]

    assert (found["schema"], found["date"], found["checked"]) == (1, "2026-11-24", "2026-11-24")
    assert (model["model"], model["family"], model["us_geo"]) == ("claude-haiku-5-5", "haiku", True)
    assert price["from"] == "2026-10-07"
    rates = [price[key] for key in price if key.endswith("_mtok")]
    assert rates == [0.1, 0.5, 0.01, 0.125, 0.2]
    assert price["long_context"] == {
        "threshold_tokens": 100_000,
        "input_mtok": 0.5,
        "output_mtok": 2.5,
        "cache_read_mtok": 0.05,
        "cache_write_5m_mtok": 0.625,
        "cache_write_1h_mtok": 1.0,
    }
    assert price["sources"]
    assert "fast" not in price
    assert found["rules"] == {
        "batch_multiplier": 0.5,
        "us_geo_multiplier": 1.1,
        "web_search_usd": 0.01,
    }


def test_an_unknown_model_or_day_is_said_in_one_line(fails: Any) -> None:
    for command in (["list"], ["list", "--json"], ["explain"], ["explain", "--json"]):
        line = fails(2, "prices", *command, "claude-opus-55")
        assert line.startswith("no price is known for 'claude-opus-55'. Did you mean claude-opus-5")
        assert "The models are claude-3-5-haiku, " in line
        assert "ccmeter prices set MODEL --input USD --output USD" in line
    assert fails(2, "prices", "list", "glm-5.1").startswith("no price is known for 'glm-5.1'. The")
    assert fails(2, "prices", "list", "--date", "May") == "'May' is no day. Write it as 2026-01-31."


def test_a_known_model_without_a_price_on_a_day_is_told_from_an_unknown_one(fails: Any) -> None:
    line = fails(2, "prices", "explain", "claude-haiku-5-5", "--date", "2026-09-01")

    assert line == (
        "no price is known for claude-haiku-5-5 on 2026-09-01."
        " All its prices: ccmeter prices list claude-haiku-5-5"
    )


def test_check_without_a_history_makes_nothing(ok: Any, home: Path) -> None:
    text = ok("prices", "check")
    days = (datetime.now(UTC).date() - date(2026, 11, 24)).days

    assert f"2026-11-24, {days:,} day" in text
    assert "Read it with: ccmeter sync" in text
    assert list(home.iterdir()) == []


@pytest.fixture
def unpriced_history(transcript: Any, answer: Any, ok: Any) -> None:
    """Five responses, three of them of models that nobody knows the price of."""
    transcript(
        answer("msg_1", "2026-11-01T10:00:00.000Z"),
        answer("msg_2", "2026-11-02T10:00:00.000Z", model="glm-5.1"),
        answer("msg_3", "2026-11-03T23:30:00.000Z", model="glm-5.1", output=1000),
        answer("msg_4", "2026-11-01T10:00:00.000Z", model="qwen 3", read=0, write=0),
        answer("msg_5", "2026-11-04T10:00:00.000Z", model="<synthetic>"),
    )
    ok("sync")


@pytest.mark.usefixtures("unpriced_history")
def test_check_names_models_without_a_price_with_what_they_used(ok: Any) -> None:
    text = ok("prices", "check")
    found = json.loads(ok("prices", "check", "--json"))

    assert found["unpriced"] == [
        # 2 x (10 + 3000 + 400) + 20 + 1000, and 10 + 20
        {"model": "glm-5.1", "responses": 2, "tokens": 7840, "last_seen": "2026-11-03"},
        {"model": "qwen 3", "responses": 1, "tokens": 30, "last_seen": "2026-11-01"},
    ]
    assert found["overrides"] == []
    assert "7.84k  2026-11-03" in text
    assert "ccmeter prices set glm-5.1 --input USD --output USD" in text


@pytest.mark.usefixtures("unpriced_history")
def test_check_fails_only_when_asked_to_and_something_lacks(ok: Any, run_ccmeter: Any) -> None:
    done = run_ccmeter("prices", "check", "--fail-on", "warning")
    assert (done.returncode, done.stderr) == (3, "")
    assert run_ccmeter("prices", "check", "--fail-on", "alarm").returncode == 0

    ok("prices", "set", "glm-5.1", "--input", "1", "--output", "1")
    ok("prices", "set", "qwen 3", "--input", "0", "--output", "0")
    done = run_ccmeter("prices", "check", "--fail-on", "warning", "--json")
    found = json.loads(done.stdout)
    assert found["unpriced"] == []
    assert done.returncode == (3 if found["old"] else 0)
    assert [model["model"] for model in found["overrides"]] == ["glm-5.1", "qwen 3"]


@pytest.mark.usefixtures("unpriced_history")
def test_a_price_of_ones_own_is_in_the_next_report(ok: Any, file: Path) -> None:
    args = ("--model", "glm-5.1", "--since", "2026-11-01", "--until", "2026-11-30", "--json")
    assert json.loads(ok("report", *args))["totals"]["unpriced"]["responses"] == 2

    text = ok(
        "prices", "set", "glm-5.1", "--input", "0.6", "--output", "2.2", "--cache-read", "0.1"
    )
    assert "always (yours)   0.60    2.20  0.10  0.60  0.60" in text
    assert tomllib.loads(file.read_text()) == {
        "prices": {"glm-5.1": {"input_mtok": 0.6, "output_mtok": 2.2, "cache_read_mtok": 0.1}}
    }
    totals = json.loads(ok("report", *args))["totals"]
    # (2 x 10 + 2 x 400) x 0.6 + 1020 x 2.2 + 2 x 3000 x 0.1, per million
    assert totals["list_cost_usd"] == pytest.approx(0.003336, abs=1e-12)
    assert totals["unpriced"]["responses"] == 0


def test_dated_prices_follow_one_another_and_can_be_replaced(ok: Any, file: Path) -> None:
    ok("prices", "set", "glm-5.1", "--input", "1", "--output", "2")
    ok("prices", "set", "glm-5.1", "--input", "3", "--output", "4", "--from", "2026-06-01")
    ok("prices", "set", "glm-5.1", "--input", "5", "--output", "6", "--from", "2026-09-01")
    ok("prices", "set", "glm-5.1", "--input", "7.5", "--output", "8", "--from", "2026-06-01")
    assert tomllib.loads(file.read_text())["prices"]["glm-5.1"] == [
        {"input_mtok": 1, "output_mtok": 2},
        {"from": date(2026, 6, 1), "input_mtok": 7.5, "output_mtok": 8},
        {"from": date(2026, 9, 1), "input_mtok": 5, "output_mtok": 6},
    ]

    text = ok("prices", "set", "glm-5.1", "--remove", "--from", "2026-06-01")
    assert text == "1 own price of glm-5.1 removed\n"
    assert len(tomllib.loads(file.read_text())["prices"]["glm-5.1"]) == 2
    assert ok("prices", "set", "glm-5.1", "--remove") == "2 own prices of glm-5.1 removed\n"
    assert file.read_text().strip() == ""
    assert ok("prices", "set", "glm-5.1", "--remove") == "no own prices of glm-5.1 removed\n"


HAND_MADE = """\
user = "ada"  # me

# the gateway, see its invoice
[prices."glm-5.1"]
note = "May"
input_mtok = 1  # in
output_mtok = 2
cache_read_mtok = 0.5

[[users]]  # others
name = "grace"
folder = "/g"
"""


def test_a_price_made_by_hand_keeps_its_comments_and_its_note(ok: Any, file: Path) -> None:
    file.parent.mkdir()
    file.write_text(HAND_MADE)
    ok("prices", "set", "glm-5.1", "--input", "1.5", "--output", "2")
    assert file.read_text() == HAND_MADE.replace("= 1  # in", "= 1.5  # in").replace(
        "cache_read_mtok = 0.5\n", ""
    )

    ok("prices", "set", "a b", "--input", "1", "--output", "2", "--from", "2026-01-01")
    assert file.read_text().endswith(
        '\n[prices."a b"]\nfrom = 2026-01-01\ninput_mtok = 1\noutput_mtok = 2\n'
    )
    ok("prices", "set", "glm-5.1", "--remove")
    assert 'user = "ada"  # me' in file.read_text()
    assert "[[users]]  # others" in file.read_text()


def test_an_override_of_a_claude_model_may_be_named_in_any_form(ok: Any, file: Path) -> None:
    ok("prices", "set", "claude-opus-5.5[1m]", *FIVE)
    text = ok("prices", "set", "claude-opus-5-5", *FIVE, "--from", "2026-10-10")

    (entries,) = tomllib.loads(file.read_text())["prices"].values()
    assert len(entries) == 2
    assert "2026-10-10 (yours)" in text
    listed = ok("prices", "list", "--date", "2026-11-24", env={"COLUMNS": "80"})
    assert "claude-opus-5-5 *" in listed
    assert "* your own price, from config.toml" in listed
    assert ok("prices", "set", "claude-opus-5-5", "--remove").startswith("2 own prices")


def test_the_bundled_price_stays_before_the_first_day_of_ones_own(ok: Any) -> None:
    text = ok("prices", "set", "claude-opus-5-5", *FIVE, "--from", "2026-10-10")

    assert "2026-09-22 (bundled)   4.00" in text
    assert "Yours go before the bundled price from their first day on." in text


WRONG = [
    (["m"], "the price of m needs --input, --output too, in USD per million tokens."),
    (["m", "--input", "1"], "the price of m needs --output too, in USD per million tokens."),
    (
        ["claude-zeta-9", "--input", "1", "--output", "2", "--cache-read", "1"],
        "the price of claude-zeta-9 needs --cache-write-5m, --cache-write-1h too, in USD per"
        " million tokens.",
    ),
    (["m", *FIVE, "--from", "2026-13-01"], "'2026-13-01' is no day. Write it as 2026-01-31."),
    (
        ["m", "--remove", "--input", "1"],
        "--remove takes no prices: leave them out, or leave out --remove.",
    ),
    *(
        (
            ["m", "--input", value, "--output", "1"],
            f"--input is {value!r}: write USD per million tokens, such as 0.6.",
        )
        for value in ("ten", "nan", "inf", "-1", "")
    ),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_wrong_price_is_named_and_nothing_written(
    arguments: list[str], message: str, fails: Any, home: Path
) -> None:
    assert fails(2, "prices", "set", *arguments) == message
    assert list(home.iterdir()) == []


def test_what_the_price_book_refuses_is_not_written(fails: Any, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[prices.other]\ninput_mtok = 1\n")
    line = fails(1, "prices", "set", "m", "--input", "1", "--output", "1")
    assert line.startswith('nothing was changed: config.toml: prices."other" needs output_mtok')

    file.unlink()
    line = fails(2, "prices", "set", "m", "--input", "2000000", "--output", "1")
    assert line.startswith('nothing was changed: config.toml: prices."m".input_mtok is 2000000')
    assert not file.exists()


@pytest.mark.usefixtures("unpriced_history")
def test_every_table_fits_the_terminal(width: int, ok: Any, fits: Any) -> None:
    ok("prices", "set", "a-gateway/with-a-long-name/of-a-model-1", *FIVE, "--from", "2026-01-01")
    env = {"COLUMNS": str(width)}
    for command in (
        ["list"],
        ["list", "--verbose"],
        ["list", "claude-opus-4-6"],
        ["check"],
        ["set", "claude-opus-5-5", *FIVE, "--from", "2026-10-10"],
    ):
        fits(ok("prices", *command, env=env), width)
        fits(ok("prices", *command, env={**env, "NO_COLOR": "1"}), width)


def test_a_damaged_database_is_said_in_one_line(fails: Any, home: Path) -> None:
    (home / "ccmeter").mkdir()
    (home / "ccmeter" / "ccmeter.db").write_bytes(b"no database" * 100)
    line = fails(1, "prices", "check")

    assert line.endswith("file is not a database. What to do: ccmeter doctor")


def test_an_assumption_that_is_named_is_told_as_well(ok: Callable[..., str]) -> None:
    """Fable is scaled from Opus, and its cache reads would cost more than their list price."""
    text = ok("prices", "explain", "claude-fable-5-2", "--date", "2026-11-24")
    named = set(re.findall(r"\b(A\d+)\)", " ".join(text.split())))

    assert named == {"A2", "A11"}
    assert re.findall(r"^(A\d+): [A-Z]", text, re.M) == ["A2", "A11"]
