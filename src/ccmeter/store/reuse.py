"""Message ids that a proxy gave to several responses: found out once, never believed again."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from ccmeter.model import Response
from ccmeter.store.hashing import hash63
from ccmeter.store.statements import sql
from ccmeter.transcripts.merge import apart_key, same_ids


class ReusedIds:
    """The ids known to stand for several responses, in memory and in the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: set[str] = set()
        self.reload()

    def reload(self) -> None:
        """Take what the database holds: after a rollback some may not be known."""
        self._known = {key for (key,) in self._connection.execute(sql("load_reused"))}

    def doubtful(self, responses: Sequence[Response]) -> bool:
        """Whether some id is stored already with another request id or model.

        That is a copy in another file, or an id reused in this one; only the file can tell.
        """
        own = {r.key: r for r in responses if not r.parent and not r.owner.sidechain}
        hashes = json.dumps([hash63(key) for key in own])
        return any(
            key in own
            and not same_ids(request_id, model, own[key].request_id, own[key].terms.model)
            for key, request_id, model in self._connection.execute(
                sql("stored_ids"), {"hashes": hashes}
            )
        )

    def learn(self, keys: Iterable[str]) -> bool:
        """Remember the ids and set apart what is stored; whether anything was.

        Lines of other files may have been folded into what was stored: they are to be read again.
        """
        stored = False
        for key in set(keys) - self._known:
            self._connection.execute(sql("save_reused"), (hash63(key), key))
            self._known.add(key)
            stored |= self._set_apart(key)
        return stored

    def _set_apart(self, key: str) -> bool:
        family = self._connection.execute(sql("family"), (hash63(key), hash63(key))).fetchall()
        for stored, request_id, model in family:
            base = apart_key(key, request_id, model)
            new = base + stored[len(key) :]
            values = (new, hash63(new), hash63(base), hash63(stored), stored)
            self._connection.execute(sql("rename_reused"), values)
        return bool(family)

    def told_apart(self, responses: Sequence[Response]) -> Sequence[Response]:
        """Return the responses, those of reused ids under keys of their own."""
        return list(self._renamed(responses)) if self._known else responses

    def _renamed(self, responses: Iterable[Response]) -> Iterator[Response]:
        models: dict[str, str] = {}
        for response in responses:
            base = response.parent or response.key
            if base not in self._known:
                yield response
                continue
            # a call may have another model than its response, but it is always read beside it
            model = response.terms.model if response.parent is None else models[base]
            models[base] = model
            new = apart_key(base, response.request_id, model)
            parent = new if response.parent else None
            yield response._replace(key=new + response.key[len(base) :], parent=parent)
