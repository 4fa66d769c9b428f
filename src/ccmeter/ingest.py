"""The straight line: discover, read what is new, store it. Readable on one screen."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING, NamedTuple

from ccmeter.model import Cursor
from ccmeter.store.cursors import Cursors, cursors_of
from ccmeter.transcripts.discover import Transcript, barred_files, discover
from ccmeter.transcripts.repair import bindable
from ccmeter.transcripts.tail import unchanged

if TYPE_CHECKING:  # what reads and writes is loaded only when something is new
    from ccmeter.store.packing import Parcel

# Of marshalled rows in a transaction: 512 kB are about 2,000. The more is stored, the more pages of
# an index they fall on, each of which is written once per transaction; so later ones are larger.
BYTES_PER_TRANSACTION, _MOST_BYTES = 1 << 19, 1 << 21
_SHARE = 16  # of what was stored before
_SECONDS_PER_TRANSACTION = 2.0
LITTLE_BYTES = 64 << 20  # are read in the time that a second pass takes
_HOUR_NS = 3_600_000_000_000

Work = tuple[Transcript, Cursor | None]
Progress = Callable[[int, int], None]  # bytes read, bytes to read
Stored = Callable[[Sequence["Parcel"]], None]  # what a transaction holds that is committed


class SyncStats(NamedTuple):
    """What a pass over the transcripts did."""

    files: int = 0
    files_read: int = 0
    lines: int = 0
    bad_lines: int = 0
    responses_new: int = 0
    responses_changed: int = 0
    bytes: int = 0
    seconds: float = 0.0
    unreadable: Sequence[str] = ()  # folders and transcripts that the user may not look at
    postponed: int = 0  # bytes of old transcripts that were left for another pass


class Plan(NamedTuple):
    """The files to look into, the oldest first, of all that were found."""

    files: int
    work: Sequence[Work]
    barred: Sequence[str] = ()  # folders and transcripts that the user may not look at

    @property
    def bytes(self) -> int:
        """How much there is to read."""
        return sum(
            max(0, file.size - (cursor.offset if cursor else 0)) for file, cursor in self.work
        )

    @property
    def unreadable(self) -> list[str]:
        """The folders and transcripts that the user may not look at, those to be read included."""
        return [*self.barred, *barred_files(sorted({file.path for file, _ in self.work}))]

    def without_old(self, since_ms: int, little: int) -> "Plan":
        """Return the plan without sessions that were last written to before that time.

        An hour is allowed for clocks that differ. With `little` to leave out (bytes), or less, it
        is the whole plan; with less than nothing, never.
        """
        since_ns = since_ms * 1_000_000 - _HOUR_NS
        live = {_talk(file) for file, _ in self.work if file.mtime_ns >= since_ns}
        part = self._replace(work=[each for each in self.work if _talk(each[0]) in live])
        return part if self.bytes - part.bytes > little else self


def ingest(
    connection: sqlite3.Connection,
    roots: Iterable[str],
    *,
    full: bool = False,
    since_ms: int | None = None,
    progress: Progress | None = None,
    enough: int = BYTES_PER_TRANSACTION,
    little: int = LITTLE_BYTES,
) -> SyncStats:
    """Store what is new in the transcripts below the Claude folders; read all again when `full`.

    With `since_ms`, the transcripts of sessions that ended before are postponed where they are
    more than `little` to read. The caller holds the writer's lock. Killed at any moment, it leaves
    whole transactions, the first of about `enough` bytes of rows.
    """
    started = time.perf_counter()
    found = list(roots)
    all_new = plan(connection, found, full=full)
    now = all_new if since_ms is None else all_new.without_old(since_ms, little)
    stats, again = carry_out(connection, now, progress, enough)
    if now is not all_new:
        postponed = all_new.bytes - now.bytes
        stats = stats._replace(postponed=postponed, unreadable=all_new.unreadable)
    while again:  # what was folded under a reused id is told apart
        next_, again = carry_out(connection, plan(connection, found), progress, enough)
        stats = _read_again(stats, next_)
    return stats._replace(seconds=time.perf_counter() - started)


def plan(connection: sqlite3.Connection, roots: Iterable[str], *, full: bool = False) -> Plan:
    """Return what is new below the Claude folders, or everything when `full`."""
    barred: list[str] = []
    files = list(discover(roots, barred))

    def present() -> Set[str]:
        return {bindable(file.path) for file in files}

    work = list(_changed(files, cursors_of(connection, files), present, full))
    return Plan(len(files), work, barred)


def plan_files(connection: sqlite3.Connection, files: Sequence[Transcript]) -> Plan:
    """Return what is new in these files alone: cheap, however many others there are."""
    cursors = Cursors(connection, files)

    def present() -> Set[str]:
        return {path for path in cursors.paths if os.path.exists(path)}

    return Plan(len(files), list(_changed(files, cursors, present, full=False)))


def carry_out(
    connection: sqlite3.Connection,
    plan: Plan,
    progress: Progress | None = None,
    enough: int = BYTES_PER_TRANSACTION,
    stored: Stored | None = None,
) -> tuple[SyncStats, bool]:
    """Read and store what is planned; return what was done, and whether to plan once more.

    The latter is so when an id turned out to be reused: then every file is new again. `stored`
    hears of each transaction. The caller holds the writer's lock.
    """
    started = time.perf_counter()
    stats = SyncStats(files=plan.files, unreadable=plan.barred)
    if not plan.work:
        return stats, False
    from ccmeter.store.packing import Parcel, parcel
    from ccmeter.store.writer import Writer
    from ccmeter.transcripts.pool import read_all

    writer = Writer(connection)
    report = _report(plan.bytes, progress)
    for group in _grouped(read_all(plan.work, parcel), report, enough):
        written = writer.store(map(Parcel.opened, group))
        stats = _added(stats, group, written.new, written.changed)
        if stored:
            stored(group)
    took = time.perf_counter() - started
    return stats._replace(seconds=took, unreadable=plan.unreadable), writer.read_again


def _changed(
    files: Iterable[Transcript], cursors: Cursors, present: Callable[[], Set[str]], full: bool
) -> Iterator[Work]:
    """Files to be looked into, the oldest first: what is copied is seen after its original.

    Before them those that were moved, for lines that were read may be looked up where they lie.
    """
    new = [file for file in files if full or not cursors.is_settled(file)]
    there = present() if new else frozenset()
    moved = {file.path for file in new if cursors.moved(file, there)}
    for file in sorted(new, key=lambda file: (file.path not in moved, file.mtime_ns, file.path)):
        cursor = cursors.get(file)
        if file.path in moved or not (full or unchanged(file, cursor)):
            yield file, cursor
        if full:
            yield file, None


def _talk(file: Transcript) -> tuple[str, str]:
    """The session of a file, whose agents' files belong to it."""
    return file.root, file.session or file.path


