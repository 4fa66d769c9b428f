"""ccmeter doctor: what was found, what is wrong, what to do; whatever the state of things."""

import fcntl
import json
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

SIGNS = {"ok", "note", "problem"}
NEVER_READ = {"history", "unread", "vanished", "bad-lines", "unpriced"}

Found = tuple[dict[str, Any], dict[str, dict[str, Any]]]


@pytest.fixture
def doctor(run_ccmeter: Callable[..., CompletedProcess[str]]) -> Callable[..., Found]:
    """Run it; give the document and its checks by name. The exit code has to fit them."""

    def ran(*arguments: str, **options: Any) -> Found:
        done = run_ccmeter("doctor", "--json", *arguments, **options)
        assert done.stderr == ""
        document = json.loads(done.stdout)
        statuses = {check["status"] for check in document["checks"]}
        assert statuses <= SIGNS
        assert done.returncode == int("problem" in statuses)
        for check in document["checks"]:
            assert check["status"] == "ok" or check["advice"], check
        return document, {check["name"]: check for check in document["checks"]}

    return ran


@pytest.fixture
def data(home: Path) -> Path:
    return home / "ccmeter"


@pytest.fixture
def history(transcript: Any, answer: Any, ok: Any) -> Path:
    """Three responses of two sessions: one unfinished, one unpriced; and two bad lines."""
    path: Path = transcript(
        answer("m1", "2026-11-01T10:00:00.000Z"),
        b'{"type": "assistant", "message": {',
        answer("m2", "2026-11-02T11:30:00.000Z", stop_reason=None),
    )
    transcript(
        answer("m3", "2026-11-03T12:00:00.000Z", sessionId="session-2", model="glm-5.1"),
        b'{"type": "assistant", "message": nonsense}',
        session="session-2",
    )
    ok("sync")
    return path


def test_a_fresh_machine_has_no_problem_and_nothing_is_made(doctor: Any, home: Path) -> None:
    document, checks = doctor()

    assert checks["data-folder"]["status"] == "note"
    assert checks["database"] == {
        "name": "database",
        "status": "note",
        "message": "there is no database yet",
        "advice": "Run: ccmeter sync",
    }
    assert checks["claude-folder"]["status"] == "note"
    assert NEVER_READ.isdisjoint(checks)
    assert "history" not in document
    assert document["writer_lock"] == "none"
    assert list(home.iterdir()) == []


def test_the_versions_are_those_of_this_machine(doctor: Any, ok: Any) -> None:
    document, checks = doctor()

    assert document["versions"] == {
        "ccmeter": ok("--version").split()[-1],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "os": platform.platform(),
    }
    assert checks["versions"]["status"] == "ok"


def test_the_history_is_counted(history: Path, doctor: Any, home: Path) -> None:
    document, checks = doctor()

    assert document["schema"] == 1
    assert document["history"] == {
        "responses": 3,
        "unfinished": 1,
        "sessions": 2,
        "first": "2026-11-01T10:00:00.000Z",
        "last": "2026-11-03T12:00:00.000Z",
    }
    assert "from 2026-11-01 10:00 UTC to 2026-11-03 12:00 UTC" in checks["history"]["message"]
    assert document["database"]["state"] == "current"
    assert document["unread_transcripts"] == 0
    (folder,) = document["claude_folders"]
    newest = max(path.stat().st_mtime for path in history.parent.iterdir())
    assert (folder["path"], folder["user"], folder["state"], folder["transcripts"]) == (
        str(home / ".claude"),
        "me",
        "ok",
        2,
    )
    assert folder["named_by"] == "CLAUDE_CONFIG_DIR"
    assert folder["newest"].startswith(_utc(newest))
    assert {check["status"] for check in document["checks"]} == {"ok", "note"}


def _utc(seconds: float) -> str:
    import datetime

    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%S}"


def test_bad_lines_are_shown_with_file_place_and_reason(
    history: Path, doctor: Any, ok: Any
) -> None:
    document, checks = doctor()
    first = len(history.read_bytes().splitlines(keepends=True)[0])
    found = document["bad_lines"]

    assert found["count"] == sum(found["by_reason"].values()) == 2
    places = {(line["file"], line["offset"]) for line in found["newest"]}
    other = history.with_name("session-2.jsonl")
    second = len(other.read_bytes().splitlines(keepends=True)[0])
    assert places == {(str(history), first), (str(other), second)}
    assert all(line["reason"] for line in found["newest"])
    assert checks["bad-lines"]["status"] == "note"
    text = ok("doctor")
    assert f"~/.claude/projects/-w-garden/session-1.jsonl, byte {first}: " in text.replace(
        "\n    ", " "
    )


