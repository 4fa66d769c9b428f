"""The database: made once, private, upgraded whole or not at all, refused when it is newer."""

import itertools
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from ccmeter.errors import CcmeterError
from ccmeter.store import migrations
from ccmeter.store.db import open_ro, open_rw
from ccmeter.store.health import open_checked
from ccmeter.store.statements import sql


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ccmeter"


def version(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("pragma user_version").fetchone()
    return int(found)


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        query = "select name from sqlite_master where type = 'table'"
        return {name for (name,) in connection.execute(query)}


def at_version(folder: Path, count: int) -> None:
    """Make the database as the ccmeter of `count` steps left it, with a row in it."""
    folder.mkdir(parents=True)
    steps = Migrations("ccmeter")
    for name in migrations.STEPS[:count]:
        text = sql(f"migrations/{name}")
        steps(name=name)(lambda database, text=text: database.executescript(text) and None)
    with closing(sqlite3.connect(folder / "ccmeter.db", isolation_level=None)) as connection:
        steps.apply(Database(connection))
        connection.execute(f"pragma user_version = {count}")
        connection.execute("insert into roots (path) values ('/kept')")


def test_steps_are_numbered_one_by_one_and_each_has_its_file() -> None:
    files = sorted(Path(migrations.__file__).parent.glob("sql/migrations/*.sql"))

    assert [path.stem for path in files] == ["m000_steps", *migrations.STEPS]
    assert [int(name[1:4]) for name in migrations.STEPS] == [*range(1, migrations.VERSION + 1)]


def everything_in(path: Path) -> list[tuple[str, ...]]:
    """What a database is made of, however its statements are written, and its steps."""
    with closing(sqlite3.connect(path)) as connection:
        schema = connection.execute("select type, name, tbl_name, sql from sqlite_master")
        made = [(*rest, " ".join((text or "").lower().split())) for *rest, text in schema]
        names = connection.execute("select migration_set, name from _sqlite_migrations order by id")
        return [*sorted(made), *names]


def test_a_database_that_is_made_at_once_is_the_one_that_was_migrated(tmp_path: Path) -> None:
    at_version(tmp_path / "old", 1)
    with closing(open_rw(str(tmp_path / "old"))), closing(open_rw(str(tmp_path / "new"))):
        pass
    at_once, migrated = (everything_in(tmp_path / name / "ccmeter.db") for name in ("new", "old"))

    assert [name for _, name in at_once[-migrations.VERSION :]] == list(migrations.STEPS)
    assert [re.sub(r"\( | \)", "", "".join(each)) for each in at_once] == [
        re.sub(r"\( | \)", "", "".join(each)) for each in migrated
    ]


def test_of_many_that_start_at_once_one_makes_the_database(folder: Path) -> None:
    start = threading.Barrier(6)

    def opened() -> int:
        start.wait()
        with closing(open_rw(str(folder))) as connection:
            return version(connection)

    with ThreadPoolExecutor(6) as pool:
        found = [each.result() for each in [pool.submit(opened) for _ in range(6)]]

    assert found == [migrations.VERSION] * 6


def test_a_database_that_cannot_be_made_is_left_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, "m001_responses"))
    with pytest.raises(CcmeterError, match="already exists"):
        open_rw(str(folder))

    assert tables(folder / "ccmeter.db") == set()


def test_a_first_start_makes_the_newest_schema_and_a_second_leaves_it(folder: Path) -> None:
    with closing(open_rw(str(folder))) as connection:
        assert version(connection) == migrations.VERSION
        connection.execute("insert into roots (path) values ('/kept')")
    with closing(open_rw(str(folder))) as connection:
        migrations.migrate(connection)
        assert version(connection) == migrations.VERSION
        assert connection.execute("select path from roots").fetchall() == [("/kept",)]


@pytest.mark.parametrize("count", range(1, migrations.VERSION))
def test_an_older_database_is_upgraded_and_keeps_its_rows(count: int, folder: Path) -> None:
    at_version(folder, count)
    open_rw(str(folder.with_name("new"))).close()
    with closing(open_rw(str(folder))) as connection:
        assert version(connection) == migrations.VERSION
        assert connection.execute("select path from roots").fetchall() == [("/kept",)]

    assert tables(folder / "ccmeter.db") == tables(folder.with_name("new") / "ccmeter.db")


def test_a_newer_database_is_refused_in_one_line(folder: Path) -> None:
    with closing(open_rw(str(folder))) as connection:
        connection.execute(f"pragma user_version = {migrations.VERSION + 1}")
    for opened in (open_rw, open_checked):
        with pytest.raises(CcmeterError, match="Update ccmeter") as caught:
            opened(str(folder))
        assert "\n" not in str(caught.value)


