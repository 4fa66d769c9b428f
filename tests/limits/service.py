"""A service with plan limits, made up: what it answers, and what the client shows of it.

Every response is output of one model at $20 per million tokens, so its list cost is known here.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ccmeter.transcripts.clock import iso

MODEL, USD_A_TOKEN = "claude-opus-5-5", 20e-6
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LENGTHS = {"five_hour": 5 * HOUR, "seven_day": 7 * DAY}


@dataclass
class Service:
    """Counts what is used of each window, and tells it as the headers of a response do."""

    budgets: dict[str, float]  # USD of a whole window, by kind
    digits: int = 2  # of the utilization, which is 0 to 1
    used: dict[str, float] = field(default_factory=dict)
    resets: dict[str, int] = field(default_factory=dict)

    def headers(self, now_ms: int) -> dict[str, Any]:
        """What a response that begins now says: itself not counted yet."""
        for kind, length in LENGTHS.items():
            if kind in self.budgets and now_ms >= self.resets.get(kind, 0):
                self.resets[kind] = now_ms // 1000 * 1000 + length
                self.used[kind] = 0.0
        return {
            kind: {
                "used_percentage": 100 * round(self.used[kind] / budget, self.digits),
                "resets_at": self.resets[kind] // 1000,
            }
            for kind, budget in self.budgets.items()
        }

    def spend(self, usd: float) -> None:
        """Count a response."""
        for kind in self.budgets:
            self.used[kind] += usd


@dataclass
class Day:
    """What a client leaves behind: responses as (time, tokens), and lines of the spool."""

    responses: list[tuple[int, int]] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)


def work(
    service: Service,
    rng: random.Random,
    start_ms: int,
    days: int,
    *,
    hours: tuple[int, int] = (8, 18),
    usd: tuple[float, float] = (0.05, 1.5),
    gap_s: tuple[int, int] = (30, 600),
    elsewhere: float = 0.0,
    headless: float = 0.0,
    stale: float = 0.1,
) -> Day:
    """Work for some days; `elsewhere` is the share of responses that another device gets.

    `headless` is the share of those that no status line follows, `stale` of those after which
    another session shows again what it knew earlier.
    """
    done = Day()
    known: list[dict[str, Any]] = []
    for now in _moments(rng, start_ms, days, hours, gap_s):
        headers = service.headers(now)
        tokens = round(rng.uniform(*usd) / USD_A_TOKEN)
        service.spend(tokens * USD_A_TOKEN)
        if rng.random() < elsewhere:
            continue
        done.responses.append((now, tokens))
        if rng.random() < headless:
            continue
        known.append(headers)
        done.shown.append(line(now + rng.randint(300, 3000), headers))
        if rng.random() < stale:
            done.shown.append(line(now + rng.randint(3000, 9000), rng.choice(known[-5:])))
    return done


def _moments(
    rng: random.Random, start_ms: int, days: int, hours: tuple[int, int], gap_s: tuple[int, int]
) -> Iterator[int]:
    for day in range(days):
        now = start_ms + day * DAY + hours[0] * HOUR + rng.randint(0, HOUR)
        while now < start_ms + day * DAY + hours[1] * HOUR:
            yield now
            now += 1000 * rng.randint(*gap_s)


def line(time_ms: int, headers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A line of the spool."""
    return {"t": time_ms, "session": "session-1", "version": "2.1.330", **headers, **changes}


def answer(number: int, time_ms: int, tokens: int, **changes: Any) -> dict[str, Any]:
    """A line of a transcript: a response with output alone."""
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 0, "output_tokens": tokens, **changes.pop("usage", {})},
    }
    return {
        "type": "assistant",
        "sessionId": "session-1",
        "cwd": "/w/garden",
        "version": "2.1.330",
        "uuid": f"uuid-{number}",
        "timestamp": iso(time_ms),
        "message": {**message, **changes.pop("message", {})},
        **changes,
    }


def write_transcript(claude: Path, done: Day, session: str = "session-1") -> None:
    """Write the responses as a transcript below the Claude folder."""
    path = claude / "projects" / "-w-garden" / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [answer(n, time, tokens) for n, (time, tokens) in enumerate(done.responses)]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))


def write_spool(home: Path, *lines: dict[str, Any]) -> None:
    """Append the lines to the spool of the data folder."""
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "limits.spool", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in lines)
