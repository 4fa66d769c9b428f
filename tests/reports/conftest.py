"""Lets the tests of this folder import metered.py."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from metered import Place, place_in


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty Claude folder with its database."""
    yield from place_in(tmp_path)
