"""The schema, step by step. A released step is never edited; a change is a new step."""

import sqlite3

from ccmeter.store.statements import sql
from ccmeter.store.transaction import transaction

STEPS = (
    *("m001_responses", "m002_api_calls", "m003_coverage", "m004_ready", "m005_limits"),
    *("m006_audit", "m007_shown_costs"),
)
VERSION = len(STEPS)  # kept in PRAGMA user_version, so that a start need not load sqlite-utils
_SET = "ccmeter"


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest schema, or leave it as it is when a step fails."""
    if not connection.execute("pragma schema_version").fetchone()[0]:
        _create(connection)
    else:
        _go_on(connection)


def _create(connection: sqlite3.Connection) -> None:
    """Take all steps at once in an empty database, and note them as sqlite-utils does.

    A first start would spend longer on loading sqlite-utils than on a large transcript. That both
    ways lead to the same database is tested.
    """
    steps = [sql(f"migrations/{name}") for name in STEPS]
    script = [sql("migrations/m000_steps"), *steps, f"pragma user_version = {VERSION}"]
    try:
        connection.executescript("begin immediate;\n" + "\n;\n".join(script))
        connection.executemany(sql("save_step"), [(_SET, name) for name in STEPS])
        connection.execute("commit")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("rollback")
        if not isinstance(error, sqlite3.Error) or not _is_current(connection):
            raise  # else: of two that start at once, one was the first


def _is_current(connection: sqlite3.Connection) -> bool:
    (version,) = connection.execute("pragma user_version").fetchone()
    return int(version) == VERSION


def _go_on(connection: sqlite3.Connection) -> None:
    """Take the steps that are new, each with the note that it was taken."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations(_SET)
    for name in STEPS:
        migrations(name=name)(_step(name))
    with transaction(connection):  # of two that start at once, one finds it done
        migrations.apply(Database(connection))
        connection.execute(f"pragma user_version = {VERSION}")


def _step(name: str):  # type: ignore[no-untyped-def]
    text = sql(f"migrations/{name}")

    def step(database) -> None:  # type: ignore[no-untyped-def]
        database.executescript(text)

    return step
