"""The parts of a page that tell how far to trust its numbers: cache, and coverage."""

from collections.abc import Sequence

from ccmeter.render import cache, html_table, units
from ccmeter.render.column import Column
from ccmeter.render.html_text import Html, join, tag
from ccmeter.reports.overview import Report
from ccmeter.reports.warnings import Warning


def notes(warnings: Sequence[Warning]) -> Html:
    """Return what to know, each with its level in a word: a colour alone does not tell all."""
    items = (
        tag("li", tag("strong", each.level), " ", each.message, class_=f"note {each.level}")
        for each in warnings
    )
    return tag("ul", *items, class_="notes") if warnings else Html()


def cache_part(report: Report) -> Html:
    """Return how the prompt cache was used, and all kinds of alerts; nothing if that is unknown."""
    use = report.cache
    if use is None:
        return Html()
    rows = [
        ("read from the cache, of what was sent", f"{use.hit_ratio:.1%}"),
        ("rebuilds without an ordinary cause", f"{use.events:,}"),
    ]
    if use.suspect_usd:  # zero is also what rebuilds without a price add up to
        rows += [
            ("what these cost", units.usd(use.suspect_usd)),
            ("cost, compared with a healthy cache", f"{use.inflation:.2f}x"),
        ]
    if use.idle_usd:
        rows.append(("what pauses longer than the cache lives cost", units.usd(use.idle_usd)))
    return join(_facts(rows, "What ccmeter audit found"), notes(cache.alerts(use)))


def coverage_part(report: Report) -> Html:
    """Return what the transcripts hold of the client's own meter; nothing if that is unknown."""
    found = report.coverage
    if not found.compared:
        return Html()
    rows = (
        ("sessions compared", f"{found.compared:,} of {found.compared + found.unknown:,}"),
        ("in the transcripts", units.usd(found.transcript_usd)),
        ("metered by Claude Code itself", units.usd(found.client_usd)),
        ("calls that leave no line", units.usd(found.hidden_usd)),
    )
    return _facts(rows, "Whole sessions, at the prices that Claude Code knows")


def _facts(rows: Sequence[tuple[str, str]], caption: str) -> Html:
    names, values = map(list, zip(*rows, strict=True))
    columns = [Column("", names), Column("", values, right=True)]
    return html_table.table(columns, caption, is_titled=False)
