"""The audit on a terminal, from 60 columns up."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ccmeter.cache.alerts import ALARM, LEVELS, NOTICE, WARNING, Alert
from ccmeter.cache.tally import Losses, figures
from ccmeter.cache.versions import VersionRow
from ccmeter.render import units
from ccmeter.render.lines import printable, say
from ccmeter.render.table import Column, table
from ccmeter.reports.audit import Audit
from ccmeter.reports.cache_rules import rule_name

_SHOWN = 12  # sessions with alerts
_RULES = 3  # of a session, the gravest
_INDENT = 2
_OR = " Or try "  # another version, which is said once
_STYLES = {"watch": "notice", "advice": "quiet"}
_ZERO = Decimal()


def print_audit(console: Console, audit: Audit) -> None:
    """Print the verdict, sums, alerts, client versions and advice."""
    _head(console, audit)
    if not audit.tally.requests:
        say(console, "No requests in this period.", "quiet")
        return
    level, text = verdict(audit)
    say(console, text, _STYLES.get(level, level))
    console.print()
    _facts(console, audit)
    _losses(console, audit)
    _alerts(console, audit)
    _versions(console, audit)
    _advice(console, audit.advice)


def _head(console: Console, audit: Audit) -> None:
    period = audit.period
    text = Text.assemble(("ccmeter audit", "title"), "  ", units.days(period.since, period.until))
    text.append(f"  ({units.plural(period.days, 'day')}, {period.zone_name})", "quiet")
    console.print(text)
    console.print()


def verdict(audit: Audit) -> tuple[str, str]:
    """Return the verdict on the period in one sentence, and its level."""
    level = max((a.level for a in audit.alerts), key=LEVELS.index, default="info")
    suspect, cost = audit.tally.suspect, audit.tally.cost_usd
    lost = f"{units.usd(suspect.usd)} of {units.usd(cost)} went into rebuilds without a reason"
    bad = [row for row in audit.versions if row.verdict == ALARM]
    if bad:
        return ALARM, _bad_versions(bad, audit.healthy)
    sessions = {a.session for a in audit.alerts if a.level == level and a.session}
    where = f" in {units.plural(len(sessions), 'session')}" if sessions else ""
    if level == ALARM:
        return level, f"The prompt cache failed{where}: {lost}."
    if level == WARNING:
        return level, f"The prompt cache was lost{where}: {lost}."
    if suspect.events:
        return NOTICE, f"Fine, with {units.plural(suspect.events, 'exception')}: {lost}."
    requests = units.plural(audit.tally.requests, "request")
    return "info", f"Healthy: no rebuild without an ordinary cause in {requests}."


def _bad_versions(rows: Sequence[VersionRow], healthy: str | None) -> str:
    parts = [
        f"client {row.version} breaks the prompt cache, in {row.rate:.1%} of its requests"
        f" (otherwise {row.base.rate:.1%}), {units.usd(row.suspect_usd)}"
        for row in rows
    ]
    instead = f" Try {healthy}, healthy on this machine." if healthy else ""
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}.{instead}"


def _facts(console: Console, audit: Audit) -> None:
    found = figures(audit.tally)
    if found.hit_ratio is not None:
        sent = units.tokens(audit.tally.prompt_tokens)
        say(console, f"{found.hit_ratio:.1%} of {sent} prompt tokens were read from the cache.")
    if found.inflation_bug is not None and found.cost_usd:
        say(console, inflated(found.inflation_bug, found.cost_usd))
    if audit.tally.unpriced:
        count = units.plural(audit.tally.unpriced, "request")
        say(console, f"{count} without a known price are not in the dollars.", "quiet")


def inflated(ratio: float, cost_usd: Decimal) -> str:
    """Return what suspect rebuilds made of the cost, as a sentence."""
    return (
        f"Your usage cost {units.usd(cost_usd)} at list price, {ratio:.2f}x of what a healthy"
        " cache would have cost."
    )


def _losses(console: Console, audit: Audit) -> None:
    rows = [(name, losses) for name, losses in _classes(audit) if losses.events]
    if not rows:
        return
    _title(console, "Sent again instead of read")
    columns = [
        Column("", [name for name, _ in rows]),
        Column("rebuilds", [f"{losses.events:,}" for _, losses in rows], right=True),
        Column("tokens", [units.tokens(losses.tokens) for _, losses in rows], right=True),
        Column("cost", [units.usd(one.usd) for _, one in rows], right=True, styles="money"),
    ]
    _print(console, columns)


def _classes(audit: Audit) -> list[tuple[str, Losses]]:
    tally = audit.tally
    return [
        ("without an ordinary cause", tally.suspect),
        ("small ones without a cause", tally.partial),
        ("after long pauses, no bug", tally.idle),
        ("switches, compactions, ...", tally.expected),
    ]


def _alerts(console: Console, audit: Audit) -> None:
    told = [alert for alert in audit.alerts if LEVELS.index(alert.level) >= LEVELS.index(NOTICE)]
    groups = _by_session(told)
    if not groups:
        return
    _title(console, "Alerts")
    shown, zone = groups[:_SHOWN], audit.period.zone
    room = max(10, console.width - 62)
    projects = [audit.projects.get(group[0].session, "") for group in shown]
    columns = [
        Column("", [g[0].level for g in shown], styles=[_style(g[0]) for g in shown]),
        Column("when", [_when(max(a.time_ms for a in g), zone) for g in shown]),
        Column("session", [_where(g[0]) for g in shown]),
        Column("project", [units.tail(printable(p), room) for p in projects], keep=3),
        Column("rules", [_rules(g) for g in shown], keep=1),
        Column("what", [rule_name(g[0].rule).title for g in shown], keep=2),
        Column("cost", [units.usd(_cost(g)) for g in shown], right=True, styles="money"),
    ]
    _print(console, columns)
    if len(groups) > len(shown):
        more = len(groups) - len(shown)
        say(console, f"and {more} more: ccmeter audit --json", "quiet", "  ", "  ")
    _what_to_do(console, shown)


def _by_session(alerts: Iterable[Alert]) -> list[list[Alert]]:
    """The alerts of each session, or client version, the gravest first."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:  # they come the gravest first
        groups.setdefault(alert.session or alert.version, []).append(alert)
    return list(groups.values())