def still_open(folder: Path) -> list[str]:
    """Files in the folder that this process holds open."""
    held = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return [path for path in map(os.path.realpath, held) if path.startswith(f"{folder}/")]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="no list of open files")
@pytest.mark.parametrize(
    ("opened", "damage"),
    [
        (open_ro, "garbage"),
        *itertools.product([open_rw, open_checked], ["garbage", "newer"]),
    ],
)
def test_a_database_that_is_of_no_use_is_not_left_open(
    folder: Path, opened: Callable[[str], sqlite3.Connection | None], damage: str
) -> None:
    open_rw(str(folder)).close()
    if damage == "garbage":
        (folder / "ccmeter.db").write_bytes(b"no database" * 500)
    else:
        with closing(sqlite3.connect(folder / "ccmeter.db")) as connection:
            connection.execute(f"pragma user_version = {migrations.VERSION + 1}")
    with pytest.raises((CcmeterError, sqlite3.Error)) as caught:
        opened(str(folder))

    assert still_open(folder) == [], caught.value  # whose frames keep what was not closed


def test_a_step_that_fails_leaves_nothing(folder: Path) -> None:
    """The last table of the first step is there already, so that everything before it is undone."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "ccmeter.db")) as connection:
        connection.execute("create table skips (mine)")
    with pytest.raises(CcmeterError, match="skips already exists"):
        open_rw(str(folder))

    assert tables(folder / "ccmeter.db") == {"skips"}
    with closing(sqlite3.connect(folder / "ccmeter.db")) as connection:
        assert version(connection) == 0


def test_many_first_starts_at_once_make_one_database(folder: Path, repo_root: Path) -> None:
    program = "import sys; from ccmeter.store.db import open_rw; open_rw(sys.argv[1]).close()"
    environ = {**os.environ, "PYTHONPATH": str(repo_root / "src")}
    command = [sys.executable, "-c", program, str(folder)]
    started = [
        subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(6)
    ]

    assert [(p.wait(), p.stderr and p.stderr.read()) for p in started] == [(0, "")] * 6
    for process in started:
        assert process.stderr
        process.stderr.close()
    with closing(open_rw(str(folder))) as connection:
        assert version(connection) == migrations.VERSION


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Files of other programs are readable by everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_only_the_owner_can_read(folder: Path) -> None:
    with closing(open_rw(str(folder))) as connection:
        connection.execute("insert into roots (path) values ('/w')")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert set(modes) >= {"ccmeter.db", "ccmeter.db-wal", "ccmeter.db-shm"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_there_is_nothing_to_read_before_the_first_start(folder: Path) -> None:
    assert open_ro(str(folder)) is None
    assert open_checked(str(folder)) is None
    assert not folder.exists()


def test_a_database_that_is_only_being_made_is_none_yet(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "ccmeter.db").touch()

    assert open_checked(str(folder)) is None


@pytest.mark.parametrize("name", ["with space", "q?mode=rw#x", "100%41", "é💡", "\udcff"])
def test_the_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    home = str(tmp_path / name)
    open_rw(home).close()
    connection = open_ro(home)

    assert connection is not None
    with closing(connection):
        assert version(connection) == migrations.VERSION
    assert os.listdir(tmp_path) == [name]


def test_a_reader_cannot_write(folder: Path) -> None:
    open_rw(str(folder)).close()
    connection = open_ro(str(folder))

    assert connection is not None
    with closing(connection), pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("insert into roots (path) values ('/w')")


def _damage(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def _replace_by_text(path: Path) -> None:
    path.write_text("not a database, but long enough to be looked at" * 20)


def _replace_by_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("harm", [_damage, _replace_by_text, _replace_by_folder])
def test_what_is_no_database_is_said_in_one_line_with_what_to_do(
    harm: object, folder: Path
) -> None:
    folder.mkdir(parents=True)
    assert callable(harm)
    harm(folder / "ccmeter.db")
    with pytest.raises(CcmeterError, match=r"cannot open the database .*moved away") as caught:
        open_rw(str(folder))

    assert "\n" not in str(caught.value)


def test_a_file_in_the_place_of_the_folder_is_an_error_not_a_bug(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CcmeterError):
        open_rw(str(tmp_path / "file"))
    with pytest.raises(CcmeterError):
        open_rw(str(tmp_path / "file" / "below"))
