"""What the user should hear of, each thing once: into the files that hooks show."""

import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from ccmeter.audit.notices import CacheNotice, notices_for
from ccmeter.cache.alerts import Alert
from ccmeter.limits.samples import WHOLE, Window, windows
from ccmeter.notices import START, Notice, leave, take
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.reports.ready import Zone
from ccmeter.store.limits import load_seen
from ccmeter.store.ready import load_ready, save_ready

WINDOW_MS = 3 * 86_400_000  # what is older is not told any more
FRESH_MS = 900_000  # a request of then belongs to a session that still runs
STALE_MS = 4 * 3_600_000  # a notice that its session has not shown by then waits for another one
_TOLD = "told"  # a ready value: what was told, by key, with its time
_FOLDER = "notices"

Told = dict[str, int]


class News(NamedTuple):
    """Something new, and the session it is for: its id or START."""

    name: str
    notice: Notice


def find_news(
    connection: sqlite3.Connection,
    sessions: Collection[str],
    unpriced: Iterable[str],
    alarms: Iterable[Alert],
    zone: Zone,
    now_ms: int,
) -> tuple[list[News], Told]:
    """Return what has not been told yet, and what will have been told with it.

    `alarms` are about no session; `unpriced` are models.
    Where nothing is remembered, all but the newest is taken as told: the past is no news.
    """
    known = load_ready(connection, _TOLD)
    told: Told = {} if known is None else dict(known)
    found = list(_found(connection, sessions if known is not None else None, now_ms, told))
    found += [*_unpriced(unpriced, now_ms), *_used_up(connection, zone, now_ms)]
    found += _alarms(alarms, now_ms)
    first_ms = now_ms - FRESH_MS if known is None else 0
    news = [each for key, each in found if key not in told and each.notice.time_ms >= first_ms]
    kept = {key: ms for key, ms in told.items() if ms >= now_ms - 2 * WINDOW_MS}
    return news, {**{key: each.notice.time_ms for key, each in found}, **kept}


def remember(connection: sqlite3.Connection, told: Told, now_ms: int) -> None:
    """Store what was told. The caller holds the writer's lock."""
    if told != load_ready(connection, _TOLD):
        save_ready(connection, {_TOLD: told}, now_ms)


def leave_news(home: str, news: Iterable[News]) -> None:
    """Put the news where hooks look for them. OSError."""
    by_name: dict[str, list[Notice]] = {}
    for each in news:
        by_name.setdefault(each.name, []).append(each.notice)
    for name, notices in by_name.items():
        try:
            leave(home, name, notices)
        except ValueError:  # an id that makes no file name
            leave(home, START, notices)


def forward_stale(home: str) -> None:
    """Let the next session show what a session that is over was to show. OSError."""
    folder = os.path.join(home, _FOLDER)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    for name in (name.removesuffix(".json") for name in names if name.endswith(".json")):
        path = os.path.join(folder, f"{name}.json")
        with suppress(FileNotFoundError):  # a hook took it
            if name != START and time.time() - os.path.getmtime(path) > STALE_MS / 1000:
                leave(home, START, take(home, name))


def _found(
    connection: sqlite3.Connection, sessions: Collection[str] | None, now_ms: int, told: Told
) -> Iterator[tuple[str, News]]:
    for found in notices_for(connection, now_ms - WINDOW_MS, sessions):
        name = found.session if found.time_ms >= now_ms - FRESH_MS else START
        notice = Notice(found.level, found.rule, found.message, found.time_ms)
        yield _key(found, told), News(name or START, notice)


def _key(found: CacheNotice, told: Told) -> str:
    """What it is remembered as; a sum that has not doubled is the one that was told."""
    if found.sum_tokens is None:
        return f"{found.session}/{found.rule}/{found.time_ms}"
    start = f"{found.session}/{found.rule}/sum "
    sums = (int(key.removeprefix(start)) for key in told if key.startswith(start))
    known = next((tokens for tokens in sums if found.sum_tokens < 2 * tokens), found.sum_tokens)
    return f"{start}{known}"


def _unpriced(models: Iterable[str], now_ms: int) -> Iterator[tuple[str, News]]:
    for model in models:
        newer = is_claude(canonical(model))
        todo = (
            "fetch newer prices: ccmeter prices refresh" if newer else "set one: ccmeter prices set"
        )
        text = (
            f"{model or 'a model without a name'} has no known price: its tokens are counted, but"
            f" they are in no cost. To {todo}"
        )
        yield f"unpriced/{model}", News(START, Notice("notice", "", text, now_ms))


def _alarms(alarms: Iterable[Alert], now_ms: int) -> Iterator[tuple[str, News]]:
    for alarm in alarms:
        text = f"{alarm.message} {alarm.advice}"
        notice = Notice(alarm.level, alarm.rule, text, now_ms)
        yield f"{alarm.rule}/{alarm.version}", News(START, notice)


def _used_up(connection: sqlite3.Connection, zone: Zone, now_ms: int) -> Iterator[tuple[str, News]]:
    for window in windows(load_seen(connection, now_ms)):
        if window.last.used >= WHOLE:
            yield f"limit/{window.kind}/{window.resets_ms}", News(START, _limit(window, zone))


def _limit(window: Window, zone: Zone) -> Notice:
    kind = window.kind.replace("_", " ")
    moment = datetime.fromtimestamp(window.resets_ms / 1000, zone[0])
    text = f"the {kind} limit is used up until {moment:%a %d %b %H:%M}"
    return Notice("notice", "", text, window.last.first_ms)
