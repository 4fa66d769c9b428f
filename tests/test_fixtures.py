"""The fixtures are sound by themselves: made-up text only, and sums that add up."""

import ast
import json
import operator
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SET = FIXTURES / "conformance"
CASES = sorted(path.parent for path in SET.glob("*/case.json"))
FILES = sorted(path for case in CASES for path in (case / "projects").rglob("*") if path.is_file())

FILLER = {"lorem", "ipsum", "dolor", "sit", "amet"}
TEXT_KEYS = {"text", "thinking", "command", "content", "summary", "stdout", "description"}
IDS = re.compile(
    r"msg_01[\w]{22}|msg_vrtx_\w{24}|req_011\w{21}|toolu_01\w{22}|\"signature\":\"\w{40}\""
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b"
    r"|\b(a|acompact-|aside_question-)[0-9a-f]{6}([0-9a-f]{10})?\b|\\u[0-9a-f]{4}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+Z"
)
MAIL = re.compile(rb"[\w.+-]+@[\w-]+\.[A-Za-z]")
PATHS = re.compile(rb"/(?!w/garden|w/my\.kitchen|claude-)[A-Za-z_.-]+/|[A-Za-z]:\\\\|~/")


def _name(path: Path) -> str:
    return str(path.relative_to(SET))


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """Every string below a key that can hold what somebody wrote."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str) and key in TEXT_KEYS:
        yield value


def _lines(path: Path) -> Iterator[Any]:
    for line in path.read_bytes().splitlines():
        try:
            yield json.loads(line.strip(b"\0"))
        except ValueError:
            continue


def _words(path: Path) -> set[str]:
    """Every word of the file, field names too, without the ids."""
    text = IDS.sub(" ", path.read_bytes().decode("ascii", "replace"))
    return set(re.findall(r"[A-Za-z]{2,}", text))


def _written(path: Path) -> set[str]:
    """The words of its text fields; what was damaged on purpose is no word."""
    texts = [text for line in _lines(path) for text in _texts(line)]
    return {word for text in texts for word in re.findall(r"\w+", text) if word.isascii()}


def test_every_word_of_a_transcript_is_on_the_list() -> None:
    known = set((SET / "words.txt").read_text("utf-8").split())
    assert {_name(path): new for path in FILES if (new := _words(path) - known)} == {}


def test_a_text_field_holds_filler_only() -> None:
    assert {_name(path): new for path in FILES if (new := _written(path) - FILLER)} == {}


def test_no_file_holds_an_address_or_a_path_of_a_machine() -> None:
    cases = [case / "case.json" for case in CASES]
    found = {_name(path): path.read_bytes() for path in (*FILES, *cases)}
    assert [name for name, data in found.items() if MAIL.search(data)] == []
    lines = {_name(path): path.read_bytes() for path in FILES}
    assert [name for name, data in lines.items() if PATHS.search(data)] == []


OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> Decimal:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    assert isinstance(node, ast.Constant)
    return Decimal(repr(node.value))


def _parts(arithmetic: str) -> Iterator[tuple[Decimal, Decimal]]:
    """What each part says, and what its expression comes to."""
    for part in arithmetic.split("; "):
        expression, shown = part.rsplit(" = ", 1)
        sums = re.sub(r"^[^(]*: (m\d )?|^m\d ", "", expression)
        yield Decimal(shown), _value(ast.parse(sums, mode="eval").body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_written_arithmetic_comes_to_the_dollars(case: Path) -> None:
    expected = json.loads((case / "case.json").read_text("utf-8"))["expected"]
    if expected["list_cost_usd"] is None:
        assert expected["unpriced_responses"] == expected["responses"]
        return
    parts = list(_parts(expected["arithmetic"]))
    assert [shown for shown, _ in parts] == [worth for _, worth in parts]
    assert sum(worth for _, worth in parts) == Decimal(expected["list_cost_usd"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_group_of_a_case_comes_to_the_same_tokens(case: Path) -> None:
    expected = json.loads((case / "case.json").read_text("utf-8"))["expected"]
    days = {f"by_day {zone}": rows for zone, rows in expected.get("by_day", {}).items()}
    groups = {key: expected[key] for key in expected if key.startswith("by_") and key != "by_day"}
    sums = {name: _sums(rows) for name, rows in (groups | days).items()}
    assert all(total == sums["by_model"] for total in sums.values()), sums
    assert sums["by_model"]["responses"] == expected["responses"]


def _sums(rows: dict[str, dict[str, Any]]) -> dict[str, int]:
    counts = [{key: row[key] for key in row if key != "list_cost_usd"} for row in rows.values()]
    return {key: sum(row[key] for row in counts) for key in counts[0]}


def test_the_set_is_what_its_maker_writes(tmp_path: Path) -> None:
    ignored = ("__pycache__",)
    copy = tmp_path / "fixtures"
    subprocess.run(["cp", "-R", str(FIXTURES), str(copy)], check=True)
    made = subprocess.run(
        [sys.executable, "-B", str(copy / "conformance" / "make")], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    assert _contents(copy, ignored) == _contents(FIXTURES, ignored)


def _contents(folder: Path, ignored: tuple[str, ...]) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if not set(path.parts) & set(ignored)
    }
