"""However many names a history has, a row is always tied to its own."""

import json

from meter import OWNERS, fresh

from ccmeter.store.names import Names

FOLDERS = 3_000  # with an owner each, more than are remembered between transactions


def line(session: str, number: int) -> bytes:
    record = {
        "type": "assistant",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "sessionId": session,
        "cwd": f"/w/{number}",
        "version": f"2.1.{number}",
        "message": {"id": f"{session}-{number}", "model": "m", "usage": {"input_tokens": 1}},
    }
    return json.dumps(record).encode() + b"\n"


def test_names_that_come_again_after_thousands_of_others_are_the_same_names() -> None:
    with fresh() as meter:
        for session in ("a", "b", "c"):
            lines = b"".join(line(session, number) for number in range(FOLDERS))
            meter.write(f"-w/{session}.jsonl", lines)
        meter.sync(enough=1)

        found = {row[0]: row[1:6] for row in meter.connection.execute(OWNERS)}
        (folders,) = meter.connection.execute("select count(*) from projects").fetchone()

    assert folders == FOLDERS
    assert found == {
        f"{session}-{number}": (session, None, None, f"/w/{number}", f"2.1.{number}")
        for session in ("a", "b", "c")
        for number in range(FOLDERS)
    }


def test_thousands_of_names_are_forgotten_and_a_few_are_not() -> None:
    """A name that is remembered is not looked up again, so that its row can be missing."""
    for count, looked_up in ((10, 0), (5_000, 1)):
        with fresh() as meter:
            names = Names(meter.connection)
            for number in range(count):
                names.project(f"/w/{number}")
            names.forget_if_many()
            meter.connection.execute("delete from projects")
            names.project("/w/0")

            assert meter.count("projects") == looked_up