def _grouped(
    parcels: Iterable["Parcel"], report: Callable[["Parcel"], None], enough: int
) -> Iterator[list["Parcel"]]:
    """Groups that are worth a transaction; nobody is kept waiting while they are gathered."""
    group: list[Parcel] = []
    size = before = 0
    since = time.monotonic()
    for parcel in parcels:
        group.append(parcel)
        report(parcel)
        size += len(parcel.content)
        worth = max(enough, min(before // _SHARE, _MOST_BYTES))
        if size >= worth or time.monotonic() - since > _SECONDS_PER_TRANSACTION:
            yield group
            before += size
            group, size, since = [], 0, time.monotonic()
    if group:
        yield group


def _report(total: int, progress: Progress | None) -> Callable[["Parcel"], None]:
    done = 0

    def report(parcel: "Parcel") -> None:
        nonlocal done
        done += parcel.size
        if progress:
            progress(done, max(total, done))

    return report


def _read_again(first: SyncStats, second: SyncStats) -> SyncStats:
    """The second pass has read every line; what it found adds to the first."""
    return second._replace(
        responses_new=first.responses_new + second.responses_new,
        responses_changed=first.responses_changed + second.responses_changed,
    )


def _added(stats: SyncStats, read: list["Parcel"], new: int, changed: int) -> SyncStats:
    return stats._replace(
        files_read=stats.files_read + len({parcel.path for parcel in read}),
        lines=stats.lines + sum(parcel.lines for parcel in read),
        bad_lines=stats.bad_lines + sum(parcel.bad_lines for parcel in read),
        responses_new=stats.responses_new + new,
        responses_changed=stats.responses_changed + changed,
        bytes=stats.bytes + sum(parcel.size for parcel in read),
    )
