"""Stored requests to steps that can be judged: priced, with what stood between them."""

import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from ccmeter.cache.messages import Chained, is_rewritten
from ccmeter.cache.steps import Kind, Step, StepPrices, provider_of
from ccmeter.pricing.book import Book, Rates
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.pricing.rate import is_fast, rates, thresholds
from ccmeter.store.audit import Row, ThreadId
from ccmeter.store.audit_facts import Noted, load_chained, load_kind, load_marks, load_owned
from ccmeter.store.read import load_terms

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
_MTOK, _SMALLEST = Decimal("1e-6"), Decimal("1e-12")
_PRINTING = "sdk-cli"  # entrypoint of print mode, where each prompt has a process of its own
_PROCESS = "start:startup"


class _Served(NamedTuple):
    """What the terms of a response come to."""

    model: str
    is_claude: bool
    effort: str
    fast: bool
    cache_requested: str
    miss_reason: str
    aborted: bool
    untyped_write: bool


class _Tariff(NamedTuple):
    """What the tokens of a response cost: counts times rates times unit are USD."""

    rates: Sequence[Any]  # whole numbers where they can be, which are counted with faster
    unit: Decimal
    prices: StepPrices


class Steps:
    """Makes steps of the requests of a connection, at the prices of a book."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        book: Book,
        sessions: Collection[int] | None = None,
        owners: Collection[int] | None = None,
    ) -> None:
        self._connection, self._book = connection, book
        self._owned = load_owned(connection, owners)
        self._marks = load_marks(connection, sessions)
        self._terms = load_terms(connection)
        self._served: dict[int, _Served] = {}
        self._kinds: dict[int, Kind] = {}
        self._bands = thresholds(book)
        self._tariffs: dict[tuple[int, int, int], _Tariff | None] = {}
        self._chains: dict[int, Chained | None] = {}
        self._make = self._maker()
        self.missing: set[int] = set()  # fingerprints that were looked for in vain

    def of(self, thread: ThreadId, rows: Sequence[Row], after_ms: int | None) -> list[Step]:
        """Return the steps of the thread's requests, with the marks since `after_ms`."""
        self._chains.clear()
        make, marks = self._make, self._marks.get(thread)
        if not marks:
            return [make(row) for row in rows]
        between = _between(marks, [row[4] for row in rows], after_ms)
        return [make(row, noted) for row, noted in zip(rows, between, strict=True)]

    def rewritten(self, before: int, after: int) -> bool | None:
        """Whether the messages of a fingerprint are no beginning of a later one's."""
        return is_rewritten(before, after, self._chained)

    def _chained(self, request: int) -> Chained | None:
        known = self._chains.get(request)
        if known is not None:
            return known
        found = load_chained(self._connection, request)
        if found is None:
            self.missing.add(request)
            return None
        chained = self._chains[request] = Chained(*found)
        return chained

    def _maker(self) -> Callable[..., Step]:
        """The function that makes one step; written for a million of them."""
        owned, served_by, kinds = self._owned, self._served, self._kinds
        tariffs, bands, search_usd = self._tariffs, self._bands, self._book.web_search.value
        new: Callable[..., Step] = tuple.__new__

        def make(row: Row, noted: Sequence[Noted] = ()) -> Step:
            (
                _, key, owner, terms, start, end, sent, got, read, short, long, searches,
                finished, reference, kind_id, is_first, _, _,
            ) = row  # fmt: skip
            session, agent, version, entrypoint, copied = owned[owner]
            served = served_by.get(terms) or self._serve(terms)
            place = (terms, end // _DAY_MS, bisect_left(bands, sent + read + short + long))
            tariff = tariffs[place] if place in tariffs else self._tariff(place, row)
            cost, prices = None, None
            if tariff is not None:
                (a, b, c, d, e), unit, prices = tariff
                cost = (sent * a + got * b + read * c + short * d + long * e) * unit
                if searches:
                    cost += searches * search_usd
            kind = None if kind_id is None else kinds.get(kind_id) or self._kind(kind_id)
            marks = _texts(noted, entrypoint, kind) if noted else ()
            model, claude, effort, fast, requested, reason, aborted, untyped = served
            provider = "anthropic" if key.startswith("msg_0") else provider_of(key)
            # the fields of Step in their order
            return new(
                Step,
                (
                    session, agent, key, start, end, model, claude, version, sent, got, read,
                    short, long, cost, prices, effort, fast, requested, reason, bool(finished),
                    aborted, copied, marks, kind is not None and bool(is_first), kind,
                    None if kind is None else reference, untyped, "", entrypoint, provider,
                ),
            )  # fmt: skip

        return make

    def _serve(self, terms_id: int) -> _Served:
        terms = self._terms[terms_id]
        model = canonical(terms.model)
        found = self._served[terms_id] = _Served(
            model,
            is_claude(model),
            terms.effort or "",
            is_fast(terms),
            terms.cache_requested or "",
            terms.miss_reason or "",
            terms.aborted,
            terms.untyped_write,
        )
        return found

    def _kind(self, kind_id: int) -> Kind:
        found = self._kinds[kind_id] = Kind(*load_kind(self._connection, kind_id))
        return found

    def _tariff(self, place: tuple[int, int, int], row: Row) -> _Tariff | None:
        terms, day, _ = place
        sent, _, read, short, long = row[6:11]
        prompt = sent + read + short + long
        found = rates(self._book, self._terms[terms], str(_EPOCH + timedelta(day)), prompt)
        known = self._tariffs[place] = None if found is None else _counted(found)
        return known


def _counted(found: Rates) -> _Tariff:
    prices = StepPrices(found.input, found.cache_read, found.cache_write_5m, found.cache_write_1h)
    whole = [rate / _MTOK for rate in found]
    if all(rate == int(rate) for rate in whole):
        return _Tariff([int(rate) for rate in whole], _SMALLEST, prices)
    return _Tariff(found, _MTOK, prices)


def _between(
    marks: Sequence[Noted], starts: Iterable[int], after_ms: int | None
) -> Iterator[Sequence[Noted]]:
    """For each start the marks up to it that none before it had."""
    place, count = 0, len(marks)
    while after_ms is not None and place < count and marks[place].time_ms <= after_ms:
        place += 1
    for start in starts:
        first = place
        while place < count and marks[place].time_ms <= start:
            place += 1
        yield marks[first:place]


def _texts(noted: Iterable[Noted], entrypoint: str, kind: Kind | None) -> tuple[str, ...]:
    """Marks as the judge knows them.

    Two of them are signs of a new process, to be believed where no fingerprint knows better.
    """
    found = []
    for mark in noted:
        if mark.kind in ("meter", "queue"):
            if kind is None and (mark.kind == "meter" or entrypoint == _PRINTING):
                found.append(_PROCESS)
        else:
            found.append(f"{mark.kind}:{mark.label}" if mark.label else mark.kind)
    return tuple(found)
