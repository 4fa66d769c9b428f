"""A Claude folder and a database in a temporary place, and what the database says."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from worlds import World, content

from ccmeter.ingest import SyncStats, carry_out, ingest, plan_files
from ccmeter.store.db import open_rw
from ccmeter.transcripts.clock import iso
from ccmeter.transcripts.discover import transcript_at

ROWS = """
select r.key, models.model, r.finished, r.input_tokens, r.output_tokens, r.cache_read_tokens,
    r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.time_ms, r.owner_rank
from responses as r
join terms on terms.id = r.terms_id
join models on models.id = terms.model_id
"""
BELIEVED = """
select r.key, r.request_id, r.request_ref, r.start_ms, r.rank_output, r.web_searches,
    r.thinking_tokens, r.web_fetches, r.miss_tokens, r.parent_hash, terms.requested_model,
    terms.speed, terms.geo, terms.service_tier, terms.effort, terms.cache_requested,
    terms.stop_reason, terms.miss_reason, terms.aborted
from responses as r
join terms on terms.id = r.terms_id
order by r.key
"""
OWNERS = """
select r.key, sessions.session, agents.agent, agents.type, projects.cwd, clients.version,
    clients.entrypoint, owners.sidechain, owners.copied
from responses as r
join owners on owners.id = r.owner_id
join sessions on sessions.id = owners.session_id
join projects on projects.id = owners.project_id
join clients on clients.id = owners.client_id
left join agents on agents.id = owners.agent_id
order by r.key
"""
PLACES = {
    "responses": "select path, responses.offset, key"
    " from responses join files on files.id = source",
    "marks": "select path, marks.offset, kind, label, time_ms, tokens_before, tokens_after"
    " from marks join files on files.id = source",
    "skips": "select path, skips.offset from skips join files on files.id = source",
}


@cache
def empty_database() -> bytes:
    """The database of a first start, made once."""
    with tempfile.TemporaryDirectory() as home:
        open_rw(home).close()
        return Path(home, "ccmeter.db").read_bytes()


class Meter:
    """One history on disk and its meter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.projects = folder / "projects"
        self.projects.mkdir(parents=True)
        home = folder / "home"
        home.mkdir()
        (home / "ccmeter.db").write_bytes(empty_database())
        self.connection = open_rw(str(home))

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def write(self, path: str, data: bytes) -> Path:
        target = self.projects / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target

    def write_all(self, world: World) -> None:
        for path, file in world.items():
            self.write(path, content(file))

    def sync(self, **options: Any) -> SyncStats:
        return ingest(self.connection, [str(self.folder)], **options)

    def sync_file(self, path: str) -> None:
        """Read what is new in one file, as the watcher does."""
        place = self.projects / path
        folder = os.path.relpath(place.parent, self.projects)
        found = transcript_at(str(place), str(self.folder), folder)
        assert found
        _, again = carry_out(self.connection, plan_files(self.connection, [found]))
        if again:
            self.sync()

    def rows(self) -> dict[str, dict[str, Any]]:
        """The responses in the shape of the oracle's."""
        names = (
            "model",
            "final",
            "input",
            "output",
            "read",
            "write_5m",
            "write_1h",
            "time",
            "place",
        )
        found = {}
        for key, *values in self.connection.execute(ROWS):
            found[key] = dict(zip(names, values, strict=True))
            found[key]["final"] = bool(found[key]["final"])
            found[key]["time"] = iso(found[key]["time"])
        return found

    def everything(self) -> dict[str, list[Any]]:
        """All that is stored but owners, which depend on what is read first."""
        tables = {name: self._placed(query) for name, query in PLACES.items()}
        return {"believed": self.connection.execute(BELIEVED).fetchall(), **tables}

    def _placed(self, query: str) -> list[Any]:
        start = len(str(self.projects))
        return sorted((path[start:], *rest) for path, *rest in self.connection.execute(query))

    def owners(self) -> list[Any]:
        return self.connection.execute(OWNERS).fetchall()

    def count(self, table: str) -> int:
        (found,) = self.connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
        return int(found)


@contextmanager
def fresh() -> Iterator[Meter]:
    """A meter without a history."""
    with tempfile.TemporaryDirectory() as folder, Meter(Path(folder)) as meter:
        yield meter
