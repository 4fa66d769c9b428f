"""ccmeter prices refresh: fetched from a server on this machine, used, shown, and forgotten."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from price_source import OPUS, Source, listed

WEEK = ("--since", "2026-11-01", "--until", "2026-11-30")
FIVE = [
    *("--input", "1", "--output", "2", "--cache-read", "0.1"),
    *("--cache-write-5m", "1.25", "--cache-write-1h", "2"),
]


@pytest.fixture
def source() -> Iterator[Source]:
    with Source() as found:
        yield found


@pytest.fixture
def file(home: Path) -> Path:
    return home / "ccmeter" / "refreshed-prices.json"


@pytest.fixture
def fetched(source: Source, file: Path) -> Path:
    """A file with the price of claude-opus-6."""
    done = source.run("prices", "refresh")
    assert (done.returncode, done.stderr) == (0, "")
    return file


@pytest.fixture
def history(transcript: Any, answer: Any, ok: Any) -> None:
    """A response of a bundled model, one of claude-opus-6 with 10 in, 20 out, 3000 read, 400."""
    transcript(
        answer("msg_1", "2026-11-01T10:00:00.000Z"),
        answer("msg_2", "2026-11-02T10:00:00.000Z", model="claude-opus-6"),
    )
    ok("sync")


def one_line(done: "subprocess.CompletedProcess[str]") -> str:
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "bug" not in line
    return line


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.mark.usefixtures("history")
def test_a_newer_model_has_a_price_after_a_refresh(source: Source, ok: Any) -> None:
    before = json.loads(ok("report", "--json", *WEEK))
    assert before["totals"]["unpriced"]["models"] == ["claude-opus-6"]
    assert "ccmeter prices refresh" in ok("prices", "check")
    assert "ccmeter prices refresh" in ok("report", *WEEK)

    text = source.run("prices", "refresh").stdout
    assert f"Prices on {today()} from genai-prices" in text
    assert source.address in text
    assert "claude-opus-6   3.00   15.00  0.15  3.75  6.00" in text

    after = json.loads(ok("report", "--json", *WEEK))
    assert after["totals"]["unpriced"]["responses"] == 0
    # 10 x 3 + 20 x 15 + 3000 x 0.15 + 400 x 3.75 = 2280 per million, beside
    # 10 x 4 + 20 x 20 + 3000 x 0.2 + 400 x 5 = 3040 of claude-opus-5-5
    assert after["totals"]["list_cost_usd"] == pytest.approx(0.00532, abs=1e-12)
    told = {each["code"]: each["message"] for each in after["warnings"]}
    assert told["fetched-prices"].startswith("the prices of claude-opus-6 were fetched")


@pytest.mark.usefixtures("history")
def test_the_audit_is_made_anew_by_fetched_prices_and_not_by_the_same_ones_again(
    source: Source, ok: Any, home: Path, file: Path
) -> None:
    def judged_by() -> str:
        ok("audit", "--json", *WEEK)
        import sqlite3

        connection = sqlite3.connect(f"file:{home}/ccmeter/ccmeter.db?mode=ro", uri=True)
        try:
            ((basis,),) = connection.execute("select basis from audit_progress")
        finally:
            connection.close()
        return str(basis)

    before = judged_by()
    source.run("prices", "refresh")
    fetched = judged_by()
    file.write_text(file.read_text().replace(today(), "2026-11-20"))  # as if it was done then
    again = judged_by()
    ok("prices", "refresh", "--remove")

    assert before != fetched
    assert fetched == again
    assert judged_by() == before


def test_one_get_is_sent_that_tells_nothing_but_the_version(source: Source, ok: Any) -> None:
    assert source.run("prices", "refresh").returncode == 0

    version = ok("--version").split()[1]
    host = source.address.split("/")[2]
    expected = {
        "Accept-Encoding": "identity",
        "Host": host,
        "User-Agent": f"ccmeter/{version}",
        "Connection": "close",
    }
    assert source.requests == [("GET", "/list.json", expected)]


def test_the_file_is_the_users_alone_and_holds_claude_models_alone(
    source: Source, file: Path
) -> None:
    source.answer = listed(claude_opus_6=OPUS, claude_opus_5_5=OPUS, gpt_9=OPUS)
    source.run("prices", "refresh")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    kept = json.loads(file.read_text())
    assert list(kept["models"]) == ["claude-opus-5-5", "claude-opus-6"]
    assert kept["models"]["claude-opus-6"]["prices"][0]["cache_write_1h_mtok"] == "6"
    assert list(file.parent.iterdir()) == [file]


def test_where_the_source_differs_is_shown_and_the_bundled_price_stays(
    source: Source, ok: Any
) -> None:
    source.answer = listed(claude_opus_5_5={**OPUS, "cache_read_mtok": 0.4})
    text = source.run("prices", "refresh").stdout
    found = json.loads(ok("prices", "check", "--json"))

    assert "Every Claude model of the source has a bundled price (compared: 1)" in text
    for shown in (text, ok("prices", "check")):
        assert "Where the source differs today from the bundled price" in shown
        assert "claude-opus-5-5   4.00   20.00  0.20  5.00  8.00" in shown
        assert "in the source   3.00   15.00  0.40  3.75  6.00" in shown
    (differing,) = found["refreshed"]["differing"]
    assert (differing["model"], differing["which"]) == ("claude-opus-5-5", "standard")
    assert (differing["bundled"]["cache_read_mtok"], differing["source"]["cache_read_mtok"]) == (
        0.2,
        0.4,
    )
    (model,) = json.loads(ok("prices", "list", "claude-opus-5-5", "--json"))["models"]
    assert model["prices"][-1]["cache_read_mtok"] == 0.2


@pytest.mark.usefixtures("fetched")
def test_every_command_that_shows_a_price_says_that_it_was_fetched(ok: Any) -> None:
    for shown in (
        ok("prices", "list", "claude-opus-6"),
        ok("prices", "explain", "claude-opus-6"),
    ):
        text = " ".join(shown.split())
        assert "genai-prices (github.com/pydantic/genai-prices). Fetched" in text
        assert f"Fetched {today()}, compared with no second source" in text
    assert "claude-opus-6 +" in ok("prices", "list")
    assert "claude-opus-6 +" not in ok("prices", "list", "claude-opus-5")
    checked = ok("prices", "check")
    assert f"Prices were fetched on {today()}, 0 days ago: 1 model that" in checked
    assert "claude-opus-6   3.00" in checked
    assert f"1 model with prices fetched on {today()}" in " ".join(ok("doctor").split())

    (model,) = json.loads(ok("prices", "list", "claude-opus-6", "--json"))["models"]
    assert model["fetched"] == today()
    assert [(price["fetched"], price["own"]) for price in model["prices"]] == [(True, False)]
    explained = json.loads(ok("prices", "explain", "claude-opus-6", "--json"))
    assert explained["list_fetched"] is True
    refreshed = json.loads(ok("prices", "check", "--json"))["refreshed"]
    assert (refreshed["age_days"], len(refreshed["models"])) == (0, 1)


@pytest.mark.usefixtures("fetched")
def test_a_price_of_ones_own_goes_before_the_fetched_one(source: Source, ok: Any) -> None:
    text = ok("prices", "set", "claude-opus-6", *FIVE, "--from", "2026-10-10")
    assert "always (fetched) 3.00" in " ".join(text.split())
    assert "Yours go before the fetched price from their first day on." in text

    assert "claude-opus-6: your own price goes before it." in source.run("prices", "refresh").stdout
    (model,) = json.loads(source.run("prices", "refresh", "--json").stdout)["models"]
    assert (model["model"], model["state"], model["own_price_goes_before"]) == (
        "claude-opus-6",
        "same",
        True,
    )
    assert "claude-opus-6 *" in ok("prices", "list")


def test_a_dry_run_shows_the_same_and_keeps_nothing(source: Source, home: Path) -> None:
    done = source.run("prices", "refresh", "--dry-run")
    as_json = json.loads(source.run("prices", "refresh", "--dry-run", "--json").stdout)

    assert "Nothing is kept of it" in done.stdout
    assert "claude-opus-6   3.00" in done.stdout
    assert (as_json["written"], as_json["models"][0]["state"]) == (False, "new")
    assert list(home.iterdir()) == []


def test_remove_brings_the_bundled_prices_back_without_a_connection(
    source: Source, fetched: Path, ok: Any
) -> None:
    assert source.run("prices", "refresh", "--remove").stdout == f"{fetched} removed\n"
    assert source.run("prices", "refresh", "--remove").stdout == "there are no fetched prices\n"
    assert len(source.requests) == 1
    assert "claude-opus-6" not in ok("prices", "list")


def test_a_changed_and_a_vanished_price_are_told(source: Source, fetched: Path) -> None:
    del fetched
    source.answer = listed(claude_opus_7=OPUS, claude_opus_6={**OPUS, "input_mtok": 2})
    assert "claude-opus-6 (changed)" in source.run("prices", "refresh").stdout
    source.answer = listed(claude_opus_7={"input_mtok": 3}, claude_opus_8=OPUS)
    text = source.run("prices", "refresh").stdout

    assert "claude-opus-6 (kept)" in text
    assert "left out: claude-opus-7.prices has no output_mtok, cache_read_mtok" in text


NOT_TAKEN = [
    (b"<html>", 200, "it is not JSON"),
    (b"[]", 200, "the provider anthropic is not in it"),
    (listed(claude_opus_6={**OPUS, "input_mtok": -1}), 200, "no model whose prices can be used"),
    (b"", 404, "the answer is 404"),
    (b"", 500, "the answer is 500"),
]


@pytest.mark.parametrize(("answer", "status", "why"), NOT_TAKEN)
def test_an_answer_that_cannot_be_used_leaves_what_was_fetched_earlier(
    source: Source, fetched: Path, answer: bytes, status: int, why: str
) -> None:
    before = fetched.read_bytes()
    source.answer, source.status = answer, status
    line = one_line(source.run("prices", "refresh"))

    assert why in line
    assert "ccmeter prices set MODEL" in line
    assert fetched.read_bytes() == before


def test_without_a_network_one_line_says_what_to_do(source: Source, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        line = one_line(source.run("prices", "refresh", address=address))

    assert "cannot fetch prices from 127.0.0.1: Connection refused. Is there a network" in line
    assert list(home.iterdir()) == []


def test_nothing_is_followed_to_another_address(source: Source) -> None:
    with Source() as other:
        source.status, source.headers = 302, {"Location": other.address}
        assert "the answer is 302" in one_line(source.run("prices", "refresh"))
        assert other.requests == []


def test_an_answer_without_an_end_is_given_up(source: Source) -> None:
    source.answer += b" " * 100_000
    assert "larger than 0 MB" in one_line(source.run("prices", "refresh", largest=50_000))
    assert "takes longer than -1 s" in one_line(source.run("prices", "refresh", whole=-1))
    source.stall.clear()
    assert "timed out" in one_line(source.run("prices", "refresh", patience=0.2))


def test_an_answer_that_breaks_off_is_not_taken(source: Source, home: Path) -> None:
    source.headers = {"Content-Length": str(len(source.answer) + 10)}

    assert "the connection broke off" in one_line(source.run("prices", "refresh"))
    assert list(home.iterdir()) == []


IGNORED = [
    ("{", "it is damaged"),
    ("[" * 100_000, "it is damaged"),
    ("[]", "it is damaged"),
    ('{"format": 0, "models": {}}', "another version of ccmeter wrote it"),
    ('{"format": 1}', "it holds no models"),
    ('{"format": 1, "models": {"claude-opus-6": 1}}', "'claude-opus-6' is damaged"),
    (" " * (1 << 20) + "{}", "it is larger than ccmeter writes it"),
]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("text", "why"), IGNORED)
def test_a_file_that_cannot_be_used_is_named_and_ignored(
    text: str, why: str, file: Path, ok: Any, run_ccmeter: Any
) -> None:
    file.write_text(text)
    found = json.loads(ok("report", "--json", *WEEK))
    (warning,) = (each for each in found["warnings"] if each["code"] == "fetched-prices-ignored")

    assert warning["message"].startswith(f"{file} is not used, so models that only it knows")
    assert f": {why}. Fetch it anew: ccmeter prices refresh" in warning["message"]
    assert found["totals"]["unpriced"]["models"] == ["claude-opus-6"]
    assert why in " ".join(ok("prices", "check").split())
    assert why in json.loads(ok("prices", "check", "--json"))["refreshed"]["problem"]
    assert run_ccmeter("prices", "check", "--fail-on", "warning").returncode == 3
    doctor = {each["name"]: each for each in json.loads(ok("doctor", "--json"))["checks"]}
    assert why in doctor["prices"]["advice"]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("input_mtok", "-3", "input_mtok is '-3': write USD"),
        ("input_mtok", "1e9", "input_mtok is '1e9': write USD"),
        ("output_mtok", "2000", "output_mtok is 2000, which no Claude model costs"),
        ("from", "2030-01-01", "holds from 2030-01-01, which is only announced"),
        ("colour", "red", "colour is no key of a price"),
    ],
)
def test_a_price_changed_by_hand_in_the_file_is_never_absurd(
    key: str, value: str, why: str, fetched: Path, ok: Any
) -> None:
    data = json.loads(fetched.read_text())
    data["models"]["claude-opus-6"]["prices"][0][key] = value
    fetched.write_text(json.dumps(data))

    found = json.loads(ok("report", "--json", *WEEK))
    assert why in str(found["warnings"])
    assert found["totals"]["unpriced"]["models"] == ["claude-opus-6"]


def test_a_refresh_mends_a_damaged_file(source: Source, file: Path, ok: Any) -> None:
    file.parent.mkdir()
    file.write_text("{")
    assert source.run("prices", "refresh").returncode == 0

    assert "problem" not in json.loads(ok("prices", "check", "--json"))["refreshed"]


def test_old_fetched_prices_are_told_and_still_used(fetched: Path, ok: Any) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=46)).date().isoformat()
    fetched.write_text(fetched.read_text().replace(today(), long_ago))
    text = ok("prices", "check")

    assert f"Prices were fetched on {long_ago}, 46 days ago" in text
    assert "Models and price cuts since then are missing." in text
    assert "claude-opus-6 +" in ok("prices", "list")


def test_remove_takes_no_other_option(fails: Any) -> None:
    line = fails(2, "prices", "refresh", "--remove", "--json")
    assert line == "--remove takes no other option."


@pytest.mark.usefixtures("history")
def test_every_table_fits_the_terminal(source: Source, width: int, ok: Any, fits: Any) -> None:
    long = {key: {"base": value, "tiers": [{"start": 200_000, "price": 2 * value}]}
            for key, value in OPUS.items() if key != "cache_write_1h_mtok"}  # fmt: skip
    source.answer = listed(claude_opus_6_and_a_half=long, claude_opus_5_5=long, claude_2={})
    source.address += "?" + "x" * 10
    env = {"COLUMNS": str(width)}
    fits(source.run("prices", "refresh", env=env).stdout.replace(source.address, ""), width)
    for command in (["list"], ["list", "claude-opus-6-and-a-half"], ["check"],
                    ["explain", "claude-opus-6-and-a-half"]):  # fmt: skip
        fits(ok("prices", *command, env=env), width)
