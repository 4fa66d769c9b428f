"""The question for the plan is put once in a lifetime, and is no obstacle to a report."""

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ccmeter.config import TIERS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
ASKED = b"Your plan: "
CLOSED = b"the window"
Typed = Callable[[bytes], tuple[int, str]]


@pytest.fixture(autouse=True)
def history(transcript: Callable[..., Path], answer: Callable[..., dict[str, Any]]) -> None:
    transcript(answer("m1", time.strftime("%Y-%m-%dT00:00:00.000Z", time.gmtime())))


def shown(master: int, until: bytes = b"") -> bytes:
    """What comes from the terminal up to a text, or to its end."""
    found = b""
    with suppress(OSError):  # nobody is left on the other side
        while not (until and until in found) and (more := os.read(master, 4096)):
            found += more
    return found


@pytest.fixture
def report(repo_root: Path) -> Iterator[Typed]:
    """Run a report on a terminal and type an answer if there is a question."""
    masters = []

    def run(typed: bytes) -> tuple[int, str]:
        master, slave = pty.openpty()
        masters.append(master)
        process = subprocess.Popen(
            [sys.executable, "-m", "ccmeter", "report"],
            env={**os.environ, "PYTHONPATH": str(repo_root / "src"), "NO_COLOR": "1"},
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        text = shown(master, ASKED if typed else b"")
        if typed == CLOSED:
            process.kill()
        elif typed:
            os.write(master, typed)
        text += shown(master)
        return process.wait(60), text.decode()

    yield run
    for master in masters:
        os.close(master)


@pytest.mark.parametrize(("typed", "plan"), [(b"pro\n", "(Pro"), (b"\n", ""), (b"\x04", "")])
def test_whatever_the_answer_the_report_follows_and_nobody_asks_again(
    typed: bytes, plan: str, report: Typed
) -> None:
    code, text = report(typed)

    assert (code, "interrupted" in text) == (0, False)
    assert "at list price" in text
    assert plan in text
    code, text = report(b"")
    assert (code, ASKED.decode() in text) == (0, False)


def test_a_name_that_is_no_plan_is_said_to_be_none(report: Typed) -> None:
    """It asks once, so whoever mistypes must learn how to say it again."""
    text = report(b"max 40x\n")[1]

    assert "There is no plan 'max 40x'. Set it later with: ccmeter config set tier PLAN" in text


def test_every_plan_that_is_offered_is_one(report: Typed) -> None:
    offered = re.search(r"One of (.*?);", " ".join(report(b"\n")[1].split()))
    assert offered
    names = re.sub(r" \([^)]*\)", "", offered[1]).split(", ")

    assert set(names) == set(TIERS) - {"max-5x", "max-20x"}


def test_whoever_closes_the_window_instead_is_not_asked_again(report: Typed) -> None:
    assert report(CLOSED)[0] < 0
    code, text = report(b"")

    assert (code, ASKED.decode() in text) == (0, False)
    assert "at list price" in text
