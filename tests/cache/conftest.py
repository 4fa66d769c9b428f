"""Builders for the requests that the tests of cache judgement are about."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from ccmeter.cache.steps import Step, StepPrices

NOON_MS = 1_795_000_000_000
# list prices of Opus 4.5 to 5, USD per million tokens
OPUS = StepPrices(Decimal(5), Decimal("0.5"), Decimal("6.25"), Decimal(10))
OUTPUT_PRICE = Decimal(25)
MARKS = {"compact_boundary": "compact", "microcompact_boundary": "microcompact"}

MakeStep = Callable[..., Step]


def _step(at_s: float, read: int = 0, write_1h: int = 0, **more: Any) -> Step:
    """A request of the main thread, `at_s` seconds after noon; an hour's writes."""
    start = NOON_MS + round(1000 * at_s)
    fields: dict[str, Any] = {
        "session": "s1",
        "agent": "",
        "message_id": f"msg_{start}",
        "start_ms": start,
        "end_ms": start,
        "model": "claude-opus-5",
        "is_claude": True,
        "version": "2.1.219",
        "input_tokens": 2,
        "output_tokens": 300,
        "cache_read_tokens": read,
        "cache_write_5m_tokens": more.pop("write_5m", 0),
        "cache_write_1h_tokens": write_1h,
        "prices": OPUS,
    }
    step = Step(**(fields | more))
    if step.prices is None or "cost_usd" in more:
        return step
    tokens = (
        step.input_tokens,
        step.cache_read_tokens,
        step.cache_write_5m_tokens,
        step.cache_write_1h_tokens,
    )
    prompt = sum((n * p for n, p in zip(tokens, step.prices, strict=True)), Decimal())
    return step._replace(cost_usd=(prompt + step.output_tokens * OUTPUT_PRICE) / 1_000_000)


def _segments(case: dict[str, Any]) -> Iterable[list[Step]]:
    """The requests of a case; a row that follows no other one begins a thread of its own."""
    agent = "" if case["thread"] == "main" else "a1"
    now, segment = 0.0, list[Step]()
    for number, row in enumerate(case["requests"]):
        if row["gap_s"] is None and segment:
            yield segment
            segment = []
        now += row["gap_s"] or 0
        events = row.get("events", [])
        segment.append(
            _step(
                now,
                row["read"],
                row["write_1h"],
                write_5m=row["write_5m"],
                agent=agent,
                session=case["id"],
                message_id=f"msg_{number}",
                input_tokens=row["input"],
                output_tokens=row["output"],
                model=row.get("model") or "claude-opus-5",
                version=row.get("version") or "",
                effort=row.get("effort") or "",
                miss_reason=row.get("diag") or "",
                new_process="resume" in events,
                marks=tuple(MARKS.get(event, event) for event in events if event != "resume"),
            )
        )
    yield segment


@pytest.fixture(scope="session")
def step() -> MakeStep:
    """Make one request."""
    return _step


@pytest.fixture(scope="session")
def segments() -> Callable[[dict[str, Any]], Iterable[list[Step]]]:
    """Make the threads of a published case."""
    return _segments
