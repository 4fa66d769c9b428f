"""Every SQL file compiles against the newest schema and says on line one what it is for."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ccmeter.store.db import open_rw

FOLDER = Path(__file__).resolve().parents[2] / "src" / "ccmeter" / "store" / "sql"
QUERIES = sorted(FOLDER.glob("*.sql"))


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with closing(open_rw(str(tmp_path_factory.mktemp("home")))) as connection:
        yield connection


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_compiles_against_the_newest_schema(schema: sqlite3.Connection, path: Path) -> None:
    text = path.read_text("utf-8")
    named = dict.fromkeys(re.findall(r":(\w+)", text))
    values = named or [None] * text.count("?")

    schema.execute(f"explain {text}", values)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.sql")), ids=lambda path: path.stem)
def test_a_query_says_first_what_it_is_for(path: Path) -> None:
    assert path.read_text("utf-8").startswith("-- ")


def test_every_query_is_used() -> None:
    source = "".join(p.read_text("utf-8") for p in FOLDER.parents[1].rglob("*.py"))
    names = set(re.findall(r'sql\(f?"(\w+)', source))
    used = {path.stem for path in QUERIES if path.stem.startswith("name_")} | names
    unused = [path.stem for path in QUERIES if path.stem not in used]

    assert unused == []


def test_python_holds_no_sql_of_its_own() -> None:
    verbs = "select|insert into|update \\w+ set|delete from|create table"
    statement = re.compile(rf"\"\s*({verbs}) ", re.IGNORECASE)
    found = [
        path.name
        for path in FOLDER.parents[1].rglob("*.py")
        if statement.search(path.read_text("utf-8"))
    ]

    assert found == []
