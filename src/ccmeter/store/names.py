"""Names that many rows share are stored once; this hands out their ids."""

import sqlite3
from collections.abc import Sequence

from ccmeter.model import Owner, Terms
from ccmeter.store.statements import sql

Value = str | int | None

_MOST = 4_096  # names that are remembered: most agents occur in one file and never again


class Names:
    """Ids of shared names, remembered for as long as the surrounding transaction holds."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[tuple[object, ...], int] = {}

    def forget(self) -> None:
        """Drop what is remembered: after a rollback the ids may not exist."""
        self._ids.clear()

    def forget_if_many(self) -> None:
        """Drop what is remembered when it has grown long, so that no history is too long."""
        if len(self._ids) > _MOST:
            self._ids.clear()

    def root(self, path: str) -> int:
        """Id of a Claude folder."""
        return self._id("root", (path,))

    def session(self, session: str) -> int:
        """Id of a session."""
        return self._id("session", (session,))

    def agent(self, agent: str, kind: str | None = None) -> int:
        """Id of a subagent, 0 for the main thread; its type is filled in when it gets known."""
        return self._id("agent", (agent, kind)) if agent else 0

    def project(self, cwd: str) -> int:
        """Id of a folder that was worked in."""
        return self._id("project", (cwd,))

    def owner(self, owner: Owner, root: str) -> int:
        """Id of a whole owner."""
        key = ("owner", owner, root)
        found = self._ids.get(key)
        if found is None:
            values = (
                self.root(root),
                self.session(owner.session),
                self.agent(owner.agent, owner.agent_type),
                self.project(owner.cwd),
                self._id("client", (owner.version, owner.entrypoint)),
                owner.sidechain,
                owner.copied,
            )
            found = self._ids[key] = self._id("owner", values)
        return found

    def terms(self, terms: Terms) -> int:
        """Id of the terms a response was served on."""
        key = ("terms", terms)
        found = self._ids.get(key)
        if found is None:
            model = self._id("model", (terms.model,))
            names = (value or "" for value in terms[1:-2])
            found = self._ids[key] = self._id("terms", (model, *names, *terms[-2:]))
        return found

    def request_kind(self, kind: Sequence[Value]) -> int:
        """Id of everything that requests of one kind have in common."""
        return self._id("request_kind", kind)

    def _id(self, kind: str, values: Sequence[Value]) -> int:
        key = (kind, *values)
        found = self._ids.get(key)
        if found is None:
            (found,) = self._connection.execute(sql(f"name_{kind}"), values).fetchone()
            self._ids[key] = found
        return found
