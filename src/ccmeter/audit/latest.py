"""Verdicts on the newest requests, healthy ones too, for someone who looks every moment."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ccmeter.audit.every import every_request
from ccmeter.cache.thresholds import LIMITS, Limits
from ccmeter.pricing.book import Book
from ccmeter.store.audit_read import session_ids
from ccmeter.store.recent import Answer

_TRIES = 5  # with a session of which not all is judged yet; some of it may never be
_REST = 10  # times as long as it took to judge sessions, until they are judged again


class Verdict(NamedTuple):
    """What came of a request."""

    name: str  # as in the audit
    lost_tokens: int  # of a rebuild


class _Known(NamedTuple):
    """What was found of a session."""

    answers: Sequence[Answer]
    verdicts: Mapping[str, Verdict]
    tries: int  # that are left, if verdicts are missing

    def stands(self, answers: Sequence[Answer]) -> bool:
        """Whether there is nothing to judge again."""
        return self.answers == answers and (len(self.verdicts) == len(answers) or not self.tries)


class Latest:
    """Judges sessions whole, as they cannot be judged from their end, but only when they grow."""

    def __init__(self, book: Book, limits: Limits = LIMITS) -> None:
        self._book, self._limits = book, limits
        self._known: dict[str, _Known] = {}
        self._not_before = 0.0  # monotonic

    def verdicts(
        self, connection: sqlite3.Connection, answers: Sequence[Answer]
    ) -> dict[str, Verdict]:
        """Return the verdicts on these answers by key; without those that have none yet."""
        by_session: dict[str, list[Answer]] = {}
        for answer in answers:
            by_session.setdefault(answer.who.session, []).append(answer)
        if time.monotonic() >= self._not_before:
            self._judge(connection, by_session)
        return {key: one for own in self._known.values() for key, one in own.verdicts.items()}

    def _judge(
        self, connection: sqlite3.Connection, by_session: Mapping[str, Sequence[Answer]]
    ) -> None:
        started = time.monotonic()
        now = {}
        for session, answers in by_session.items():
            known = self._known.get(session)
            if known is None or not known.stands(answers):
                again = known is not None and known.answers == answers
                tries = known.tries - 1 if known and again else _TRIES
                known = _Known(answers, self._session(connection, answers), tries)
            now[session] = known
        self._known = now
        ended = time.monotonic()
        self._not_before = ended + _REST * (ended - started)

    def _session(
        self, connection: sqlite3.Connection, answers: Sequence[Answer]
    ) -> dict[str, Verdict]:
        """The verdicts on these answers of one session."""
        ids = session_ids(connection, [answers[0].who.session])
        wanted = {answer.key for answer in answers}
        threads = every_request(connection, self._book, ids, self._limits)
        return {
            judged.step.message_id: Verdict(judged.verdict, judged.lost_tokens)
            for thread in threads
            for judged in thread
            if judged.step.message_id in wanted
        }
