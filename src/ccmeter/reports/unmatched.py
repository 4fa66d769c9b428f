"""Why filters leave nothing of a period: a name nobody has, or one that had no use just then."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from ccmeter.pricing.book import Book
from ccmeter.pricing.names import canonical
from ccmeter.pricing.rate import thresholds
from ccmeter.reports.asked import UNKNOWN, Filters, project_of
from ccmeter.reports.models import understood
from ccmeter.reports.period import Period, stretches
from ccmeter.reports.priced import Priced, price_list
from ccmeter.reports.warnings import OUTSIDE, UNMATCHED, Warning
from ccmeter.store.read import Who, load_slices
from ccmeter.store.seen import load_seen

_NAMED = ("project", "model", "user", "session", "version")
_FEW = 8  # names that are all told
_NEAR = 3


class _Seen(NamedTuple):
    who: Who
    model: str
    first_ms: int
    last_ms: int


_UserOf = Callable[[str], str]


def find_unmatched(
    connection: sqlite3.Connection,
    filters: Filters,
    period: Period,
    inside: Sequence[Priced],
    user_of: _UserOf,
) -> list[Warning]:
    """Return which of the filters leave nothing of what is `inside` the period, and names like it.

    Nothing where there is no history. Looks at every response.
    """
    seen = [_Seen(s.who, canonical(s.terms.model), *s[2:]) for s in load_seen(connection)]
    single = _single(filters)
    unknown = [name for name, alone in single.items() if not _meant(seen, alone, user_of)]
    if unknown or not seen:
        return [_unknown(name, filters, seen, user_of) for name in unknown if seen]
    blank = [
        name
        for name, alone in single.items()
        if not any(alone.keep(piece, user_of) for piece in inside)
    ]
    if blank:
        return [_outside([name], single[name], seen, period, user_of) for name in blank]
    return [_outside(list(single), filters, seen, period, user_of)]


def why_nothing(
    connection: sqlite3.Connection,
    book: Book,
    period: Period,
    filters: Filters,
    user_of: _UserOf,
) -> list[Warning]:
    """Return the same for who found nothing of the period, and has not loaded what is in there.

    Nothing where there are no filters.
    """
    if filters == Filters():
        return []
    filters = understood(filters, connection, book)
    inside = price_list(load_slices(connection, stretches(period), thresholds(book)), book)
    return find_unmatched(connection, filters, period, inside, user_of)


def without_percentages(user: str, known: Sequence[str]) -> list[Warning]:
    """Return what to say of a user of whom no percentages were seen, but of those who are known.

    Nothing where there are none at all.
    """
    if not known:
        return []
    written = _written("user", Filters(user=user))
    message = f"{written} fits no percentages of the last half year. There are those of"
    return [Warning("warning", UNMATCHED, f"{message} {_listed(known)}.")]


def _single(filters: Filters) -> Mapping[str, Filters]:
    """Each filter that is set, alone."""
    values = {name: getattr(filters, name) for name in _NAMED}
    return {
        name: Filters(is_whole=filters.is_whole, **{name: value})
        for name, value in values.items()
        if value is not None
    }


def _meant(seen: Iterable[_Seen], filters: Filters, user_of: _UserOf) -> list[_Seen]:
    return [each for each in seen if filters.means(each.who, each.model, user_of)]


def _unknown(name: str, filters: Filters, seen: Sequence[_Seen], user_of: _UserOf) -> Warning:
    known = sorted({_name_of(name, each, user_of) for each in seen})
    message = (
        f"{_written(name, filters)} fits no response of the history."
        f"{_hint(name, getattr(filters, name), known)}"
    )
    return Warning("warning", UNMATCHED, message)


def _name_of(name: str, each: _Seen, user_of: _UserOf) -> str:
    if name == "user":
        return user_of(each.who.root)
    if name == "model":
        return each.model or UNKNOWN
    if name == "version":
        return each.who.version or UNKNOWN
    return project_of(each.who) if name == "project" else each.who.session or UNKNOWN


def _hint(name: str, wanted: str, known: Sequence[str]) -> str:
    """The names there are, or those that are like it, and where to find the others."""
    if len(known) <= _FEW and name != "session":
        return f" There {'is' if len(known) == 1 else 'are'} {_listed(known)}."
    near = _near(name, wanted, known)
    meant = f" Did you mean {_listed(near, 'or')}?" if near else ""
    return f"{meant} All there are: ccmeter report --last all --by {name}"


def _near(name: str, wanted: str, known: Sequence[str]) -> list[str]:
    """Names that are like it; of a session the beginning counts, of a project the last name."""
    from difflib import get_close_matches  # only for a mistake

    forms: dict[str, str] = {}
    for full in known:
        forms.setdefault(full.lower(), full)
        if name == "session":
            forms.setdefault(full[: len(wanted)].lower(), full)
        if name == "project":
            forms.setdefault(full.replace("\\", "/").rsplit("/", 1)[-1].lower(), full)
    found = get_close_matches(wanted.lower(), forms, n=_NEAR)
    return list(dict.fromkeys(forms[form] for form in found))


def _listed(names: Sequence[str], last: str = "and") -> str:
    clean = ["".join(c if c.isprintable() else "?" for c in name) for name in names]
    return f" {last} ".join([", ".join(clean[:-1]), clean[-1]] if clean[1:] else clean)


def _outside(
    names: Sequence[str],
    filters: Filters,
    seen: Sequence[_Seen],
    period: Period,
    user_of: _UserOf,
) -> Warning:
    """Filters that mean something, but nothing of the period."""
    written = " and ".join(_written(name, filters) for name in names)
    fits = "fits" if len(names) == 1 else "together fit"
    meant = _meant(seen, filters, user_of)
    if not meant:
        message = f"{written} {fits} no response of the history, though each alone does."
        return Warning("warning", UNMATCHED, message)
    first = _day(min(each.first_ms for each in meant), period)
    last = _day(max(each.last_ms for each in meant), period)
    days = f"on {first}" if first == last else f"from {first} to {last}"
    message = f"{written} {fits} no response of this period, but some of the history, {days}."
    return Warning("notice", OUTSIDE, message)


def _day(moment_ms: int, period: Period) -> date:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(period.zone).date()


def _written(name: str, filters: Filters) -> str:
    return f"--{name} {getattr(filters, name)}"
