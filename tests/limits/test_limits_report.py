"""From transcripts and spool to what 100 % is worth, through the database, worked out by hand."""

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from service import DAY, HOUR, MINUTE, Day, Service, answer, line, work, write_spool

from ccmeter.config import Config, Tier, User
from ccmeter.ingest import ingest
from ccmeter.pricing.book import load_book
from ccmeter.reports.limit_worth import Fit
from ccmeter.reports.limits import LimitsReport, UserLimits, make_limits_report
from ccmeter.reports.overview import People
from ccmeter.reports.plan_cost import PlanCost, plan_costs
from ccmeter.store.db import open_rw
from ccmeter.store.limits import take_in

MONDAY = 1_795_392_000_000  # 2026-11-23 00:00 UTC
NOON = MONDAY + 12 * HOUR
DOLLAR = 50_000  # output tokens of the model


class Place:
    """A data folder with what was written into it."""

    def __init__(self, connection: sqlite3.Connection, home: Path, claude: Path) -> None:
        self.connection, self.home, self.claude = connection, home, claude
        self.config = Config()
        self.number = 0

    def answers(
        self, *answers: tuple[int, float], folder: Path | None = None, **changes: Any
    ) -> None:
        """Responses as (time, dollars), in a session of their own."""
        self.number += 1
        claude = folder or self.claude
        path = claude / "projects" / "-w-garden" / f"session-{self.number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            answer(self.number * 1000 + n, time, round(usd * DOLLAR), **dict(changes))
            for n, (time, usd) in enumerate(answers)
        ]
        path.write_text("".join(json.dumps(each) + "\n" for each in lines))
        ingest(self.connection, [str(claude)])

    def shows(self, kind: str, resets_ms: int, *sights: tuple[int, float], **changes: Any) -> None:
        """Sights of a window as (time, percent)."""
        changes.setdefault("config", str(self.claude))
        lines = [
            line(time, {kind: {"used_percentage": used, "resets_at": resets_ms // 1000}}, **changes)
            for time, used in sights
        ]
        write_spool(self.home, *lines)
        take_in(self.connection, str(self.home))

    def report(self, now_ms: int, user: str | None = None, zone: str = "UTC") -> LimitsReport:
        people = People(self.config.user_of, self.config.tiers_of)
        where = (ZoneInfo(zone), zone)
        return make_limits_report(self.connection, load_book(), people, where, now_ms, user)

    def one(self, now_ms: int, **options: Any) -> UserLimits:
        (found,) = self.report(now_ms, **options).users
        return found

    def cost(self, since_ms: int, until_ms: int) -> PlanCost:
        (found,) = plan_costs(self.connection, load_book(), [(since_ms, until_ms)], lambda _: True)
        return found


@pytest.fixture
def place(home: Path, claude_dir: Path) -> Iterator[Place]:
    data = home / "ccmeter"
    with closing(open_rw(str(data))) as connection:
        yield Place(connection, data, claude_dir)


def window(place: Place, start: int, points: int = 10, usd: float = 6.0, **changes: Any) -> None:
    """A 5-hour window from 10 % on: a dollar is spent every ten minutes, seen two minutes later.

    The cost lies evenly between the first sight and the last; none in the minute before either.
    """
    count = round(usd)
    times = [start + (n + 1) * 10 * MINUTE for n in range(count)]
    place.answers(*((time, usd / count) for time in times), **changes)
    end = times[-1] + 2 * MINUTE
    place.shows("five_hour", start + 5 * HOUR, (start, 10), (end, 10 + points))


def test_a_cost_is_that_of_responses_after_the_first_moment_up_to_the_second(place: Place) -> None:
    place.answers((NOON, 1), (NOON + 1, 2), (NOON + 5, 4), (NOON + 6, 8))

    assert place.cost(NOON, NOON + 5).usd == 6


def test_fast_mode_and_models_of_others_do_not_count_towards_a_plan(place: Place) -> None:
    place.answers((NOON, 1))
    place.answers((NOON, 5), usage={"speed": "fast"})
    place.answers((NOON, 7), message={"model": "glm-5.1"})

    assert place.cost(NOON - 1, NOON) == PlanCost(Decimal(1), Decimal(0), False)


def test_a_claude_model_without_a_price_makes_the_cost_uncertain(place: Place) -> None:
    place.answers((NOON, 1))
    place.answers((NOON, 5), message={"model": "claude-unheard-of-9"})

    assert place.cost(NOON - 1, NOON) == PlanCost(Decimal(1), Decimal(0), True)


def test_cache_reads_are_told_apart(place: Place) -> None:
    """10 million tokens at $0.20 a million, and a dollar of output."""
    place.answers((NOON, 1), usage={"output_tokens": DOLLAR, "cache_read_input_tokens": 10**7})

    assert place.cost(NOON - 1, NOON) == PlanCost(Decimal(3), Decimal(2), False)


def test_long_prompts_are_priced_as_long_ones(place: Place) -> None:
    """claude-haiku-5-5: $0.1 up to 100,000 prompt tokens, $0.5 above, for the whole request."""
    for tokens in (100_000, 100_001):
        usage = {"input_tokens": tokens, "output_tokens": 0}
        place.answers((NOON, 0), usage=usage, message={"model": "claude-haiku-5-5"})

    assert place.cost(NOON - 1, NOON).usd == Decimal("0.01") + Decimal("0.0500005")


def test_three_windows_give_the_worth(place: Place) -> None:
    """6 dollars for 10 points: 60 for 100. Rounding: 6 for up to 11 points, or for down to 9."""
    for n in range(3):
        window(place, NOON + n * 6 * HOUR)
    (fit,) = place.one(NOON + DAY).fits

    assert (fit.kind, fit.windows, fit.points, fit.until_ms) == ("five_hour", 3, 3000, None)
    assert fit.worth
    assert [round(value, 4) for value in fit.worth] == [
        Decimal("54.5455"),
        Decimal("60"),
        Decimal("66.6667"),
        Decimal("0"),
    ]


def test_two_windows_are_too_few_and_counted(place: Place) -> None:
    for n in range(2):
        window(place, NOON + n * 6 * HOUR)
    window(place, NOON + 12 * HOUR, points=4)
    (fit,) = place.one(NOON + DAY).fits

    assert (fit.worth, fit.windows, fit.points) == (None, 2, 2000)


def test_a_response_just_before_a_sight_widens_the_interval(place: Place) -> None:
    """A dollar of the minute before may be missing in a percentage, at either end.

    So it may be 5 dollars for 11 points, or 7 for 9.
    """
    for n in range(3):
        start = NOON + n * 6 * HOUR
        place.answers((start - 30_000, 1), (start + HOUR, 5), (start + 2 * HOUR - 30_000, 1))
        place.shows("five_hour", start + 5 * HOUR, (start, 10), (start + 2 * HOUR, 20))
    (fit,) = place.one(NOON + DAY).fits

    assert fit.worth
    assert round(fit.worth.low, 4) == Decimal("45.4545")
    assert round(fit.worth.high, 4) == Decimal("77.7778")


def test_windows_in_which_nothing_was_spent_here_are_left_out(place: Place) -> None:
    for n in range(3):
        window(place, NOON + n * 6 * HOUR)
    for n in range(3, 9):
        start = NOON + n * 6 * HOUR
        place.shows("five_hour", start + 5 * HOUR, (start, 10), (start + HOUR, 90))
    (fit,) = place.one(NOON + 3 * DAY).fits

    assert fit.worth
    assert (fit.windows, fit.worth.mid) == (3, 60)


def test_windows_with_a_price_that_is_not_known_are_left_out(place: Place) -> None:
    for n in range(4):
        window(place, NOON + n * 6 * HOUR)
    place.answers((NOON + 20 * MINUTE, 1), message={"model": "claude-unheard-of-9"})
    (fit,) = place.one(NOON + 2 * DAY).fits

    assert fit.windows == 3


def test_times_before_and_after_a_known_change_are_measured_apart(place: Place) -> None:
    """The weekly limit changed on 2026-09-14. A token of this model costs 25 millionths, not 20."""
    september = MONDAY - 70 * DAY  # 2026-09-14 00:00 UTC
    for week, points in ((-4, 30), (-3, 30), (-2, 30), (0, 20), (1, 20), (2, 20)):
        start = september + week * 7 * DAY + HOUR
        answers = ((start + n * 12 * HOUR, 16.0) for n in range(1, 4))
        place.answers(*answers, message={"model": "claude-opus-5"})
        sights = ((start, 10), (start + 40 * HOUR, 10 + points))
        place.shows("seven_day", start + 7 * DAY, *sights)
    fits = {fit.since_ms: fit for fit in place.one(september + 28 * DAY).fits}
    before, behind = (fits[ms] for ms in sorted(fits)[:2])

    assert before.until_ms == behind.since_ms == september
    assert before.worth
    assert behind.worth
    assert (before.worth.mid, behind.worth.mid) == (200, 300)


def test_a_change_of_plan_is_a_change_of_the_limit(place: Place) -> None:
    change = MONDAY + 2 * DAY
    place.config = Config(tiers=(Tier("pro", "", False), Tier("max", "2026-11-25", False)))
    for n in range(3):
        window(place, MONDAY + n * 6 * HOUR, points=30)
        window(place, change + n * 6 * HOUR, points=10)
    early, late = [fit for fit in place.one(change + DAY).fits if fit.windows]

    assert (early.until_ms, late.since_ms, late.until_ms) == (change, change, None)
    assert early.worth
    assert late.worth
    assert (early.worth.mid, late.worth.mid) == (20, 60)


def test_a_plan_that_begins_tomorrow_changes_nothing_today(place: Place) -> None:
    place.config = Config(tiers=(Tier("pro", "", False), Tier("max", "2026-12-24", False)))
    for n in range(3):
        window(place, NOON + n * 6 * HOUR)
    current = place.one(NOON + DAY).fits[-1]

    assert current.until_ms is None
    assert current.windows == 3


def test_reads_that_count_for_less_than_their_price_show(place: Place) -> None:
    """Windows of 6 dollars of output each, and of cache reads as it happens: 1, 9, 3, 20, 0."""
    for n, reads in enumerate((1, 9, 3, 20, 0)):
        start = NOON + n * 6 * HOUR
        place.answers(
            (start + HOUR, 6),
            usage={"output_tokens": 6 * DOLLAR, "cache_read_input_tokens": reads * 5_000_000},
        )
        place.shows("five_hour", start + 5 * HOUR, (start, 10), (start + 2 * HOUR, 20))
    (fit,) = place.one(NOON + 2 * DAY).fits

    assert fit.worth
    assert fit.worth.mid == 90  # 9 dollars for 10 points: what list price makes of it
    assert fit.worth.spread > Decimal("0.2")
    assert fit.spread_without_reads == 0


def test_each_user_has_windows_and_costs_of_their_own(place: Place, home: Path) -> None:
    ada, grace = home / "ada", home / "grace"
    place.config = Config(users=(User("ada", str(ada), ()), User("grace", str(grace), ())))
    for n in range(3):
        start = NOON + n * 6 * HOUR
        for folder, usd in ((ada, 6), (grace, 2)):
            place.answers((start + HOUR, usd), folder=folder)
            sights = ((start, 10), (start + 2 * HOUR, 20))
            place.shows("five_hour", start + 5 * HOUR, *sights, config=str(folder))
    found = {each.user: each.fits[0].worth for each in place.report(NOON + DAY).users}

    assert {user: known and known.mid for user, known in found.items()} == {"ada": 60, "grace": 20}
    assert [each.user for each in place.report(NOON + DAY, user="grace").users] == ["grace"]
    assert place.report(NOON + DAY, user="nobody").users == []


def test_one_account_in_two_folders_is_one(place: Place, home: Path) -> None:
    """The second folder spends half of it and shows half of it."""
    other = home / ".config" / "claude"
    for n in range(3):
        start = NOON + n * 6 * HOUR
        place.answers((start + 20 * MINUTE, 3))
        place.answers((start + 50 * MINUTE, 3), folder=other)
        place.shows("five_hour", start + 5 * HOUR, (start, 10))
        place.shows("five_hour", start + 5 * HOUR, (start + HOUR, 20), config=str(other))
    (fit,) = place.one(NOON + DAY).fits

    assert fit.worth
    assert fit.worth.mid == 60


def test_the_window_that_was_seen_last_is_the_current_one(place: Place) -> None:
    place.shows("five_hour", NOON + HOUR, (NOON - HOUR, 70))
    place.shows("five_hour", NOON + 6 * HOUR, (NOON + 2 * HOUR, 5), (NOON + 3 * HOUR, 9))
    place.shows("spend_limit", NOON + 9 * DAY, (NOON, 3))
    place.shows("seven_day", NOON + 3 * DAY, (NOON, 33))
    found = place.one(NOON + 4 * HOUR).current

    assert [(each.window.kind, each.window.last.used, each.is_open) for each in found] == [
        ("five_hour", 900, True),
        ("seven_day", 3300, True),
        ("spend_limit", 300, True),
    ]
    assert found[2].pace is None


def test_a_window_that_was_reset_since_is_not_open(place: Place) -> None:
    place.shows("five_hour", NOON + HOUR, (NOON, 70))
    (current,) = place.one(NOON + HOUR).current

    assert not current.is_open
    assert current.pace is None


def test_the_pace_is_by_percentages_until_the_worth_is_known(place: Place) -> None:
    """From 40 to 50 % in the last half hour; then also 3 dollars of 60 spent since the last."""
    place.shows("five_hour", NOON + 2 * HOUR, (NOON - 40 * MINUTE, 40), (NOON - 10 * MINUTE, 50))
    (current,) = place.one(NOON).current
    assert current.pace
    assert (current.pace.basis, current.pace.used, current.pace.per_hour) == ("samples", 5000, 2000)

    for n in range(1, 4):
        window(place, NOON - n * DAY)
    place.answers((NOON - 20 * MINUTE, 3), (NOON - 5 * MINUTE, 3))
    (current,) = place.one(NOON).current
    assert current.pace
    assert current.pace.basis == "list"
    assert current.pace.used == 5500
    assert current.pace.per_hour == 2000
    assert current.pace.at_reset == 9500


def test_what_100_percent_were_worth_under_another_plan_gives_no_pace(place: Place) -> None:
    place.config = Config(tiers=(Tier("pro", "", False), Tier("max", "2026-11-25", False)))
    for n in range(3):
        window(place, MONDAY + n * 6 * HOUR)
    late = MONDAY + 3 * DAY
    place.shows("five_hour", late + HOUR, (late - 20 * MINUTE, 40), (late - MINUTE, 50))
    found = place.one(late)

    assert [fit.worth is None for fit in found.fits if fit.windows or fit.until_ms is None] == [
        False,
        True,
    ]
    assert found.current[0].pace
    assert found.current[0].pace.basis == "samples"


def test_every_week_has_a_row(place: Place) -> None:
    window(place, MONDAY + HOUR)
    window(place, MONDAY + 7 * HOUR, points=20)
    window(place, MONDAY + 14 * DAY)
    place.answers((MONDAY + 8 * DAY, 4))
    one, two, three = place.one(MONDAY + 15 * DAY).weeks

    assert [week.monday for week in (one, two, three)] == [
        date(2026, 11, 23),
        date(2026, 11, 30),
        date(2026, 12, 7),
    ]
    assert [week.list_usd for week in (one, two, three)] == [12, 4, 6]
    assert two.kinds == ()
    (kind,) = one.kinds
    assert (kind.windows, kind.highest) == (2, 3000)
    assert kind.worth
    assert kind.worth.mid == 30  # the window of 20 points weighs more than that of 10


def test_weeks_begin_on_monday_in_the_zone_of_the_user(place: Place) -> None:
    window(place, MONDAY - 2 * HOUR)  # seen last at Sunday 23:02 UTC

    assert place.one(MONDAY + DAY).weeks[0].monday == date(2026, 11, 16)
    assert place.one(MONDAY + DAY, zone="Asia/Tokyo").weeks[0].monday == date(2026, 11, 23)


def test_what_was_seen_more_than_half_a_year_ago_is_left_out(place: Place) -> None:
    place.shows("five_hour", NOON, (NOON - HOUR, 3))

    assert place.report(NOON + 182 * DAY).users
    assert place.report(NOON + 183 * DAY).users == []


def test_nothing_seen_is_an_empty_report(place: Place) -> None:
    assert place.report(NOON).users == []


def test_a_month_of_work_gives_back_the_budgets_of_the_service(place: Place) -> None:
    """Both windows at once, through transcripts, spool and database."""
    rng = random.Random(11)
    service = Service({"five_hour": 60.0, "seven_day": 500.0})
    start = MONDAY + 7 * DAY
    done: Day = work(service, rng, start, 28, gap_s=(120, 1200))
    place.answers(*((time, tokens / DOLLAR) for time, tokens in done.responses))
    write_spool(place.home, *({**each, "config": str(place.claude)} for each in done.shown))
    take_in(place.connection, str(place.home))
    found: dict[str, Fit] = {fit.kind: fit for fit in place.one(start + 28 * DAY).fits}

    for kind, budget in (("five_hour", 60), ("seven_day", 500)):
        known = found[kind].worth
        assert known
        assert known.low < budget < known.high
        assert abs(known.mid / budget - 1) < Decimal("0.02")
        assert (known.high - known.low) / budget < Decimal("0.17")


def test_a_report_writes_nothing(place: Place) -> None:
    window(place, NOON)
    place.connection.execute("pragma query_only = on")

    assert place.one(NOON + DAY).fits
