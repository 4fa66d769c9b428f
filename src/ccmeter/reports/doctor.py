"""What the facts mean: checks, each with a next step. Pure: nothing is looked at here."""

from collections.abc import Iterator, Sequence
from shlex import quote

from ccmeter.cache.starts import line_alert
from ccmeter.config import KEYS, nearest
from ccmeter.pricing.book import age_days
from ccmeter.reports.check import NOTE, OK, PROBLEM, Check, counted, size, when
from ccmeter.reports.facts import ClaudeFolder, DataFolder, Facts
from ccmeter.reports.past import Past
from ccmeter.reports.past_checks import judge_past
from ccmeter.reports.price_list import own_prices
from ccmeter.reports.warnings import OLD_AFTER_DAYS, unreadable
from ccmeter.store.health import Health

_LITTLE_SPACE = 200 << 20  # bytes: the database of 10 GB of transcripts
_NO_SPACE = 10 << 20
_OLDEST_SQLITE = (3, 35)  # the first with RETURNING

_MOVE_AWAY = (
    "Move ccmeter.db, ccmeter.db-wal and ccmeter.db-shm to a safe place, then run: ccmeter sync."
    " It reads all transcripts that still exist; keep the old file for what they no longer hold."
)
_STATES = {  # of the database: what it means, and what to do
    "missing": (NOTE, "there is no database yet", "Run: ccmeter sync"),
    "empty": (NOTE, "it is still empty", "Run: ccmeter sync"),
    "older": (NOTE, "it was written by an older ccmeter", "Run: ccmeter sync, which upgrades it."),
    "newer": (PROBLEM, "it was written by a newer ccmeter", "Update ccmeter."),
    "damaged": (PROBLEM, "it is damaged", _MOVE_AWAY),
    "unreadable": (
        PROBLEM,
        "it cannot be read",
        "Make the folder and ccmeter.db readable and writable for you, and free some space if"
        " the disk is full.",
    ),
}
_FOLDERS = {  # of a Claude folder
    "ok": (OK, "", ""),
    "missing": (NOTE, "does not exist", "Claude Code makes it when it is first used."),
    "no projects": (
        NOTE,
        "has no projects/ in it",
        "Claude Code makes it when it is first used. If yours are elsewhere, set CLAUDE_CONFIG_DIR"
        " to the folder that holds projects/.",
    ),
    "is projects": (
        PROBLEM,
        "is the projects folder itself",
        "Name the folder above it instead, the one that holds projects/.",
    ),
    "unreadable": (
        PROBLEM,
        "cannot be read, so what is in there is not counted",
        "Give yourself the right to read it, and projects/ in it.",
    ),
}


def judge(facts: Facts, past: Past | None, today: str) -> list[Check]:
    """Return all checks. `past` is None when the database cannot be read; `today` is a UTC day."""
    checks = [
        _versions(facts),
        *_data_folder(facts),
        _database(facts.health),
        _lock(facts),
        *(_claude_folder(folder) for folder in facts.folders),
        *_transcripts(facts.unreadable),
        *_settings(facts),
        _environment(facts),
        _zone(facts),
        _prices(facts, today),
        *_lines(facts),
    ]
    return checks if past is None else [*checks, *judge_past(past)]


def _versions(facts: Facts) -> Check:
    versions = facts.versions
    message = (
        f"ccmeter {versions.ccmeter}, Python {versions.python}, SQLite {versions.sqlite},"
        f" {versions.os}"
    )
    number = tuple(int(part) for part in versions.sqlite.split(".")[:2])
    if number < _OLDEST_SQLITE:
        return Check("versions", PROBLEM, message, "ccmeter needs SQLite 3.35 or newer: use a newer"
                     " Python.")  # fmt: skip
    return Check("versions", OK, message)


def _data_folder(facts: Facts) -> Iterator[Check]:
    data = facts.data
    if data.state == "missing":
        yield Check("data-folder", NOTE, f"{data.path} does not exist yet",
                    "ccmeter makes it at the first sync: ccmeter sync")  # fmt: skip
        return
    if data.state == "no folder":
        yield Check("data-folder", PROBLEM, f"{data.path} is no folder",
                    "Move it away, or choose another folder with CCMETER_HOME.")  # fmt: skip
        return
    if data.barred:
        yield Check(
            "data-folder", PROBLEM, f"{data.path} cannot be written to", _how_to_write(data)
        )
        return
    yield Check(
        "data-folder",
        OK,
        f"{data.path}: {size(data.bytes)}, of which the database {size(data.database_bytes)}",
    )
    if data.free_bytes is not None:
        yield _disk(data.free_bytes)
    yield _privacy(facts)


def _how_to_write(data: DataFolder) -> str:
    """What helps when the data folder cannot be written to."""
    path = quote(data.path)
    if data.barred == "read-only":
        return (
            "Its file system is read-only: choose a folder elsewhere with CCMETER_HOME, or have it"
            " mounted for writing."
        )
    how = f"chmod u+rwx {path}" if data.barred == "mode" else f'sudo chown -R "$USER" {path}'
    return f"Run: {how} (or choose another folder with CCMETER_HOME)"


