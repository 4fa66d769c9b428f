"""Imports go one way: a part may import only what stands to its left in the flow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "ccmeter"
LAYERS = (
    {"errors", "model", "version", "line_words", "digests", "faults", "output"},
    {"paths", "zones", "notices"},
    {"config", "settings"},
    {"transcripts", "demo", "otlp", "client_meter"},
    {"limits"},
    {"store"},
    {"ingest"},
    {"pricing"},
    {"cache"},
    {"audit"},
    {"reports"},
    {"watch", "service"},
    {"render"},
    {"statusline", "hook", "setup"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def part_of(module: str) -> str:
    """ccmeter.store.db -> store"""
    return module.split(".")[1]


def modules() -> list[Path]:
    return sorted(path for path in SRC.rglob("*.py") if path != SRC / "__init__.py")


def imports(source: str) -> Iterator[str]:
    """Every ccmeter module that is imported anywhere in the source, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("ccmeter."))
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "ccmeter":
                yield from (f"ccmeter.{alias.name}" for alias in node.names)
            elif node.module.startswith("ccmeter."):
                yield node.module


def breaches(part: str, source: str) -> list[str]:
    return [name for name in imports(source) if RANK[part_of(name)] > RANK[part]]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SRC)))
def test_a_part_imports_only_what_stands_to_its_left(path: Path) -> None:
    part = path.relative_to(SRC).parts[0].removesuffix(".py")

    assert part in RANK, f"{part} has no place in the flow yet: add it to LAYERS"
    assert breaches(part, path.read_text("utf-8")) == []


def test_the_guard_sees_a_breach_even_inside_a_function() -> None:
    source = "def f():\n    from ccmeter.cli.report import command\n"

    assert breaches("store", source) == ["ccmeter.cli.report"]


def test_no_relative_imports_hide_from_the_guard() -> None:
    hidden = [
        path.name
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert hidden == []
