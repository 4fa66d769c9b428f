"""A plan is compared with what was used under it: all of it, on days that have been."""

import json
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
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


def pro(days: int) -> float:
    """What Pro cost in the last days: $20 for all days of a month."""
    today = datetime.now(UTC).date()
    every = (today - timedelta(days=n) for n in range(days))
    return sum(20 / monthrange(day.year, day.month)[1] for day in every)


def test_of_all_time_nobody_pays_for_days_before_he_began(
    ok: Ok, home: Path, transcript: Any, answer: Any
) -> None:
    """Ada began 99 days ago and Grace 9 days ago; a period that is said is meant."""
    for name, ago in (("ada", 99), ("grace", 9)):
        time = (datetime.now(UTC) - timedelta(days=ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        transcript(answer(name, time), folder=home / name)
    users = "".join(
        f'[[users]]\nname = "{name}"\nfolder = "{home / name}"\ntier = "pro"\n'
        for name in ("ada", "grace")
    )
    (home / "ccmeter").mkdir(exist_ok=True)
    (home / "ccmeter" / "config.toml").write_text(users)

    def prices(*period: str) -> dict[str, float]:
        found = json.loads(ok("report", *period, "--json"))["plans"]
        return {plan["user"]: plan["price_usd"] for plan in found}

    assert prices("--last", "all") == pytest.approx({"ada": pro(100), "grace": pro(10)})
    assert prices("--last", "120d") == pytest.approx({"ada": pro(120), "grace": pro(120)})
    since = str(datetime.now(UTC).date() - timedelta(days=99))
    assert prices("--since", since) == pytest.approx({"ada": pro(100), "grace": pro(100)})

    alone = json.loads(ok("report", "--last", "all", "--user", "grace", "--json"))
    assert alone["plan"]["price_usd"] == pytest.approx(pro(10))
    text = " ".join(ok("report", "--last", "all", "--user", "grace").split())
    assert "its share of 10 days" in text
    found = json.loads(ok("plans", "--last", "all", "--user", "grace", "--json"))
    prices_ = [plan["price_usd"] for plan in found["plans"] if plan["own"]]
    assert prices_ == [pytest.approx(pro(10))]
    assert found["period"]["since"] == str(datetime.now(UTC).date() - timedelta(days=9))


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
