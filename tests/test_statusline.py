"""The status line: what it says, that it always says something, and what it leaves behind."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.store.db import open_rw

Json = dict[str, Any]
SESSION = "35af0073-7294-4ff6-addf-273e4b98c662"
SHORTEST = "ccmeter"
NOW = int(time.time())
START = "from ccmeter.__main__ import start; start()"


def line(stdin: str | bytes, prefix: Sequence[str] = (), **env: str) -> str:
    """Run it as bin/ccmeter does; return the one line that it has to print."""
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    src = str(Path(__file__).resolve().parents[1] / "src")
    done = subprocess.run(
        [*prefix, sys.executable, "-S", "-c", START, "statusline"],
        input=data,
        env={**os.environ, "PYTHONPATH": src, "NO_COLOR": "1", "COLUMNS": "200", **env},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return text[:-1]


def payload(**more: Any) -> Json:
    """What 2.1.330 sends, with times that have not passed."""
    return {
        "session_id": SESSION,
        "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
        "version": "2.1.330",
        "cost": {"total_cost_usd": 1.416},
        "context_window": {"context_window_size": 200_000, "used_percentage": 12},
        "prompt_cache": {
            "warm": True,
            "expires_at": NOW + 1800,
            "requests": 9,
            "misses": 0,
            "hit_ratio": 0.9719,
            "recache_tokens_if_cold": 13_703,
        },
        "rate_limits": {
            "five_hour": {"used_percentage": 28.5, "resets_at": NOW + 7200},
            "seven_day": {"used_percentage": 46.2, "resets_at": NOW + 3 * 86_400},
        },
        **more,
    }


def clock(seconds: float, form: str = "%H:%M") -> str:
    return time.strftime(form, time.gmtime(NOW + seconds))


@pytest.fixture
def data(home: Path) -> Path:
    """ccmeter's folder, with an empty database."""
    open_rw(str(home / "ccmeter")).close()
    return home / "ccmeter"


def make_ready(data: Path, name: str, value: object) -> None:
    with closing(sqlite3.connect(data / "ccmeter.db")) as connection, connection:
        connection.execute("insert into ready values (?, ?, 0)", (name, json.dumps(value)))


def test_a_new_client_tells_all_but_the_day() -> None:
    assert line(json.dumps(payload())) == (
        f"Opus 5.5 · context 12% · session $1.42 · 5h 28% resets {clock(7200)}"
        f" · 7d 46% resets {clock(3 * 86_400, '%a %H:%M')} · cache 97% until {clock(1800)}"
    )


def test_a_price_that_the_client_made_up_is_not_shown() -> None:
    """It has no other name for a model that it does not know than the id."""
    unknown = {"id": "glm-5.1", "display_name": "glm-5.1"}

    assert "session" not in line(json.dumps(payload(model=unknown)))


@pytest.mark.parametrize("usd", [0, 0.0677])
def test_a_new_session_shows_no_dollars_before_it_has_a_transcript(usd: float, home: Path) -> None:
    """A fork begins with what its parent cost, a resumed session of an old client with nothing."""
    path = home / "fork.jsonl"
    new = payload(cost={"total_cost_usd": usd}, transcript_path=str(path))

    assert "$" not in line(json.dumps(new))
    path.touch()
    assert ("session $0.07" in line(json.dumps(new))) == bool(usd)


def test_what_a_fork_took_over_from_its_parent_is_not_its_own_cost(data: Path) -> None:
    make_ready(data, f"session/{SESSION}", {"forked": True})

    assert "$" not in line(json.dumps(payload()))


def test_ready_values_are_shown_before_those_of_the_client(data: Path) -> None:
    later = (time.time() + 3600) * 1000
    make_ready(data, "today", {"list_usd": 8.304, "until_ms": later, "zone": "UTC"})
    make_ready(data, f"session/{SESSION}", {"list_usd": 1.2, "rebuilds": 2, "alarm": "R1"})

    shown = line(json.dumps(payload()))
    assert " · session $1.20 · today $8.30 · " in shown
    assert shown.endswith(f"until {clock(1800)}, 2 rebuilds · alarm R1 /ccmeter:audit")


def test_dollars_that_leave_a_part_out_are_marked(data: Path) -> None:
    later = (time.time() + 3600) * 1000
    value = {"list_usd": 8.304, "unpriced": True}
    make_ready(data, "today", {**value, "until_ms": later, "zone": "UTC"})
    make_ready(data, f"session/{SESSION}", value)

    shown = line(json.dumps(payload()))
    assert " · session $8.30 + unpriced · today $8.30 + unpriced · " in shown
    shorter = line(json.dumps(payload()), COLUMNS="100")
    assert " · $8.30+? · today $8.30+? · " in shorter


def test_what_an_old_client_leaves_out_comes_from_the_ready_values(data: Path) -> None:
    old = payload(cost={}, prompt_cache=None, rate_limits=None)
    value = {"hit_ratio": 0.5, "warm_until_ms": (NOW + 1800) * 1000, "rebuilds": 0}
    make_ready(data, f"session/{SESSION}", value)

    assert line(json.dumps(old)) == f"Opus 5.5 · context 12% · cache 50% until {clock(1800)}"


