"""A plan is compared with what was used under it: all of it, on days that have been."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

Ok = Callable[..., str]


@pytest.fixture(autouse=True)
def _used(transcript: Any, answer: Any) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    transcript(answer("m1", now))


@pytest.mark.parametrize(
    "part", [("--project", "garden"), ("--model", "claude"), ("--session", "session-1")]
)
def test_a_part_of_the_usage_is_compared_with_no_plan(ok: Ok, part: tuple[str, str]) -> None:
    asked = ("report", "--tier", "max-20x")

    assert json.loads(ok(*asked, "--json"))["plan"]
    assert "plan" not in json.loads(ok(*asked, *part, "--json"))
    text = " ".join(ok(*asked, *part).split())
    assert "You paid" not in text
    assert "not of a part" in text


def test_days_to_come_are_not_paid_for_yet(ok: Ok) -> None:
    today = datetime.now(UTC).date()
    asked = ("report", "--since", str(today - timedelta(days=9)), "--tier", "max-20x", "--json")

    so_far, longer = (
        json.loads(ok(*asked, "--until", str(today + timedelta(days=more)))) for more in (0, 60)
    )

    assert longer["plan"] == so_far["plan"]


def test_plans_takes_the_price_that_the_user_pays(ok: Ok) -> None:
    ok("config", "set", "tier", "pro")
    monthly = _own(ok)
    ok("config", "set", "annual", "true")

    assert _own(ok) < monthly
    assert _own(ok) == json.loads(ok("report", "--last", "month", "--json"))["plan"]["price_usd"]


def _own(ok: Ok) -> float:
    plans = json.loads(ok("plans", "--json"))["plans"]
    (price,) = [plan["price_usd"] for plan in plans if plan["own"]]
    return float(price)