def _where(alert: Alert) -> str:
    return alert.session[:8] if alert.session else alert.version


def _rules(group: Sequence[Alert]) -> str:
    rules = list(dict.fromkeys(alert.rule for alert in group))
    more = len(rules) - _RULES
    return " ".join(rules if more <= 0 else [*rules[:_RULES], f"+{more}"])


def _cost(group: Sequence[Alert]) -> Decimal | None:
    """Alerts of one session are about the same rebuilds: the dearest holds the others."""
    known = [alert.usd for alert in group if alert.usd is not None]
    return max(known, default=None)


def _what_to_do(console: Console, groups: Iterable[Sequence[Alert]]) -> None:
    steps: dict[str, list[str]] = {}
    for group in groups:
        for alert in group:
            steps.setdefault(alert.advice.partition(_OR)[0], []).append(alert.rule)
    _title(console, "What to do")
    for advice, rules in steps.items():
        names = " ".join(dict.fromkeys(rules))
        say(console, advice, "", f"  {names}: ", "    ")


def _versions(console: Console, audit: Audit) -> None:
    rows = audit.versions
    if not rows:
        return
    _title(console, "Client versions")
    several = len({row.provider for row in rows}) > 1
    columns = [
        Column("version", [row.version for row in rows]),
        Column("by", [row.provider if several else "" for row in rows], keep=3),
        Column("requests", [f"{row.requests:,}" for row in rows], right=True),
        Column("hit", [_share(row.hit_ratio) for row in rows], right=True),
        Column("95 %", [_interval(row.hit_interval) for row in rows], keep=4),
        Column("suspect", [f"{row.suspect} of {row.exposed}" for row in rows], 2, right=True),
        Column("rate", [_share(row.rate) for row in rows], right=True),
        Column("95 %", [_interval(row.interval) for row in rows], keep=3),
        Column("inflation", [_times(row.inflation) for row in rows], 5, right=True),
        Column("lost", [units.usd(row.suspect_usd) for row in rows], 1, True, "money"),
        Column("verdict", [_word(row) for row in rows], 0, False, [_level(r) for r in rows]),
    ]
    _print(console, columns)
    if audit.healthy:
        say(console, f"Healthy on this machine: {audit.healthy}.", "", "  ", "  ")
    for row in rows:
        if row.hint:
            say(console, f"{row.version}: {row.hint}.", "quiet", "  ", "    ")


def _word(row: VersionRow) -> str:
    return row.verdict.replace("not enough data", "too few")


def _level(row: VersionRow) -> str:
    return _STYLES.get(row.verdict, row.verdict if row.verdict == ALARM else "quiet")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _interval(value: tuple[float, float] | None) -> str:
    return "" if value is None else f"{100 * value[0]:.1f}–{100 * value[1]:.1f}"


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}x"


def _advice(console: Console, advice: Sequence[Alert]) -> None:
    if not advice:
        return
    _title(console, "Advice")
    for sentence in advised(advice):
        say(console, sentence, "quiet", "  ", "    ")


def advised(advice: Sequence[Alert]) -> list[str]:
    """Return one sentence for each kind of advice, over all sessions."""
    last = {(alert.rule, alert.session, alert.agent): alert for alert in advice}
    found = []
    for rule in dict.fromkeys(rule for rule, _, _ in last):
        group = [alert for alert in last.values() if alert.rule == rule]
        usd = sum((alert.usd or _ZERO for alert in group), _ZERO)
        where = units.plural(len({alert.session for alert in group}), "session")
        cost = f", {units.usd(usd)}" if usd else ""
        title = rule_name(rule).title.capitalize()
        found.append(f"{title} in {where}{cost}. {group[0].advice}")
    return found


def _when(time_ms: int, zone: tzinfo) -> str:
    moment = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)
    return f"{moment:%d %b %H:%M}"


def _style(alert: Alert) -> str:
    return _STYLES.get(alert.level, alert.level)


def _title(console: Console, title: str) -> None:
    console.print()
    console.print(title, style="title")


def _print(console: Console, columns: Sequence[Column]) -> None:
    for line in table(columns, console.width - _INDENT):
        console.print(Text(" " * _INDENT) + line, soft_wrap=True)
