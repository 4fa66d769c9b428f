"""What a right meter finds: the rule of counting, as plainly as it can be written down."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from worlds import Line, Record

Believed = dict[str, dict[str, Any]]  # by key


def believe(files: Iterable[tuple[str, list[Line]]]) -> Believed:
    """Every line of every file, in time: the best line of a key gives the usage, whole."""
    best: dict[str, tuple[tuple[Any, ...], Record]] = {}
    times: dict[str, str] = {}
    places: dict[str, int] = {}
    for path, file in files:
        offset = 0
        for line in file:
            for record in line.records:
                key = key_of(record, path)
                message = record["message"]
                final = message["stop_reason"] is not None
                rank = (final, message["usage"]["output_tokens"], path, offset)
                if key not in best or rank > best[key][0]:
                    best[key] = (rank, record)
                times[key] = min(times.get(key, "9"), record["timestamp"])
                place = 2 * ("requestSessionId" in record) + agents(record, path)
                places[key] = min(places.get(key, 9), place)
            offset += len(line.data) + 1
    rows: Believed = {}
    for key, (rank, record) in best.items():
        about = {"final": rank[0], "time": times[key], "place": places[key]}
        for suffix, model, usage in calls(record["message"]):
            rows[key + suffix] = {"model": model, **tokens_of(usage), **about}
    return rows


def key_of(record: Record, path: str) -> str:
    """The message id; without it the request id; without that the session and the uuid."""
    ident, request = record["message"]["id"], record["requestId"]
    return ident or (
        f"req:{request}" if request else f"line:{session(record, path)}:{record['uuid']}"
    )


def session(record: Record, path: str) -> str:
    """The file's name, or the folder's above subagents; old agent files are told by their lines."""
    place = PurePath(path)
    if not place.stem.startswith("agent-"):
        return place.stem
    return place.parent.parent.name if place.parent.name == "subagents" else record["sessionId"]


def agents(record: Record, path: str) -> bool:
    return bool(record.get("isSidechain")) or PurePath(path).stem.startswith("agent-")


def calls(message: Record) -> Iterable[tuple[str, str, Record]]:
    """The response, then the calls inside it that its own totals leave out."""
    yield "", message["model"], message["usage"]
    seen = {"advisor_message": 0, "compaction": 0}
    for step in message["usage"].get("iterations", ()):
        if step["type"] in seen:
            number = seen[step["type"]]
            seen[step["type"]] += 1
            advisor = step["type"] == "advisor_message"
            name = "advisor" if advisor else "compaction"
            yield f":{name}:{number}", "advisor" if advisor else message["model"], step


def tokens_of(usage: Record) -> dict[str, int]:
    split = usage.get("cache_creation", {})
    short, long = (split.get(f"ephemeral_{n}_input_tokens", 0) for n in ("5m", "1h"))
    rest = max(0, usage.get("cache_creation_input_tokens", 0) - short - long)
    return {
        "input": usage["input_tokens"],
        "output": usage["output_tokens"],
        "read": usage.get("cache_read_input_tokens", 0),
        "write_5m": short + rest,
        "write_1h": long,
    }


def bad_lines(files: Iterable[tuple[str, list[Line]]]) -> int:
    return sum(line.bad for _, file in files for line in file)
