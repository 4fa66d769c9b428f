"""Alerts, and when one is told again: once per session and rule, until its excess doubles."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

ADVICE, INFO, NOTICE, WATCH = "advice", "info", "notice", "watch"
WARNING, ALARM = "warning", "alarm"
LEVELS = (ADVICE, INFO, NOTICE, WATCH, WARNING, ALARM)  # the gravest last

Money = Decimal | None  # USD; None: unpriced, and so is every sum with it


class Alert(NamedTuple):
    """What a rule says. `tokens` and `usd` are what it is about: lost, or what more it cost."""

    rule: str  # R1 ... R10, or the name of an advice
    level: str
    session: str  # "" when it is about no session
    agent: str
    time_ms: int
    message: str
    advice: str
    tokens: int = 0
    usd: Money = None
    version: str = ""
    is_sum: bool = False  # of the session so far, not what is new


class Heard(NamedTuple):
    """What has been told about one rule in one session, and what has happened since."""

    level: str
    times: int
    tokens: int
    usd: Money
    told_tokens: int
    told_usd: Money


Told = tuple[tuple[str, Heard], ...]  # by rule, of one session


def plus(one: Money, other: Money) -> Money:
    """Return the sum, unknown if a part of it is."""
    return None if one is None or other is None else one + other


def tell(told: Told, alert: Alert) -> tuple[Told, Alert | None]:
    """Return what the session has been told, and the alert if it is to be told now.

    Alerts come as the rules raise them, mostly each with what is new in it; told ones hold the
    sum of the rule in the session. A graver level is always told.
    """
    heard = dict(told).get(alert.rule)
    if heard is None:
        now = Heard(alert.level, 1, alert.tokens, alert.usd, alert.tokens, alert.usd)
        return (*told, (alert.rule, now)), alert
    grown = _grown(heard, alert)
    if not _is_news(grown, alert.level):
        return _with(told, alert.rule, grown), None
    gravest = max(heard.level, alert.level, key=LEVELS.index)
    now = grown._replace(level=gravest, told_tokens=grown.tokens, told_usd=grown.usd)
    again = "" if alert.is_sum else f" {_nth(grown.times)} time in this session."
    message = alert.message + again
    news = alert._replace(message=message, tokens=grown.tokens, usd=grown.usd, is_sum=True)
    return _with(told, alert.rule, now), news


def _grown(heard: Heard, alert: Alert) -> Heard:
    tokens, usd = alert.tokens, alert.usd
    if not alert.is_sum:
        tokens, usd = heard.tokens + tokens, plus(heard.usd, usd)
    level, times, *_, told_tokens, told_usd = heard
    return Heard(level, times + 1, tokens, usd, told_tokens, told_usd)


def settle(raised: Iterable[Alert], told: Told = ()) -> tuple[Told, list[Alert]]:
    """Return what one session has been told, and the alerts to tell, in order of time.

    The order in which the threads of the session were judged does not matter.
    """
    news = []
    for alert in sorted(raised, key=_order):
        told, again = tell(told, alert)
        if again is not None:
            news.append(again)
    return told, news


def _order(alert: Alert) -> tuple[int, str, str, int, str]:
    return (alert.time_ms, alert.agent, alert.rule, alert.tokens, alert.message)


def _is_news(heard: Heard, level: str) -> bool:
    if LEVELS.index(level) > LEVELS.index(heard.level):
        return True
    if heard.usd is not None and heard.told_usd:
        return heard.usd >= 2 * heard.told_usd
    return heard.told_tokens > 0 and heard.tokens >= 2 * heard.told_tokens


def _with(told: Told, rule: str, heard: Heard) -> Told:
    return tuple((name, heard if name == rule else old) for name, old in told)


def _nth(count: int) -> str:
    teens = count % 100 in (11, 12, 13)
    return f"{count}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"