def _disk(free: int) -> Check:
    if free >= _LITTLE_SPACE:
        return Check("disk", OK, f"{size(free)} free where the data folder is")
    status = PROBLEM if free < _NO_SPACE else NOTE
    advice = "Free some space: nothing new can be stored without it."
    return Check("disk", status, f"only {size(free)} free where the data folder is", advice)


def _privacy(facts: Facts) -> Check:
    data = facts.data
    if not data.open_paths:
        return Check("privacy", OK, "only you can look into the data folder")
    advice = f"Run: chmod -R go= {quote(data.path)}"
    if len(data.open_paths) > 1:
        return Check("privacy", PROBLEM, "other users of this machine can read: "
                     + ", ".join(data.open_paths[1:]), advice)  # fmt: skip
    return Check("privacy", NOTE, f"other users of this machine can list {data.path}", advice)


def _database(health: Health) -> Check:
    if health.state == "current":
        return Check("database", OK, f"schema {health.schema}, sound")
    status, meaning, advice = _STATES[health.state]
    schema = "" if health.schema is None else f" (schema {health.schema})"
    said = f": {health.error}" if health.error else ""
    return Check("database", status, f"{meaning}{schema}{said}", advice)


def _lock(facts: Facts) -> Check:
    state = facts.lock
    texts = {
        "free": "nobody is writing just now",
        "none": "nobody has written yet",
        "held": "another ccmeter is writing just now, which is as it should be during a sync",
    }
    if state in texts:
        return Check("writer-lock", OK, texts[state])
    if state == "no locks":
        return Check("writer-lock", PROBLEM, "files in the data folder cannot be locked",
                     "Set CCMETER_HOME to a folder on a local disk.")  # fmt: skip
    if facts.data.barred:
        return Check("writer-lock", NOTE, "whether another ccmeter is writing cannot be told",
                     "Make the data folder writable, as said above.")  # fmt: skip
    return Check("writer-lock", PROBLEM, "writer.lock in the data folder cannot be opened",
                 "Remove it; it is made anew.")  # fmt: skip


def _claude_folder(folder: ClaudeFolder) -> Check:
    status, meaning, advice = _FOLDERS[folder.state]
    if folder.state == "missing" and folder.named_by == "config.toml":
        status, advice = PROBLEM, "Correct the folder of this user: ccmeter config path"
    where = folder.path if folder.named_by == "default" else f"{folder.path} ({folder.named_by})"
    if status == OK:
        newest = "" if folder.newest_ns is None else f", newest {when(folder.newest_ns // 10**6)}"
        meaning = f"{counted(folder.transcripts, 'transcript')} of {folder.user}{newest}"
        return Check("claude-folder", OK, f"{where}: {meaning}")
    return Check("claude-folder", status, f"{where} {meaning}", advice)


def _transcripts(paths: Sequence[str]) -> Iterator[Check]:
    if paths:
        yield Check("transcripts", PROBLEM, unreadable(paths).rstrip("."),
                    "Give yourself the right to read it.")  # fmt: skip


def _settings(facts: Facts) -> Iterator[Check]:
    settings = facts.settings
    if settings.error:
        yield Check("settings", PROBLEM, settings.error, "Edit it: ccmeter config path")
    elif not settings.exists:
        yield Check("settings", OK, f"{settings.path} is not there: everything is a default")
    elif not settings.unknown_keys:
        yield Check("settings", OK, settings.path)
    for key in settings.unknown_keys:
        meant = nearest(key, KEYS)
        advice = f"Did you mean {meant}? " if meant else ""
        yield Check("settings", NOTE, f"{settings.path}: {key} means nothing to this ccmeter",
                    f"{advice}Keys: {', '.join(KEYS)}")  # fmt: skip


def _environment(facts: Facts) -> Check:
    pairs = [f"{name}={value}" for name, value in facts.environment.items()]
    return Check("environment", OK, ", ".join(pairs) or "no variable that matters is set")


def _zone(facts: Facts) -> Check:
    message = f"days begin as in {facts.zone}"
    if not facts.unread_tz:
        return Check("timezone", OK, message)
    return Check("timezone", NOTE, f"TZ={facts.unread_tz} is no time zone: {message}",
                 "Use a name: ccmeter config set timezone Europe/Berlin")  # fmt: skip


def _lines(facts: Facts) -> Iterator[Check]:
    """R10: by how much tools overcount that add up lines."""
    alert = line_alert(*facts.told, 0, facts.limits)
    if alert is not None:
        yield Check("lines", OK, f"in the newest transcripts {alert.message}")


def _prices(facts: Facts, today: str) -> Check:
    age = age_days(facts.book, today)
    own = len(own_prices(facts.book))
    message = f"list prices were checked on {facts.book.checked}, {counted(age, 'day')} ago"
    if own:
        message += f"; {counted(own, 'model')} with prices of your own"
    refreshed = facts.book.refreshed
    if refreshed and refreshed.problem:
        return Check("prices", NOTE, message, refreshed.problem)
    fetched = sum(model.prices[0].fetched for model in facts.book.models.values())
    if refreshed and fetched:
        message += f"; {counted(fetched, 'model')} with prices fetched on {refreshed.day}"
    if age > OLD_AFTER_DAYS:
        return Check("prices", NOTE, message, "Newer models and price cuts may be missing: update"
                     " ccmeter.")  # fmt: skip
    return Check("prices", OK, message)
