"""Rooms one would want to live in: small files, short functions, one broad except."""

import ast
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src" / "ccmeter"
FILES = sorted(SRC.rglob("*.py"))
LONGEST_FILE = 250
LONGEST_FUNCTION = 50


def test_no_file_is_longer_than_the_house_allows() -> None:
    long = {p.name: n for p in FILES if (n := p.read_text("utf-8").count("\n")) > LONGEST_FILE}

    assert long == {}


def test_no_function_is_longer_than_the_house_allows() -> None:
    long = [
        f"{path.name}:{node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_there_is_one_broad_except_and_it_is_at_the_top() -> None:
    broad = [
        str(path.relative_to(SRC))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]

    assert broad == ["cli/__init__.py"]


def _is_broad(node: ast.ExceptHandler) -> bool:
    """Catches everything and does not raise it again."""
    names = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else {""}
    catches_all = bool(names & {"", "Exception", "BaseException"})
    return catches_all and not any(isinstance(n, ast.Raise) for n in ast.walk(node))
