"""Rebuilds of the prompt cache in a period, with whose they are."""

import sqlite3
from typing import NamedTuple

from ccmeter.cache.causes import SUSPECT
from ccmeter.cache.judge import SUSPECT_REBUILD
from ccmeter.pricing.names import canonical, is_claude
from ccmeter.store.audit_read import FoundRebuild, Ids, rebuilds
from ccmeter.store.read import Who, load_owners, load_terms


class CacheEvent(NamedTuple):
    """A request that did not read what it should."""

    who: Who
    model: str  # canonical id
    found: FoundRebuild

    @property
    def is_claude(self) -> bool:
        """Whether a Claude model answered: others never raise an alert."""
        return is_claude(self.model)

    @property
    def is_suspect(self) -> bool:
        """Whether most of a large prefix was lost without an ordinary cause."""
        return self.found.verdict == SUSPECT_REBUILD

    @property
    def is_unexplained(self) -> bool:
        """Whether there is no ordinary cause, however little was lost."""
        return self.found.kind == SUSPECT


def load_events(
    connection: sqlite3.Connection, since_ms: int, until_ms: int, sessions: Ids = None
) -> list[CacheEvent]:
    """Return the rebuilds of a period (milliseconds, the end excluded) in order of their start."""
    found = rebuilds(connection, since_ms, until_ms, sessions)
    owners, terms = load_owners(connection, {one.owner_id for one in found}), load_terms(connection)
    return [
        CacheEvent(owners[one.owner_id], canonical(terms[one.terms_id].model), one) for one in found
    ]