def test_yesterdays_dollars_are_not_shown_as_todays(data: Path) -> None:
    make_ready(data, "today", {"list_usd": 8.3, "until_ms": (time.time() - 1) * 1000})

    assert "today" not in line(json.dumps(payload()))


def test_a_cold_cache_says_what_is_at_stake() -> None:
    cold = payload(prompt_cache={**payload()["prompt_cache"], "expires_at": time.time() - 1})

    assert line(json.dumps(cold)).endswith(" · cache cold, 14k tokens to write again")


def test_a_window_that_has_been_reset_is_not_shown() -> None:
    limits = {"five_hour": {"used_percentage": 99, "resets_at": time.time() - 1}}

    assert "5h" not in line(json.dumps(payload(rate_limits=limits)))


@pytest.mark.parametrize("columns", range(12, 200, 7))
def test_it_fits_and_says_most_where_there_is_room(columns: int, data: Path) -> None:
    make_ready(data, f"session/{SESSION}", {"alarm": "R1", "rebuilds": 12})
    shown = line(json.dumps(payload()), COLUMNS=str(columns))

    assert 0 < len(shown) <= columns - 4
    assert "R1" in shown  # the last to go


def test_wide_characters_take_two_columns() -> None:
    model = {"display_name": "模型" * 20}

    shown = line(json.dumps({"model": model}), COLUMNS="40")
    assert shown == "模型" * 8 + "模…"  # 35 of 36 columns


def test_the_layout_is_the_users(data: Path) -> None:
    (data / "config.toml").write_text('# mine\nstatusline = "cost  model" # two\n[x]\n')

    assert line(json.dumps(payload())) == "session $1.42 · Opus 5.5"


@pytest.mark.parametrize(
    "text",
    ['[users]\nstatusline = "cost"\n', 'statusline = "weather"\n', "statusline = 5\n", "\0\xff\n"],
)
def test_a_layout_that_makes_no_sense_is_all_of_it(data: Path, text: str) -> None:
    (data / "config.toml").write_text(text, encoding="latin-1")

    assert line(json.dumps(payload())).startswith("Opus 5.5 · context 12% · session")


def test_colours_are_left_out_when_nobody_wants_them() -> None:
    hot = payload(context_window={"used_percentage": 95})

    assert "\033[1;31m95%\033[0m" in line(json.dumps(hot), NO_COLOR="")
    assert "\033" not in line(json.dumps(hot), NO_COLOR="1")


PARTS_OF_GARBAGE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(payload())), PARTS_OF_GARBAGE), st.integers(10, 300))
def test_whatever_the_fields_hold_there_is_a_line(given_: Json, columns: int) -> None:
    from ccmeter.statusline.program import made

    shown = made(given_, "/nowhere", time.time(), {"COLUMNS": str(columns), "NO_COLOR": "1"})
    assert shown.strip()
    assert "\n" not in shown
    assert all(char.isprintable() for char in shown)


@pytest.mark.parametrize(
    "stdin",
    [
        b"",
        b"\0",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"12",
        b"\xff\xfe{}",
        b'{"model": ' * 40_000,
        b"[" * 200_000,
        b'{"cost": {"total_cost_usd": ' + b"9" * 9000 + b"}}",
        b'{"session_id": "' + b"x" * 5_000_000,
        b'{"session_id": "a\\u0000b/../c", "cost": NaN}',
    ],
)
def test_garbage_on_standard_input_gives_a_line(stdin: bytes) -> None:
    assert line(stdin) == SHORTEST


def test_a_name_cannot_move_the_cursor() -> None:
    name = {"display_name": "Opus\033[2J\r\n\a \u202e5\ud800"}

    assert line(json.dumps({"model": name})) == "Opus[2J 5"


def test_no_standard_input_and_no_home_give_a_line(home: Path) -> None:
    src = str(Path(__file__).resolve().parents[1] / "src")
    closed = ["sh", "-c", f"exec {sys.executable} -S -c '{START}' statusline <&-"]
    done = subprocess.run(closed, env={"PYTHONPATH": src}, capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, SHORTEST + "\n", "")


def test_payloads_of_real_clients_give_a_line_that_names_their_model(shared_dir: Path) -> None:
    found = sorted((shared_dir / "data" / "payloads").glob("*/statusline/*/*.json"))
    assert found
    for path in random.Random(1).sample(found, 12):
        sent = json.loads(path.read_text())
        assert line(path.read_bytes()).startswith(sent["model"]["display_name"])


