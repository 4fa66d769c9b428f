"""What the audit found, as rows: sums, rebuilds and alerts. Written here, read in audit_read."""

import re
import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ccmeter.store.audit import ThreadId
from ccmeter.store.statements import sql

SLOT_MS = 900_000  # days of every time zone are made of quarters of an hour
_USD = Decimal(10) ** 12
_MOST = (1 << 62) - 1  # $4.6 million
_NUMBER = re.compile(r"\d[\d,.:-]*")
_GAP = "\0"  # where a number stood


class Sums(NamedTuple):
    """Requests of one thread, slot, client version and provider."""

    is_open: bool
    slot: int
    claude: bool
    version: str
    provider: int
    requests: int
    prompt_tokens: int
    read_tokens: int
    cost_usd: Decimal
    unpriced: int
    exposed: int


class Rebuild(NamedTuple):
    """A request that did not read what it should."""

    start_ms: int
    response_id: int
    finding: tuple[str, str, str, str, bool]  # verdict, cause, kind, evidence, sure
    expected_read: int
    lost_tokens: int
    excess_usd: Decimal | None
    gap_ms: int


class Raised(NamedTuple):
    """An alert as a rule raised it."""

    time_ms: int
    rule: str
    level: str
    message: str
    advice: str
    is_sum: bool
    tokens: int
    usd: Decimal | None
    version: str


def to_stored(usd: Decimal | None) -> int | None:
    """Return USD as the integer that is stored; more than SQLite holds is as much as it holds."""
    return None if usd is None else max(-_MOST, min(round(usd * _USD), _MOST))


def to_usd(stored: int | None) -> Decimal | None:
    """Return a stored amount in USD."""
    return None if stored is None else Decimal(stored) / _USD


def without_numbers(message: str) -> tuple[str, str]:
    """Return the message with gaps for its numbers, and the numbers."""
    return _NUMBER.sub(_GAP, message), " ".join(_NUMBER.findall(message))


def with_numbers(wording: str, numbers: str) -> str:
    """Return the message that was taken apart."""
    parts = wording.split(_GAP)
    message = [""] * (2 * len(parts) - 1)
    message[::2] = parts
    if len(parts) > 1:
        message[1::2] = numbers.split(" ")
    return "".join(message)


class Findings:
    """Writes what is found, and knows the ids of what many rows share."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._versions = dict(connection.execute(sql("audit_versions")))
        self._ids: dict[tuple[object, ...], int] = {}

    def sums(self, thread: ThreadId, found: Iterable[Sums]) -> None:
        """Add sums to those of the thread."""
        rows = [
            (
                *(s.is_open, *thread, s.slot, s.claude, self._versions[s.version], s.provider),
                *(s.requests, s.prompt_tokens, s.read_tokens),
                *(to_stored(s.cost_usd), s.unpriced, s.exposed),
            )
            for s in found
        ]
        self._connection.executemany(sql("audit_save_tally"), rows)

    def rebuilds(self, thread: ThreadId, found: Iterable[Rebuild]) -> None:
        """Store rebuilds of the thread."""
        rows = [
            (
                *(*thread, r.start_ms, r.response_id, self._id(sql("audit_finding"), r.finding)),
                *(r.expected_read, r.lost_tokens, to_stored(r.excess_usd), r.gap_ms),
            )
            for r in found
        ]
        self._connection.executemany(sql("audit_save_rebuild"), rows)

    def raised(self, thread: ThreadId, found: Iterable[Raised]) -> None:
        """Store alerts of the thread, in the order in which they were raised."""
        rows = [self._raised(thread, number, alert) for number, alert in enumerate(found)]
        self._connection.executemany(sql("audit_save_raised"), rows)

    def _raised(self, thread: ThreadId, number: int, alert: Raised) -> tuple[object, ...]:
        wording, numbers = without_numbers(alert.message)
        saying = (alert.rule, alert.level, wording, alert.advice, alert.is_sum)
        id_ = self._id(sql("audit_saying"), saying)
        usd, version = to_stored(alert.usd), self._versions.get(alert.version)
        return (*thread, alert.time_ms, number, id_, numbers, alert.tokens, usd, version)

    def waiting(self, thread: ThreadId, found: Iterable[tuple[int, int]]) -> None:
        """Note fingerprints that have not been read, and the starts of their requests."""
        rows = [(ref, *thread, start) for ref, start in found]
        self._connection.executemany(sql("audit_save_waiting"), rows)

    def _id(self, query: str, values: tuple[object, ...]) -> int:
        found = self._ids.get(values)
        if found is None:
            (found,) = self._connection.execute(query, values).fetchone()
            self._ids[values] = found
        return found
