"""What stood in settings.json before ccmeter changed it, so that it can be put back."""

import json
import os
from collections.abc import Mapping
from typing import Any

from ccmeter.paths import ensure_home
from ccmeter.settings.atomic import replacing

_FILE = "setup.json"

Before = dict[str, Any]  # JSON: "statusline": text or null, "env": variables, see telemetry


def load_before(home: str, path: str) -> Before:
    """Return what is known about a settings.json, {} for nothing."""
    found = _load(home).get(path)
    return dict(found) if isinstance(found, dict) else {}


def save_before(home: str, path: str, before: Mapping[str, Any]) -> None:
    """Remember it; nothing to remember removes it. OSError when it cannot be written."""
    known = {key: value for key, value in _load(home).items() if key != path}
    if before:
        known[path] = dict(before)
    with replacing(os.path.join(ensure_home(home), _FILE)) as file:
        file.write(json.dumps(known, indent=2).encode())


def _load(home: str) -> dict[str, Any]:
    try:
        with open(os.path.join(home, _FILE), "rb") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
