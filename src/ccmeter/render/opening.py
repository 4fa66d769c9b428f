"""How a report opens, in words and figures: what it is about, what was used, what to know."""

from collections.abc import Sequence
from typing import NamedTuple

from ccmeter.render import cache, units
from ccmeter.render.headline import paragraph
from ccmeter.reports.overview import Report
from ccmeter.reports.priced import known_cost
from ccmeter.reports.warnings import UNPRICED, Warning

LOUD = frozenset({"warning", "alarm"})


class Opening(NamedTuple):
    """The beginning of a report, in its order."""

    days: str
    about_days: str
    amount: str  # "" where no price is known
    title: str  # of the amount
    facts: Sequence[str]
    before: Sequence[Warning]  # to be read before any dollar
    paragraphs: Sequence[str]
    loud: Sequence[Warning]  # the gravest first
    quiet: Sequence[Warning]  # they stand at the end


def opening(report: Report) -> Opening:
    """Return what a report opens with."""
    period, totals = report.period, report.totals
    amount = known_cost(totals)
    every = cache.shown_warnings(report)
    loud = [warning for warning in every if warning.level in LOUD]
    return Opening(
        units.days(period.since, period.until),
        f"({units.plural(period.days, 'day')}, {period.zone_name})",
        "" if amount is None else units.usd(amount),
        "at list price" if amount is not None else "No price is known",
        [
            units.plural(totals.responses, "response"),
            f"{units.tokens(totals.usage.tokens)} tokens",
            units.plural(report.sessions, "session"),
            units.plural(len(report.projects), "project"),
        ],
        [warning for warning in loud if warning.code == UNPRICED],
        [text for text in (paragraph(report), cache.sentence(report)) if text],
        [warning for warning in loud if warning.code != UNPRICED],
        [warning for warning in every if warning.level not in LOUD],
    )


def no_responses(report: Report) -> str:
    """Return what stands in the place of all tables."""
    more = "" if report.period.is_all else " The whole history: ccmeter report --last all"
    return f"No responses in this period.{more}"


class Nothing(NamedTuple):
    """What is said where there are no transcripts at all."""

    looked: str
    folders: Sequence[str]
    advice: Sequence[str]


def nothing(roots: Sequence[str]) -> Nothing:
    """Return where transcripts were looked for, and what can be done without any."""
    return Nothing(
        "No Claude Code transcripts were found. ccmeter looked in:",
        [f"{root}/projects" for root in roots],
        (
            "Claude Code writes them there as soon as it is used. If yours are elsewhere, set"
            " CLAUDE_CONFIG_DIR to the folder that holds projects/.",
            "To see a report on a made-up month of history: ccmeter report --demo",
        ),
    )
