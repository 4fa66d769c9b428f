"""Lets the tests of this folder import histories.py."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from histories import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty Claude folder with its database."""
    with Place(tmp_path) as place:
        yield place
