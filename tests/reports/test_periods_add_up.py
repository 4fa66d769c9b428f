"""However a period is split, its parts add up to it, to the last digit; clock changes included."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from metered import MINUTE, START_MS, answer, place_in

from ccmeter.pricing.book import load_book
from ccmeter.pricing.money import load_money
from ccmeter.reports.asked import Filters
from ccmeter.reports.overview import People, make_report
from ccmeter.reports.period import Period
from ccmeter.reports.priced import Totals

FIRST = date(2026, 10, 20)  # Berlin puts its clocks back on the 25th
DAYS = 7
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "glm-5.1")

answers = st.lists(
    st.tuples(
        st.integers(0, DAYS - 1),
        st.sampled_from([-60, -1, 0, 59]),  # minutes from its midnight
        st.sampled_from(MODELS),
        st.integers(0, 300_000),
        st.integers(0, 50_000),
    ),
    min_size=1,
    max_size=30,
)
cuts = st.sets(st.integers(1, DAYS - 1), min_size=1, max_size=3)


def midnight(day: int, zone: str) -> float:
    """When a day begins in the zone, in minutes after the start of these tests."""
    there = datetime.combine(FIRST + timedelta(days=day), time(), ZoneInfo(zone))
    return (there.timestamp() * 1000 - START_MS) / MINUTE


def facts(totals: Totals) -> list[Decimal | int]:
    usd = [totals.list_cost, *totals.compute, *totals.costs, totals.chosen]
    return [totals.responses, totals.unpriced_responses, *totals.usage, *usd]


def plus(parts: list[list[Decimal | int]]) -> list[Decimal | int]:
    return [sum(column, Decimal()) for column in zip(facts(Totals()), *parts, strict=True)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Asia/Kathmandu"])
@settings(max_examples=30, deadline=None, phases=[Phase.generate])
@given(found=answers, cut=cuts)
def test_splitting_a_period_never_changes_a_sum(
    zone: str,
    found: list[tuple[int, int, str, int, int]],
    cut: set[int],
) -> None:
    with TemporaryDirectory() as folder:
        places = place_in(Path(folder))
        place = next(places)
        lines = [
            answer("s", f"m{n}", midnight(day, zone) + off, model=model, read=read, write=write)
            for n, (day, off, model, read, write) in enumerate(found)
        ]
        place.write("s", *lines)
        place.sync()

        def totals(since: date, until: date) -> list[Decimal | int]:
            period = Period(since, until, ZoneInfo(zone), zone)
            people = People(lambda root: "me", lambda user: ())
            money = load_money(load_book(), {})
            report = make_report(
                place.connection, money, period, "day", Filters(), people, "mid", until
            )
            assert facts(report.totals) == plus([facts(row.totals) for row in report.rows])
            return facts(report.totals)

        whole = (FIRST - timedelta(days=1), FIRST + timedelta(days=DAYS + 1))
        assert totals(*whole)[0] == len(found)
        assert plus(_parts(totals, whole, cut)) == totals(*whole)
        next(places, None)  # closes the database


def _parts(
    totals: Callable[[date, date], list[Decimal | int]], whole: tuple[date, date], cut: set[int]
) -> list[list[Decimal | int]]:
    starts = [whole[0], *(FIRST + timedelta(days=day) for day in sorted(cut))]
    ends = [start - timedelta(days=1) for start in starts[1:]] + [whole[1]]
    return [totals(since, until) for since, until in zip(starts, ends, strict=True)]
