"""Calls that only the client's own report shows, as pieces of a report like those of responses."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Terms
from ccmeter.otlp.records import ApiCall
from ccmeter.reports.coverage import KNOWN, Coverage
from ccmeter.reports.period import Stretch
from ccmeter.reports.priced import Priced, Totals, total
from ccmeter.store.api_calls import hidden_calls
from ccmeter.store.read import Slice, Who, day_of

_DAY_MS = 86_400_000


class Hidden(NamedTuple):
    """Sums over calls that no transcript shows but telemetry does."""

    totals: Totals
    counted: bool  # whether they are in the totals and rows of the report
    compared_usd: Decimal  # in sessions whose hidden dollars the client's meter tells as well


def load_hidden(
    connection: sqlite3.Connection, stretches: Iterable[Stretch], known: Iterable[Slice]
) -> list[Slice]:
    """Return the hidden calls of the stretches, a slice each.

    Folder and user of a call are those of a response of its session among the `known`.
    """
    people: dict[str, Who] = {}
    for piece in known:
        if not piece.who.agent:
            people.setdefault(piece.who.session, piece.who)
    return [
        _slice(call, stretch.shift_ms, people)
        for stretch in stretches
        for call in hidden_calls(connection, stretch.since_ms, stretch.until_ms)
    ]


def _slice(call: ApiCall, shift_ms: int, people: Mapping[str, Who]) -> Slice:
    nobody = Who("", call.session, "", None, "", "", "", "")
    who = people.get(call.session, nobody)._replace(
        agent=call.agent, agent_type=call.agent_type, version=call.version
    )
    terms = Terms(call.model, speed=call.speed or None, effort=call.effort or None)
    return Slice(
        who,
        terms,
        day_of((call.time_ms + shift_ms) // _DAY_MS),
        day_of(call.time_ms // _DAY_MS).isoformat(),
        call.usage.prompt_tokens,
        1,
        0,
        call.usage,
    )


def summed(pieces: Sequence[Priced], counted: bool, coverage: Coverage) -> Hidden | None:
    """Return the sums of hidden calls; None when there are none."""
    if not pieces:
        return None
    states = coverage.sessions
    compared = [
        piece.list_cost or Decimal()
        for piece in pieces
        if (known := states.get(piece.slice.who.session)) and known.state == KNOWN
    ]
    return Hidden(total(pieces), counted, sum(compared, Decimal()))
