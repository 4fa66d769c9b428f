"""Imports go one way: a part may import only what stands to its left in the flow."""

import ast
import graphlib
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
    {"ingest", "turns"},
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


def circles(sources: dict[str, str]) -> list[list[str]]:
    """Modules that import each other in a circle, wherever in the file the imports stand."""
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        graph[module] = {name for name in used(source) if name in sources}
    sorter = graphlib.TopologicalSorter(graph)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return [error.args[1]]
    return []


def used(source: str) -> Iterator[str]:
    """What is imported: of `from ccmeter.x import y`, both ccmeter.x and ccmeter.x.y."""
    yield from imports(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_needs_itself() -> None:
    sources = {
        ".".join(("ccmeter", *path.relative_to(SRC).with_suffix("").parts)): path.read_text("utf-8")
        for path in modules()
    }

    assert circles(sources) == []


def test_the_guard_sees_a_circle_through_a_function_and_a_package() -> None:
    sources = {
        "ccmeter.store.db": "def f():\n    from ccmeter.store import migrations\n",
        "ccmeter.store.migrations": "from ccmeter.store.db import transaction\n",
    }

    assert set(*circles(sources)) == set(sources)
