"""What a reader of the report must know before believing its dollars."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ccmeter.pricing.book import Book, age_days
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.reports.asked import LEVELS
from ccmeter.reports.hidden import Hidden
from ccmeter.reports.priced import Priced, Totals, known_cost

OLD_AFTER_DAYS = 45
UNPRICED = "unpriced-models"  # the code of what must be read before any dollar
UNMATCHED = "unmatched-filter"  # where a filter means nothing of the history
OUTSIDE = "unmatched-in-period"


class Warning(NamedTuple):
    """One thing to know, in one sentence, with what to do about it."""

    level: str
    code: str
    message: str


MADE_UP = Warning(
    "info",
    "demo",
    "This month is made up. More of it: ccmeter audit --demo",
)


class Beside(NamedTuple):
    """What stands beside the totals of a report, or in them when that was asked for."""

    hidden: Hidden | None  # calls of which only telemetry tells
    missing_counted: bool  # whether the estimated output is in the totals


def unreadable(paths: Sequence[str]) -> str:
    """Return the sentence about folders and transcripts that may not be looked at, at least one."""
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more} cannot be read, so what is in there is not counted."


def find_warnings(
    totals: Totals,
    pieces: Sequence[Priced],
    book: Book,
    today: date,
    bad_lines: int,
    beside: Beside,
) -> list[Warning]:
    """Return the warnings of a report, the gravest first."""
    found = [
        *unpriced(totals),
        *_old_prices(age_days(book, today)),
        *_fetched(book, pieces),
        *_estimated(totals, beside.missing_counted),
        *_hidden(beside.hidden),
        *_billed_as_asked(pieces),
        *_unfinished(totals, beside.missing_counted),
        *_bad_lines(bad_lines),
    ]
    return sorted(found, key=lambda warning: -LEVELS.index(warning.level))


def unpriced(totals: Totals) -> list[Warning]:
    """Return what to know of responses that are not in the dollars, if there are any."""
    if not totals.unpriced_responses:
        return []
    names = ", ".join(model or "(no name)" for model in totals.unpriced_models)
    message = (
        f"{totals.unpriced_responses:,} responses with {totals.unpriced_tokens:,} tokens are not"
        f" in the dollars: no price is known for {names}. {price_hint(totals.unpriced_models)}"
    )
    return [Warning("warning", UNPRICED, message)]


def price_hint(models: Iterable[str]) -> str:
    """Return the command that may give these models a price."""
    if any(is_claude(canonical(model)) for model in models):
        return "Fetch prices of newer models with: ccmeter prices refresh"
    return "Set one with: ccmeter prices set MODEL --input USD --output USD"


def _old_prices(age_days: int) -> list[Warning]:
    if age_days <= OLD_AFTER_DAYS:
        return []
    message = (
        f"the list prices were checked {age_days} days ago; newer models and price cuts may be"
        " missing. Update ccmeter."
    )
    return [Warning("warning", "old-prices", message)]


def _fetched(book: Book, pieces: Sequence[Priced]) -> list[Warning]:
    """What `ccmeter prices refresh` left: that it cannot be read, or is part of these dollars."""
    if book.refreshed is None:
        return []
    if book.refreshed.problem:
        return [Warning("warning", "fetched-prices-ignored", book.refreshed.problem)]
    names = {piece.billed_model for piece in pieces}
    known = sorted(n for n in names if n in book.models and book.models[n].prices[0].fetched)
    if not known:
        return []
    message = (
        f"the prices of {', '.join(known)} were fetched and compared with no second source."
        " Details: ccmeter prices check"
    )
    return [Warning("info", "fetched-prices", message)]


def _billed_as_asked(pieces: Sequence[Priced]) -> list[Warning]:
    other = [p for p in pieces if p.billed_model != p.model]
    if not other:
        return []
    count = sum(piece.slice.responses for piece in other)
    pairs = sorted({f"{piece.model} for {piece.billed_model}" for piece in other})
    message = (
        f"{count:,} responses were answered by another model than the one asked for"
        f" ({', '.join(pairs)}); they are priced as asked, as Claude Code itself does."
    )
    return [Warning("info", "answered-by-other-model", message)]


def _estimated(totals: Totals, counted: bool) -> list[Warning]:
    if not counted or not totals.missing_output:
        return []
    worth = f" ({_dollars(totals.missing_cost)})" if totals.missing_cost else ""
    message = (
        f"the totals hold about {totals.missing_output:,} output tokens"
        f"{worth} that no line tells of: estimated from the length of"
        " unfinished responses, as --estimate-missing asks for."
    )
    return [Warning("warning", "estimated-output", message)]


def _hidden(hidden: Hidden | None) -> list[Warning]:
    if hidden is None:
        return []
    count, amount = hidden.totals.responses, known_cost(hidden.totals)
    cost = "of unknown cost" if amount is None else _dollars(amount)
    calls = "1 call" if count == 1 else f"{count:,} calls"
    if hidden.counted:
        message = f"the totals hold {calls} ({cost}) of which only telemetry tells."
        return [Warning("notice", "hidden-calls-counted", message)]
    message = (
        f"telemetry tells of {calls} more ({cost}) that no transcript holds; --with-hidden adds"
        " them to the totals."
    )
    return [Warning("info", "hidden-calls", message)]


def _unfinished(totals: Totals, counted: bool) -> list[Warning]:
    if not totals.unfinished:
        return []
    share = totals.unfinished / totals.responses
    message = (
        f"{totals.unfinished:,} of {totals.responses:,} responses ({share:.1%}) have no final"
        " line, so their output is a lower bound"
    )
    if totals.missing_output and not counted:
        amount = totals.missing_cost
        worth = f" ({_about(amount)})" if amount else ""
        message += (
            f": by estimate {totals.missing_output:,} tokens{worth} are missing, which"
            " --estimate-missing adds"
        )
    message += "."
    return [Warning("notice" if share >= 0.05 else "info", "unfinished-responses", message)]


def _dollars(amount: Decimal) -> str:
    return "less than $0.01" if amount < Decimal("0.01") else f"${amount:,.2f}"


def _about(amount: Decimal) -> str:
    dollars = _dollars(amount)
    return f"about {dollars}" if dollars.startswith("$") else dollars


def _bad_lines(count: int) -> list[Warning]:
    if not count:
        return []
    lines = "1 line" if count == 1 else f"{count:,} lines"
    message = f"{lines} of the transcripts could not be read. Details: ccmeter doctor"
    return [Warning("info", "bad-lines", message)]
