"""The client's own meter in .claude.json, read only when the user has opted in.

That file also holds account data. Of its `projects` the numbers of the last session are taken,
nothing else is looked at, and no error quotes the file. It tells of one process per project: the
last one, which is the whole session only when that was never resumed.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from ccmeter.model import CostState
from ccmeter.transcripts.repair import clean
from ccmeter.transcripts.tail import open_file

NAME = ".claude.json"
PROCESS_MS = 0  # stands for the start of a meter that is not a line of a transcript
_LARGEST = 64 << 20  # bytes of the file
_ABSURD = 1 << 53
_COUNTS = (
    "inputTokens",
    "outputTokens",
    "cacheReadInputTokens",
    "cacheCreationInputTokens",
    "webSearchRequests",
    "costUSD",
)


def readings(folders: Iterable[str]) -> list[CostState]:
    """Return what .claude.json in or beside the Claude folders tells, at most once per session.

    A file that is missing, unreadable or not JSON tells nothing.
    """
    found: dict[str, CostState] = {}
    for path in (path for folder in folders for path in meter_files(folder)):
        for state in _states(_projects(path)):
            known = found.get(state.session)
            if known is None or known.duration_ms <= state.duration_ms:
                found[state.session] = state
    return list(found.values())


def meter_files(folder: str) -> list[str]:
    """Return where the file of a Claude folder may be: in it, or beside a folder named .claude."""
    inside = os.path.join(folder, NAME)
    if os.path.basename(folder.rstrip("/\\")) != ".claude":
        return [inside]
    return [inside, os.path.join(os.path.dirname(folder.rstrip("/\\")), NAME)]


def _projects(path: str) -> Mapping[str, Any]:
    try:
        whole = orjson.loads(_content(path))
    except (OSError, ValueError):
        return {}
    projects = whole.get("projects") if isinstance(whole, dict) else None
    return projects if isinstance(projects, dict) else {}


def _content(path: str) -> bytes:
    with os.fdopen(open_file(path), "rb") as file:
        return file.read(_LARGEST)


def _states(projects: Mapping[str, Any]) -> Iterator[CostState]:
    for project in projects.values():
        if isinstance(project, dict):
            state = _state(project)
            if state:
                yield state


def _state(project: Mapping[str, Any]) -> CostState | None:
    session, cost = project.get("lastSessionId"), project.get("lastCost")
    duration, used = project.get("lastDuration"), project.get("lastModelUsage")
    if not isinstance(session, str) or not _is_number(cost) or not _is_number(duration):
        return None
    models = used if isinstance(used, dict) else {}
    numbers = {clean(name): _numbers(row) for name, row in models.items() if isinstance(row, dict)}
    return CostState(
        clean(session),
        PROCESS_MS,
        int(duration or 0),
        repr(cost),
        orjson.dumps(numbers, option=orjson.OPT_SORT_KEYS).decode(),
        unknown_model=False,  # it does not say
        offset=0,
    )


def _numbers(row: Mapping[str, Any]) -> dict[str, int | float]:
    return {name: row[name] for name in _COUNTS if _is_number(row.get(name))}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < _ABSURD
