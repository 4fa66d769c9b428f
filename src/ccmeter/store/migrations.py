"""The schema, step by step. A released step is never edited; a change is a new step."""

import sqlite3

from ccmeter.store.statements import sql

STEPS = (
    *("m001_responses", "m002_api_calls", "m003_coverage", "m004_ready", "m005_limits"),
    *("m006_audit", "m007_shown_costs"),
)
VERSION = len(STEPS)  # kept in PRAGMA user_version, so that a start need not load sqlite-utils


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest schema, or leave it as it is when a step fails."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations("ccmeter")
    for name in STEPS:
        migrations(name=name)(_step(name))
    connection.execute("begin immediate")  # of two that start at once, one finds it done
    try:
        migrations.apply(Database(connection))
        connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _step(name: str):  # type: ignore[no-untyped-def]
    text = sql(f"migrations/{name}")

    def step(database) -> None:  # type: ignore[no-untyped-def]
        database.executescript(text)

    return step
