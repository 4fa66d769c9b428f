"""What goes on right now: today, the last minutes, the limits and the last requests."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from ccmeter.audit.latest import Latest, Verdict
from ccmeter.limits.calibrate import Usd
from ccmeter.limits.samples import DAY_MS, windows
from ccmeter.pricing.book import Book
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import list_cost, thresholds
from ccmeter.reports.asked import project_of
from ccmeter.reports.grouping import agent_of
from ccmeter.reports.limits import Current, current_windows, seen_by_user
from ccmeter.reports.overview import People
from ccmeter.reports.period import Period, stretches
from ccmeter.reports.priced import Totals, known_cost, price_list, total
from ccmeter.reports.ready import Zone
from ccmeter.store.read import load_slices
from ccmeter.store.recent import Answer, last_answers

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
SHORT_MS, LONG_MS = 10 * MINUTE_MS, 30 * MINUTE_MS  # that the burn rate looks back on


class Request(NamedTuple):
    """One of the last responses."""

    time_ms: int
    model: str
    agent: str  # main, or the type of the agent
    project: str
    sent: int  # tokens
    read: int  # of these, from cache
    output: int
    cost: Decimal | None  # None: unpriced
    verdict: Verdict | None  # of the cache's judge; None when it was not judged


class Burn(NamedTuple):
    """List cost per hour, as it went in the last minutes. USD; None: nothing has a price."""

    short: Decimal | None  # the last 10 minutes
    long: Decimal | None  # the last 30 minutes


class Live(NamedTuple):
    """One moment. Times are UTC epoch milliseconds."""

    now_ms: int
    now: datetime  # in the zone of who looks
    today: Totals
    lately: Totals  # the last 30 minutes
    burn: Burn
    limits: Sequence[Current]  # of the user
    requests: Sequence[Request]  # the newest first


class Viewer(NamedTuple):
    """Who looks, and by what it is priced and judged."""

    book: Book
    people: People
    user: str
    zone: Zone
    latest: Latest


def look(
    connection: sqlite3.Connection,
    viewer: Viewer,
    now_ms: int,
    worth: Mapping[str, Usd],
    count: int,
) -> Live:
    """Return this moment, with the last `count` requests. Reads the database only.

    `worth` is what 100 % of the limits are worth by kind.
    """
    book, zone = viewer.book, viewer.zone
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone[0])
    day = Period(now.date(), now.date(), *zone)
    lately = _totals(connection, book, [(now_ms - LONG_MS, now_ms + 1, 0)])
    answers = last_answers(connection, now_ms - DAY_MS, count)
    verdicts = viewer.latest.verdicts(connection, answers)
    return Live(
        now_ms,
        now,
        _totals(connection, book, stretches(day)),
        lately,
        _burn(connection, book, lately, now_ms),
        _limits(connection, viewer, now_ms, worth),
        [_request(answer, book, verdicts) for answer in answers],
    )


def later(live: Live, now_ms: int) -> Live:
    """Return the same at a later moment, when nothing was stored meanwhile."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(live.now.tzinfo)
    return live._replace(now_ms=now_ms, now=now)


def _totals(
    connection: sqlite3.Connection, book: Book, cuts: Sequence[tuple[int, int, int]]
) -> Totals:
    return total(price_list(load_slices(connection, cuts, thresholds(book)), book))


def _burn(connection: sqlite3.Connection, book: Book, lately: Totals, now_ms: int) -> Burn:
    short = _totals(connection, book, [(now_ms - SHORT_MS, now_ms + 1, 0)])
    return Burn(_hourly(short, SHORT_MS), _hourly(lately, LONG_MS))


def _hourly(totals: Totals, ms: int) -> Decimal | None:
    cost = known_cost(totals)
    return None if cost is None else cost * HOUR_MS / ms


def _limits(
    connection: sqlite3.Connection, viewer: Viewer, now_ms: int, worth: Mapping[str, Usd]
) -> Sequence[Current]:
    user_of = viewer.people.user_of
    seen = seen_by_user(connection, user_of, now_ms).get(viewer.user, [])

    def is_user(root: str) -> bool:
        return user_of(root) == viewer.user

    found = current_windows(connection, viewer.book, windows(seen), worth, is_user, now_ms)
    return [current for current in found if current.is_open]


def _request(answer: Answer, book: Book, verdicts: Mapping[str, Verdict]) -> Request:
    usage, prompt = answer.usage, answer.usage.prompt_tokens
    day = datetime.fromtimestamp(answer.time_ms / 1000, UTC).date().isoformat()
    return Request(
        answer.time_ms,
        canonical(answer.terms.model),
        agent_of(answer.who),
        project_of(answer.who),
        prompt,
        usage.cache_read_tokens,
        usage.output_tokens,
        list_cost(book, usage, answer.terms, day, prompt),
        verdicts.get(answer.key),
    )
