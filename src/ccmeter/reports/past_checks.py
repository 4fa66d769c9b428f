"""What the history means for `ccmeter doctor`. Pure: nothing is looked at here."""

from collections.abc import Iterator

from ccmeter.reports.check import NOTE, OK, Check, counted, when
from ccmeter.reports.past import Past
from ccmeter.reports.warnings import price_hint


def judge_past(past: Past) -> Iterator[Check]:
    """Yield the checks of a history."""
    yield _history(past)
    yield _unread(past)
    yield _vanished(past)
    yield _bad_lines(past)
    yield _unpriced(past)


def _history(past: Past) -> Check:
    found = past.history
    if found.first_ms is None or found.last_ms is None:
        return Check(
            "history", NOTE, "no responses yet", "Use Claude Code, then run: ccmeter report"
        )
    return Check(
        "history",
        OK,
        f"{counted(found.responses, 'response')} in {counted(found.sessions, 'session')},"
        f" {found.unfinished:,} of them without a final line, from {when(found.first_ms)} to"
        f" {when(found.last_ms)}",
    )


def _unread(past: Past) -> Check:
    if not past.unread:
        return Check("unread", OK, "every transcript has been read to its end")
    transcripts = counted(past.unread, "transcript")
    return Check("unread", OK, f"{transcripts} with lines to be read by the next report or sync")


def _vanished(past: Past) -> Check:
    if not past.vanished:
        return Check("vanished", OK, "no transcript that was read has been deleted")
    return Check(
        "vanished",
        OK,
        f"{counted(past.vanished, 'transcript')} read earlier and deleted since;"
        f" {counted(past.kept_responses, 'response')} of them stay in the history",
    )


def _bad_lines(past: Past) -> Check:
    if not past.bad_count:
        return Check("bad-lines", OK, "every line could be read")
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in past.bad_reasons.items())
    return Check(
        "bad-lines",
        NOTE,
        f"{counted(past.bad_count, 'line')} could not be read: {reasons}",
        "A few are normal after a crash or a full disk. If there are many, report the reasons.",
    )


def _unpriced(past: Past) -> Check:
    if not past.unpriced:
        return Check("unpriced", OK, "every model of the history has a price")
    names = ", ".join(model.model or "(no name)" for model in past.unpriced)
    responses = sum(model.responses for model in past.unpriced)
    return Check(
        "unpriced",
        NOTE,
        f"{counted(responses, 'response')} are not in the dollars: no price is known for {names}",
        price_hint(model.model for model in past.unpriced),
    )
