"""The table of alerts, by session or client version, and what to do about them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from rich.console import Console

from ccmeter.cache.alerts import LEVELS, NOTICE, Alert
from ccmeter.cache.version_alerts import rates_sentence
from ccmeter.cache.wording import afterwards
from ccmeter.render import units
from ccmeter.render.audit_words import style_of
from ccmeter.render.column import Column
from ccmeter.render.lines import say
from ccmeter.render.table import print_table, print_title
from ccmeter.render.units import printable
from ccmeter.reports.audit import Audit
from ccmeter.reports.cache_rules import newest, rule_name

_ID = 8  # characters of a session's
_SHOWN = 12  # sessions with alerts
_RULES = 3  # of a session, the gravest
_LOWEST = LEVELS.index(NOTICE)
_OR = " Or try "  # another version, which is said once


def print_alerts(console: Console, audit: Audit) -> None:
    """Print a row per session, its gravest alert first, and one line for each thing to do."""
    told = [alert for alert in audit.alerts if alert.level in LEVELS[_LOWEST:]]
    groups = _by_session(told)
    if not groups:
        return
    print_title(console, "Alerts")
    shown, zone = groups[:_SHOWN], audit.period.zone
    room = max(10, console.width - 76)
    projects = [audit.projects.get(group[0].session, "") for group in shown]
    columns = [
        Column("", [g[0].level for g in shown], styles=[_style(g[0]) for g in shown]),
        Column("since", [_when(_since(g, audit), zone) for g in shown], keep=1),
        Column("last", [_when(max(a.time_ms for a in g), zone) for g in shown], keep=5),
        Column("session", [_where(g[0]) for g in shown]),
        Column("project", [units.tail(printable(p), room) for p in projects], keep=4),
        Column("rules", [_rules(g) for g in shown], keep=3),
        Column("what", [rule_name(g[0].rule).title for g in shown], keep=2),
        Column("cost", [units.usd(_cost(g)) for g in shown], right=True, styles="money"),
    ]
    print_table(console, columns)
    if len(groups) > len(shown):
        more = len(groups) - len(shown)
        say(console, f"and {more} more: ccmeter audit --json", "quiet", "  ", "  ")
    _what_to_do(console, [alert for group in shown for alert in group])
    _one_of(console, [group[0].session for group in shown if group[0].session])


def print_session_alerts(console: Console, audit: Audit, session: str) -> None:
    """Print the alerts of one session in full: what happened, how its client does, what to do."""
    own = [a for a in audit.alerts if a.session == session and a.level in LEVELS[_LOWEST:]]
    told = newest(own)
    if not told:
        return
    print_title(console, "Alerts")
    versions = {alert.version for alert in told}
    rates = [rates_sentence(row) for row in audit.versions if row.version in versions]
    for alert in told:
        message = alert.message
        for sentence in rates:
            message = message.removesuffix(f" {sentence}")
        say(console, message, _style(alert), f"  {alert.rule}: ", "    ")
    for sentence in rates:
        say(console, sentence, "", "  ", "    ")
    _what_to_do(console, told)


def _one_of(console: Console, sessions: Sequence[str]) -> None:
    """How one of them is looked at."""
    if sessions:
        command = f"ccmeter audit --session {sessions[0][:_ID]}"
        say(console, f"A picture of a session: {command}", "quiet", "  ", "  ")


def _by_session(alerts: Iterable[Alert]) -> list[list[Alert]]:
    """The alerts of each session, or client version, the gravest first as they come."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.session or alert.version, []).append(alert)
    return list(groups.values())


def _where(alert: Alert) -> str:
    return alert.session[:_ID] if alert.session else alert.version


def _since(group: Sequence[Alert], audit: Audit) -> int:
    """When it began: with the first rebuild without a reason, of the session or version."""
    session, version = group[0].session, group[0].version
    about = [e for e in audit.rebuilds if e.is_suspect and e.who.version == version]
    starts = [e.found.start_ms for e in about if session in ("", e.who.session)]
    return min([*starts, *(alert.time_ms for alert in group)])


def _rules(group: Sequence[Alert]) -> str:
    rules = list(dict.fromkeys(alert.rule for alert in group))
    more = len(rules) - _RULES
    return " ".join(rules if more <= 0 else [*rules[:_RULES], f"+{more}"])


def _cost(group: Sequence[Alert]) -> Decimal | None:
    """Alerts of one session are about the same rebuilds: the dearest holds the others."""
    known = [alert.usd for alert in group if alert.usd is not None]
    return max(known, default=None)


def _what_to_do(console: Console, alerts: Iterable[Alert]) -> None:
    steps: dict[str, list[str]] = {}
    for alert in alerts:
        step = afterwards(alert.advice.partition(_OR)[0])
        steps.setdefault(step, []).append(alert.rule)
    print_title(console, "What to do")
    for advice, rules in steps.items():
        titles = ", ".join(dict.fromkeys(rule_name(rule).title for rule in rules))
        names = " ".join(dict.fromkeys(rules))
        say(console, f"{titles} ({names}): {advice}", "", "  ", "    ")


def _when(time_ms: int, zone: tzinfo) -> str:
    moment = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)
    return f"{moment:%d %b %H:%M}"


def _style(alert: Alert) -> str:
    return style_of(alert.level)
