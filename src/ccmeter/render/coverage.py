"""What the transcripts hold of what Claude Code itself metered: a sentence, a cell, JSON keys."""

from typing import Any

from ccmeter.render import units
from ccmeter.render.numbers import money
from ccmeter.reports.coverage import KNOWN, Coverage, SessionCoverage
from ccmeter.reports.hidden import Hidden

CSV_KEYS = ("coverage", "visible_usd", "client_usd", "hidden_usd")
_ALL = 0.0005  # a smaller share is not worth a word


def sentence(coverage: Coverage) -> str:
    """Return how sure the dollars are, as far as the client's own meter tells; "" if not at all."""
    if not coverage.compared or not coverage.client_usd:
        return ""
    sessions = units.plural(coverage.compared, "session")
    where = f"in the {sessions} that can be compared"
    if coverage.unknown:
        where += f" (of {coverage.compared + coverage.unknown:,})"
    missing = float(coverage.hidden_usd / coverage.client_usd)
    if missing < _ALL:
        return f"Transcripts hold all that Claude Code itself metered {where}."
    held = f"Transcripts hold {1 - missing:.1%} of what Claude Code itself metered {where}"
    if not coverage.transcript_usd:
        return f"{held}."
    more = float(coverage.hidden_usd / coverage.transcript_usd)
    return f"{held}, so about {more:.1%} more was used than is shown: calls that leave no line."


def cell(coverage: SessionCoverage | None) -> str:
    """Return what the client metered of a session besides, for a table."""
    if coverage is None or coverage.state != KNOWN:
        return "unknown"
    return units.usd(coverage.hidden)


def report_keys(coverage: Coverage, hidden: Hidden | None) -> dict[str, Any]:
    """Return `coverage` and `hidden_calls`; each is absent where nothing is known."""
    found: dict[str, Any] = {}
    if coverage.compared:
        found["coverage"] = {
            "transcript_usd": money(coverage.transcript_usd),
            "client_usd": money(coverage.client_usd),
            "hidden_usd": money(coverage.hidden_usd),
            "sessions_compared": coverage.compared,
            "sessions_unknown": coverage.unknown,
        }
    if hidden:
        found["hidden_calls"] = _hidden_calls(hidden)
    return found


def _hidden_calls(hidden: Hidden) -> dict[str, Any]:
    totals = hidden.totals
    return {
        "source": "telemetry",
        "in_totals": hidden.counted,
        "responses": totals.responses,
        **{name: count for name, count in totals.usage._asdict().items() if name != "web_searches"},
        "list_cost_usd": money(totals.list_cost),
        "unpriced_responses": totals.unpriced_responses,
        "in_compared_sessions_usd": money(hidden.compared_usd),
    }


def row_keys(coverage: SessionCoverage | None) -> dict[str, Any]:
    """Return `coverage` of a row by session; nothing for other rows."""
    if coverage is None:
        return {}
    if coverage.state != KNOWN:
        return {"coverage": {"state": coverage.state, "why": coverage.why}}
    return {"coverage": {"state": coverage.state, **_amounts(coverage)}}


def csv_keys(coverage: SessionCoverage | None) -> dict[str, Any]:
    """Return the same as columns of a CSV, where `coverage` is the state or why it is unknown."""
    if coverage is None:
        return {}
    amounts = _amounts(coverage) if coverage.state == KNOWN else dict.fromkeys(CSV_KEYS[1:], "")
    return {"coverage": coverage.why or coverage.state, **amounts}


def _amounts(coverage: SessionCoverage) -> dict[str, float]:
    amounts = {
        "visible_usd": coverage.visible,
        "client_usd": coverage.client,
        "hidden_usd": coverage.hidden,
    }
    return {name: money(amount) for name, amount in amounts.items() if amount is not None}
