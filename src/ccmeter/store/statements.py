"""The SQL files of this folder, by name."""

import os
from functools import cache

_FOLDER = os.path.join(os.path.dirname(__file__), "sql")


@cache
def sql(name: str) -> str:
    """Return the text of sql/<name>.sql."""
    with open(os.path.join(_FOLDER, f"{name}.sql"), encoding="utf-8") as file:
        return file.read()
