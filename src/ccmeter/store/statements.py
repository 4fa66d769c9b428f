"""The SQL files of this folder, by name."""

from functools import cache
from importlib import resources


@cache
def sql(name: str) -> str:
    """Return the text of sql/<name>.sql."""
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text("utf-8")