def test_ten_bad_lines_are_shown_unless_all_are_asked_for(
    transcript: Any, doctor: Any, ok: Any
) -> None:
    transcript(*(b'{"type": "assistant", "message": nonsense}' for _ in range(12)))
    ok("sync")

    short, _ = doctor()
    long, _ = doctor("--all")
    assert (short["bad_lines"]["count"], len(short["bad_lines"]["newest"])) == (12, 10)
    assert len(long["bad_lines"]["newest"]) == 12
    offsets = [line["offset"] for line in long["bad_lines"]["newest"]]
    assert offsets == sorted(offsets, reverse=True)
    assert "newest 10 of 12; --all shows all" in ok("doctor")
    assert "--all shows all" not in ok("doctor", "--all")


def test_what_has_no_price_is_named_with_the_way_out(history: Path, doctor: Any) -> None:
    document, checks = doctor()

    assert document["unpriced"] == [
        {"model": "glm-5.1", "responses": 1, "tokens": 3430, "last_seen": "2026-11-03"}
    ]
    assert checks["unpriced"]["status"] == "note"
    assert "ccmeter prices set MODEL --input USD --output USD" in checks["unpriced"]["advice"]


def test_rows_of_deleted_transcripts_are_counted_as_kept(history: Path, doctor: Any) -> None:
    history.unlink()
    document, checks = doctor()

    assert document["vanished"] == {"transcripts": 1, "responses": 2}
    assert document["history"]["responses"] == 3
    assert checks["vanished"]["status"] == "ok"


def test_a_transcript_outside_the_folders_of_today_has_not_vanished(
    history: Path, doctor: Any, home: Path
) -> None:
    document, _ = doctor(env={"CLAUDE_CONFIG_DIR": str(home / "elsewhere")})

    assert document["vanished"]["transcripts"] == 0


def test_new_lines_wait_for_the_next_sync(history: Path, answer: Any, doctor: Any, ok: Any) -> None:
    with history.open("a") as file:
        file.write(json.dumps(answer("m9", "2026-11-05T10:00:00.000Z")) + "\n")

    assert doctor()[0]["unread_transcripts"] == 1
    assert doctor()[0]["history"]["responses"] == 3  # looking reads nothing in
    ok("sync")
    assert doctor()[0]["unread_transcripts"] == 0


def test_folders_of_users_are_checked_too(doctor: Any, data: Path, home: Path) -> None:
    data.mkdir(mode=0o700)
    (home / "ada" / "projects").mkdir(parents=True)
    (data / "config.toml").write_text(
        f'[[users]]\nname = "ada"\nfolder = "{home}/ada"\n'
        f'[[users]]\nname = "grace"\nfolder = "{home}/nobody"\n'
    )
    document, _ = doctor()

    states = {folder["user"]: folder["state"] for folder in document["claude_folders"]}
    assert states == {"me": "missing", "ada": "ok", "grace": "missing"}
    (problem,) = [check for check in document["checks"] if check["status"] == "problem"]
    assert problem["message"] == f"{home}/nobody (config.toml) does not exist"
    assert "Correct the folder of this user" in problem["advice"]


@pytest.mark.parametrize(
    ("folder", "made", "status", "state"),
    [
        ("c/projects", "c/projects", "problem", "is projects"),
        ("c", "c/other", "note", "no projects"),
        ("c", "c/projects", "ok", "ok"),
        ("c", "d", "note", "missing"),
    ],
)
def test_a_claude_folder_that_is_not_one_is_explained(
    folder: str, made: str, status: str, state: str, doctor: Any, home: Path
) -> None:
    (home / made).mkdir(parents=True)
    document, checks = doctor(env={"CLAUDE_CONFIG_DIR": str(home / folder)})

    assert document["claude_folders"][0]["state"] == state
    assert checks["claude-folder"]["status"] == status


