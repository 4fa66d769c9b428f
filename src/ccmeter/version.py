"""The version of this code, from the installed package or the checkout it runs from."""

import os
import re


def version() -> str:
    """Return the version. Not at import: looking it up costs more than most commands."""
    checkout = os.path.join(os.path.dirname(__file__), "..", "..", "pyproject.toml")
    if os.path.exists(checkout):
        with open(checkout, encoding="utf-8") as file:
            found = re.search(r'^version = "([^"]+)"', file.read(), re.MULTILINE)
        if found:
            return found[1]
    from importlib.metadata import version as installed

    return installed("ccmeter-plugin")
