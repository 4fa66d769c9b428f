"""The table of client versions: how each used the cache, and which one is healthy here."""

from decimal import Decimal

from rich.console import Console

from ccmeter.cache.alerts import ALARM, WATCH
from ccmeter.cache.versions import VersionRow
from ccmeter.render import units
from ccmeter.render.audit_words import style_of
from ccmeter.render.column import Column
from ccmeter.render.lines import say
from ccmeter.render.table import print_table, print_title
from ccmeter.render.units import printable
from ccmeter.reports.audit import Audit


def print_versions(console: Console, audit: Audit) -> None:
    """Print a row per version, the healthy one, and what is known of those that are not."""
    rows = audit.versions
    if not rows:
        return
    print_title(console, "Client versions")
    several = len({row.provider for row in rows}) > 1
    columns = [
        Column("version", [printable(row.version) for row in rows]),
        Column("by", [row.provider if several else "" for row in rows], keep=6),
        Column("requests", [f"{row.requests:,}" for row in rows], 2, right=True),
        Column("hit", [_share(row.hit_ratio) for row in rows], 1, right=True),
        Column("95%", [_interval(row.hit_interval) for row in rows], keep=4),
        Column("suspect", [f"{row.suspect:,} of {row.exposed:,}" for row in rows], 7, right=True),
        Column("rate", [_share(row.rate) for row in rows], right=True),
        Column("95%", [_interval(row.interval) for row in rows], keep=5),
        Column("inflation", [_times(row.inflation) for row in rows], 3, right=True),
        Column("lost", [units.usd(_lost(row)) for row in rows], 0, True, "money"),
        Column("verdict", [row.verdict for row in rows], 0, False, [_level(r) for r in rows]),
    ]
    print_table(console, columns)
    if audit.healthy:
        healthy = f"The newest that is healthy on this machine: {audit.healthy}."
        say(console, healthy, "", "  ", "  ")
    for row in rows:
        if row.hint:
            say(console, f"{row.version}: {row.hint}.", "quiet", "  ", "    ")


def _level(row: VersionRow) -> str:
    return style_of(row.verdict) if row.verdict in (ALARM, WATCH) else "quiet"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _interval(value: tuple[float, float] | None) -> str:
    return "" if value is None else f"{100 * value[0]:.1f}–{100 * value[1]:.1f}"


def _lost(row: VersionRow) -> Decimal | None:
    """None where what was lost has no price."""
    return row.suspect_usd if row.suspect_usd or not row.suspect else None


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}x"
