"""The version of this code, from the installed package or the checkout it runs from."""

import os
import re


def version() -> str:
    """Return the version. Not at import: looking it up costs more than most commands."""
    found = version_in(os.path.join(os.path.dirname(__file__), "..", ".."))
    if found:
        return found
    from importlib.metadata import version as installed

    return installed("ccmeter-plugin")


def version_in(checkout: str) -> str:
    """Return the version of a checkout, "" where there is none."""
    try:
        with open(os.path.join(checkout, "pyproject.toml"), encoding="utf-8") as file:
            found = re.search(r'^version = "([^"]+)"', file.read(), re.MULTILINE)
    except (OSError, ValueError):
        return ""
    return found[1] if found else ""


def is_newer(one: str, other: str) -> bool:
    """Whether a version came after another one. What is no version came before all."""
    return _order(one) > _order(other)


def _order(version: str) -> tuple[list[int], bool, str]:
    """1.10 is after 1.9, and 1.0.0 after 1.0.0-rc.1, whose number is not told from a word."""
    rest = version[:99].lstrip("0123456789.")
    release = version[: len(version[:99]) - len(rest)]
    return [int(part) for part in release.split(".") if part], not rest, rest