def test_a_damaged_or_older_database_gives_a_line(data: Path) -> None:
    with closing(sqlite3.connect(data / "ccmeter.db")) as connection, connection:
        connection.execute("drop table ready")
    assert line(json.dumps(payload())).startswith("Opus 5.5")

    for name in ("ccmeter.db-wal", "ccmeter.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "ccmeter.db").write_bytes(os.urandom(9000))
    assert line(json.dumps(payload())).startswith("Opus 5.5")


def test_a_database_that_is_locked_is_not_waited_for(data: Path) -> None:
    with closing(sqlite3.connect(data / "ccmeter.db", isolation_level=None)) as connection:
        connection.execute("pragma journal_mode = delete")
        connection.execute("begin exclusive")
        started = time.monotonic()

        assert line(json.dumps(payload())).startswith("Opus 5.5")
    assert time.monotonic() - started < 5  # the ordinary wait is 30 s


def test_a_ready_value_that_makes_no_sense_is_not_shown(data: Path) -> None:
    make_ready(data, "today", ["list_usd"])
    make_ready(data, f"session/{SESSION}", {"list_usd": "1", "alarm": 5, "rebuilds": -1})

    assert line(json.dumps(payload())).startswith("Opus 5.5 · context 12% · session $1.42 · 5h")


def spooled(data: Path) -> list[Json]:
    return [json.loads(text) for text in (data / "limits.spool").read_text().splitlines()]


def test_percentages_are_written_down_for_the_watcher(data: Path, home: Path) -> None:
    before = time.time() * 1000
    line(json.dumps(payload()))
    sent = payload(rate_limits={"five_hour": {"used_percentage": 100, "resets_at": 1}, "x y": {}})
    line(json.dumps(sent))

    first, second = spooled(data)
    assert before <= first["t"] <= time.time() * 1000
    assert first["session"] == SESSION
    assert first["config"] == str(home / ".claude")
    assert first["five_hour"]["used_percentage"] == 28.5
    assert first["seven_day"]["used_percentage"] == 46.2
    assert second["five_hour"] == {"used_percentage": 100, "resets_at": 1}
    assert set(second) == {"t", "config", "session", "five_hour"}
    assert (data / "limits.spool").stat().st_mode & 0o777 == 0o600


def test_what_takes_the_spool_in_reads_its_lines(data: Path) -> None:
    from ccmeter.limits.samples import read_line

    line(json.dumps(payload()))
    samples = read_line((data / "limits.spool").read_bytes().rstrip(b"\n"))
    assert [(each.kind, each.used, each.session) for each in samples] == [
        ("five_hour", 2850, SESSION),
        ("seven_day", 4620, SESSION),
    ]


def test_nothing_is_written_without_percentages(data: Path) -> None:
    line(json.dumps(payload(rate_limits={"five_hour": {"used_percentage": "28"}})))

    assert not (data / "limits.spool").exists()


def test_nothing_is_created_where_there_is_no_data_folder(home: Path) -> None:
    line(json.dumps(payload()))

    assert not (home / "ccmeter").exists()


def test_a_spool_that_nobody_takes_in_stops_growing(data: Path) -> None:
    from ccmeter.statusline.spool import MOST

    (data / "limits.spool").write_bytes(b"\n" * MOST)
    assert line(json.dumps(payload())).startswith("Opus 5.5")
    assert (data / "limits.spool").stat().st_size == MOST


def test_a_spool_that_cannot_be_written_holds_nothing_up(data: Path) -> None:
    os.mkfifo(data / "limits.spool")

    assert line(json.dumps(payload())).startswith("Opus 5.5")


def test_lines_of_many_sessions_at_once_do_not_mix(data: Path) -> None:
    src = str(Path(__file__).resolve().parents[1] / "src")
    env = {**os.environ, "PYTHONPATH": src}
    started = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", START, "statusline"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=env,
        )
        for _ in range(8)
    ]
    for number, process in enumerate(started):
        process.communicate(json.dumps(payload(session_id=f"s{number}")).encode())

    assert {each["session"] for each in spooled(data)} == {f"s{n}" for n in range(8)}


def test_a_bug_does_not_blank_the_line(data: Path) -> None:
    broken = f"import ccmeter.statusline.program as p; p.made = lambda *_: 1 / 0; {START}"
    src = str(Path(__file__).resolve().parents[1] / "src")
    done = subprocess.run(
        [sys.executable, "-S", "-c", broken, "statusline"],
        input=b"{}",
        env={**os.environ, "PYTHONPATH": src},
        capture_output=True,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"ccmeter: this line failed; ccmeter doctor may know why\n"


# root may write anywhere, unless it gives that power up
NO_POWERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")


@pytest.mark.parametrize("what", ["folder", "spool"])
def test_what_cannot_be_written_is_said_as_long_as_that_lasts(data: Path, what: str) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may write anywhere, and no setpriv is here")
    powerless = NO_POWERS if os.geteuid() == 0 else ()
    given = json.dumps(payload())
    assert "ccmeter" not in line(given, powerless)

    closed = data if what == "folder" else data / "limits.spool"
    mode = closed.stat().st_mode
    closed.chmod(0o555)
    said = line(given, powerless)
    short = line(given, powerless, COLUMNS="30")
    closed.chmod(mode)
    assert said.endswith(" · ccmeter: folder unwritable")
    assert "!unwritable" in short
    assert "ccmeter" not in line(given, powerless)


def test_a_machine_without_a_data_folder_has_no_trouble() -> None:
    assert "ccmeter" not in line(json.dumps(payload()))
