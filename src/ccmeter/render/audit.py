"""The audit on a terminal, from 40 columns up."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ccmeter.cache.alerts import Alert
from ccmeter.cache.tally import Losses, figures
from ccmeter.render import units
from ccmeter.render.audit_alerts import print_alerts
from ccmeter.render.audit_versions import print_versions
from ccmeter.render.audit_words import advised, inflated, priced, style_of, verdict
from ccmeter.render.column import Column
from ccmeter.render.lines import say
from ccmeter.render.table import print_table, print_title
from ccmeter.reports.audit import Audit


def print_audit(console: Console, audit: Audit) -> None:
    """Print the verdict, sums, alerts, client versions and advice."""
    _head(console, audit)
    if not audit.tally.requests:
        say(console, "No requests in this period.", "quiet")
        return
    level, text = verdict(audit)
    say(console, text, style_of(level))
    console.print()
    _facts(console, audit)
    _losses(console, audit)
    print_alerts(console, audit)
    print_versions(console, audit)
    _advice(console, audit.advice)


def _head(console: Console, audit: Audit) -> None:
    period = audit.period
    text = Text.assemble(("ccmeter audit", "title"), "  ", units.days(period.since, period.until))
    text.append(f"  ({units.plural(period.days, 'day')}, {period.zone_name})", "quiet")
    console.print(text)
    console.print()


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


def _losses(console: Console, audit: Audit) -> None:
    rows = [(name, losses) for name, losses in _classes(audit) if losses.events]
    if not rows:
        return
    print_title(console, "Sent again instead of read")
    costs = [units.usd(priced(losses.usd, audit.tally)) for _, losses in rows]
    columns = [
        Column("", [name for name, _ in rows]),
        Column("rebuilds", [f"{losses.events:,}" for _, losses in rows], 2, right=True),
        Column("tokens", [units.tokens(losses.tokens) for _, losses in rows], 1, right=True),
        Column("cost", costs, right=True, styles="money"),
    ]
    print_table(console, columns)


def _classes(audit: Audit) -> list[tuple[str, Losses]]:
    tally = audit.tally
    return [
        ("without an ordinary cause", tally.suspect),
        ("small ones without a cause", tally.partial),
        ("after long pauses, no bug", tally.idle),
        ("switches, compactions, ...", tally.expected),
    ]


def _advice(console: Console, advice: Sequence[Alert]) -> None:
    if not advice:
        return
    print_title(console, "Advice")
    for sentence in advised(advice):
        say(console, sentence, "quiet", "  ", "    ")