def test_settings_are_checked_key_by_key(doctor: Any, data: Path) -> None:
    data.mkdir(mode=0o700)
    file = data / "config.toml"
    file.write_text('timezon = "UTC"\n')
    document, checks = doctor()
    assert document["settings"]["unknown_keys"] == ["timezon"]
    assert checks["settings"]["status"] == "note"
    assert checks["settings"]["advice"].startswith("Did you mean timezone? ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tier = \n", "cannot read "),
        ('tier = "plus"\n', "there is no plan 'plus'"),
        ("[prices.m]\ninput_mtok = 1\n", 'prices."m" needs output_mtok too'),
    ],
)
def test_wrong_settings_are_a_problem_and_the_rest_is_still_checked(
    text: str, message: str, history: Path, doctor: Any, data: Path
) -> None:
    (data / "config.toml").write_text(text)
    document, checks = doctor()

    assert checks["settings"]["status"] == "problem"
    assert message in checks["settings"]["message"]
    assert document["history"]["responses"] == 3


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30_000])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _from_the_future(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 999")
    connection.close()


DAMAGES: list[tuple[Callable[[Path], None], str, str, str]] = [
    (_garbage, "damaged", "problem", "Move ccmeter.db"),
    (_cut, "damaged", "problem", "then run: ccmeter sync"),
    (_folder, "unreadable", "problem", "readable and writable for you"),
    (_from_the_future, "newer", "problem", "Update ccmeter."),
    (_emptied, "empty", "note", "Run: ccmeter sync"),
]


@pytest.mark.parametrize(
    ("damage", "state", "status", "advice"), DAMAGES, ids=[damage[1] for damage in DAMAGES]
)
def test_a_database_that_cannot_be_used_is_explained(
    damage: Callable[[Path], None],
    state: str,
    status: str,
    advice: str,
    history: Path,
    doctor: Any,
    data: Path,
) -> None:
    for name in ("ccmeter.db-wal", "ccmeter.db-shm"):
        (data / name).unlink(missing_ok=True)
    damage(data / "ccmeter.db")
    document, checks = doctor()

    assert document["database"]["state"] == state
    assert checks["database"]["status"] == status
    assert advice in checks["database"]["advice"]
    assert NEVER_READ.isdisjoint(checks)
    assert document["claude_folders"][0]["transcripts"] == 2


def test_following_the_advice_for_a_damaged_database_brings_everything_back(
    history: Path, doctor: Any, data: Path, ok: Any
) -> None:
    _garbage(data / "ccmeter.db")
    assert doctor()[0]["database"]["state"] == "damaged"

    for path in data.glob("ccmeter.db*"):
        path.rename(data / f"old-{path.name}")
    ok("sync")
    assert doctor()[0]["history"]["responses"] == 3


def test_a_damaged_page_that_no_count_touches_is_found(
    history: Path, doctor: Any, data: Path
) -> None:
    path = data / "ccmeter.db"
    connection = sqlite3.connect(path)
    connection.execute("pragma wal_checkpoint(truncate)")
    query = "select rootpage from sqlite_master where name = 'request_kinds'"
    (page,) = connection.execute(query).fetchone()
    (size,) = connection.execute("pragma page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 100)

    assert doctor()[0]["database"]["state"] == "damaged"


def test_a_data_folder_that_others_can_look_into_is_told(
    history: Path, doctor: Any, data: Path, home: Path
) -> None:
    assert doctor()[1]["privacy"]["status"] == "ok"

    data.chmod(0o755)
    checks = doctor()[1]
    assert checks["privacy"]["status"] == "note"  # the files in it are private

    (data / "ccmeter.db").chmod(0o644)
    checks = doctor()[1]
    assert checks["privacy"]["status"] == "problem"
    assert str(data / "ccmeter.db") in checks["privacy"]["message"]
    command = checks["privacy"]["advice"].removeprefix("Run: ")
    assert os.system(command) == 0
    assert doctor()[1]["privacy"]["status"] == "ok"


def test_a_file_in_the_place_of_the_data_folder_is_a_problem(doctor: Any, data: Path) -> None:
    data.write_text("")

    assert doctor()[1]["data-folder"]["message"] == f"{data} is no folder"


def test_the_size_of_the_data_folder_is_the_sum_of_its_files(
    history: Path, doctor: Any, data: Path
) -> None:
    shutil.copytree(data, data / "env" / "lib")
    doctor()  # SQLite makes the index of its log for whoever reads
    found = doctor()[0]["data_folder"]

    assert found["bytes"] == sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    assert found["database_bytes"] == sum(path.stat().st_size for path in data.glob("ccmeter.db*"))


def test_the_writers_lock_is_seen_and_not_taken(history: Path, doctor: Any, data: Path) -> None:
    assert doctor()[0]["writer_lock"] == "free"
    with (data / "writer.lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        document, checks = doctor()
        assert document["writer_lock"] == "held"
        assert checks["writer-lock"]["status"] == "ok"
    assert doctor()[0]["writer_lock"] == "free"


def test_a_lock_that_is_no_file_is_told_beside_all_other_checks(
    history: Path, doctor: Any, data: Path
) -> None:
    (data / "writer.lock").unlink()
    (data / "writer.lock").mkdir()

    _, checks = doctor()

    assert checks["writer-lock"]["status"] == "problem"
    assert "Remove it" in checks["writer-lock"]["advice"]
    assert checks["database"]["status"] == "ok"


def test_the_environment_in_force_is_shown_and_nothing_else(
    run_ccmeter: Any, doctor: Any, home: Path
) -> None:
    env = {"NO_COLOR": "1", "TZ": "Asia/Tokyo", "ANTHROPIC_API_KEY": "planted-secret"}
    document, _ = doctor(env=env)

    assert document["environment"]["TZ"] == "Asia/Tokyo"
    assert document["environment"]["NO_COLOR"] == "1"
    assert document["environment"]["CCMETER_HOME"] == str(home / "ccmeter")
    assert "planted-secret" not in json.dumps(document)
    assert "planted-secret" not in run_ccmeter("doctor", env=env).stdout


def test_the_text_hides_the_home_folder_and_ends_with_a_count(
    history: Path, ok: Any, home: Path, old_prices: bool
) -> None:
    text = ok("doctor")

    assert str(home) not in text
    assert "~/ccmeter" in text
    assert text.splitlines()[-1].endswith(f"no problems, {2 + old_prices} notes.")
    heads = [line.split()[0] for line in text.splitlines() if line[:1].strip() and ": " in line]
    assert set(heads) - {"Bad"} <= SIGNS


def test_paths_with_spaces_stay_whole_in_commands(
    doctor: Any, run_ccmeter: Any, home: Path
) -> None:
    folder = home / "Application Support"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    text = run_ccmeter("doctor", env={"CCMETER_HOME": str(folder), "COLUMNS": "120"}).stdout

    assert f"chmod -R go= '{folder}'" in text.replace("\n           ", " ")


@pytest.mark.parametrize("no_color", ["", "1"])
def test_every_line_fits_the_terminal(
    no_color: str, width: int, history: Path, run_ccmeter: Any, fits: Any, data: Path
) -> None:
    (data / "config.toml").write_text('timezon = "UTC"\n')
    (data / "ccmeter.db").chmod(0o644)
    data.chmod(0o755)
    env = {"COLUMNS": str(width), "NO_COLOR": no_color}
    fits(run_ccmeter("doctor", "--all", env=env).stdout, width)


def test_public_transcripts_are_counted(shared_dir: Path, home: Path, ok: Any, doctor: Any) -> None:
    source = shared_dir / "data" / "transcripts"
    shutil.copytree(source / "projects", home / ".claude" / "projects")
    ok("sync")
    document, _ = doctor("--all")
    files = list((home / ".claude" / "projects").rglob("*.jsonl"))

    assert document["claude_folders"][0]["transcripts"] == len(files)
    names = {model["model"] for model in document["unpriced"]}
    assert names == {"glm-5", "glm-5.1", "unsloth/Qwen3-Coder-Next"}
    for line in document["bad_lines"]["newest"]:
        assert 0 <= line["offset"] < Path(line["file"]).stat().st_size


def test_how_many_lines_tell_of_a_response_is_said(
    transcript: Any, answer: Any, doctor: Callable[..., Found]
) -> None:
    """Three lines of one response, one of another, and an error message of the client's own."""
    drafts = [answer("m1", "2026-11-01T10:00:00.000Z", stop_reason=None) for _ in range(2)]
    transcript(
        *drafts,
        answer("m1", "2026-11-01T10:00:01.000Z"),
        answer("m2", "2026-11-01T10:01:00.000Z"),
        answer("m3", "2026-11-01T10:02:00.000Z", model="<synthetic>"),
        b'{"type": "assistant", "message": nonsense}',
    )
    _, checks = doctor()

    assert checks["lines"]["status"] == "ok"
    assert checks["lines"]["message"].startswith(
        "in the newest transcripts 4 lines tell of 2 requests: 2.00 lines each."
    )


def test_one_line_for_each_response_needs_no_word(
    transcript: Any, answer: Any, doctor: Callable[..., Found]
) -> None:
    transcript(answer("m1", "2026-11-01T10:00:00.000Z"))

    assert "lines" not in doctor()[1]


@pytest.mark.parametrize(("limit", "is_told"), [("1.9", True), ("2.0", False)])
def test_how_many_lines_need_a_word_is_a_threshold_of_the_audit(
    limit: str,
    is_told: bool,
    transcript: Any,
    answer: Any,
    doctor: Callable[..., Found],
    data: Path,
) -> None:
    """Two lines of one response."""
    data.mkdir(mode=0o700)
    (data / "config.toml").write_text(f"[audit]\nlines_per_request = {limit}\n", "utf-8")
    draft = answer("m1", "2026-11-01T10:00:00.000Z", stop_reason=None)
    transcript(draft, answer("m1", "2026-11-01T10:00:01.000Z"))

    assert ("lines" in doctor()[1]) is is_told


def test_a_wrong_threshold_of_the_audit_is_a_problem(
    doctor: Callable[..., Found], data: Path
) -> None:
    data.mkdir(mode=0o700)
    (data / "config.toml").write_text("[audit]\nwarning = 1\n", "utf-8")
    _, checks = doctor()

    assert checks["settings"]["status"] == "problem"
    assert "warning: no such threshold" in checks["settings"]["message"]
