"""What `ccmeter doctor` found, on a terminal and as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from ccmeter.render.export import iso
from ccmeter.render.lines import say, tilde
from ccmeter.render.numbers import SCHEMA, dump
from ccmeter.render.prices_json import unpriced
from ccmeter.reports.check import NOTE, OK, PROBLEM, Check
from ccmeter.reports.facts import ClaudeFolder, Facts
from ccmeter.reports.past import Past
from ccmeter.reports.price_list import own_prices
from ccmeter.store.facts import BadLine
from ccmeter.watch.standing import Standing

_SIGNS = {
    OK: ("ok       ", "quiet"),
    NOTE: ("note     ", "notice"),
    PROBLEM: ("problem  ", "alarm"),
}
_INDENT = " " * 9


def print_doctor(console: Console, checks: Sequence[Check], past: Past | None) -> None:
    """Print a paragraph per check, the bad lines that were asked for, and a summary."""
    for check in checks:
        sign, style = _SIGNS[check.status]
        say(console, tilde(f"{check.name}: {check.message}"), style, sign, _INDENT)
        if check.advice:
            say(console, tilde(check.advice), "", f"{_INDENT}> ", f"{_INDENT}  ")
    if past and past.bad_lines:
        _print_bad_lines(console, past)
    console.print()
    problems, notes = (sum(c.status == status for c in checks) for status in (PROBLEM, NOTE))
    say(console, f"{_counted(problems, 'problem')}, {_counted(notes, 'note')}.", "title")


def _print_bad_lines(console: Console, past: Past) -> None:
    console.print()
    shown = len(past.bad_lines)
    more = (
        ""
        if shown == past.bad_count
        else f" (newest {shown} of {past.bad_count:,}; --all shows all)"
    )
    say(console, f"Bad lines by file, byte and reason{more}:", "title")
    for line in past.bad_lines:
        say(console, tilde(f"{line.path}, byte {line.offset}: {line.reason}"), "", "  ", "    ")


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def doctor_json(checks: Sequence[Check], facts: Facts, watcher: Standing, past: Past | None) -> str:
    """Return the checks and the facts behind them as one JSON document; paths are whole."""
    return dump(
        {
            "schema": SCHEMA,
            "checks": [check._asdict() for check in checks],
            "versions": facts.versions._asdict(),
            "data_folder": facts.data._asdict(),
            "database": _database(facts),
            "writer_lock": facts.lock,
            "watcher": _watcher(watcher),
            "claude_folders": [_folder(folder) for folder in facts.folders],
            "settings": facts.settings._asdict(),
            "environment": dict(facts.environment),
            "prices": {"checked": facts.book.checked, "own_models": len(own_prices(facts.book))},
            **({} if past is None else _past(past)),
        }
    )


def _database(facts: Facts) -> dict[str, Any]:
    return {key: value for key, value in facts.health._asdict().items() if value not in (None, "")}


def _watcher(watcher: Standing) -> dict[str, Any]:
    found, failure = watcher.running, watcher.failure
    facts = {} if found is None else {k: v for k, v in found._asdict().items() if v}
    failed = failure and {"reason": failure.reason, "time": iso(failure.time_ms)}
    return {
        "runs": found is not None,
        **facts,
        **({"failed_start": failed} if failed else {}),
        **({"killed": True} if watcher.killed else {}),
        **({"last_line": watcher.last} if watcher.last else {}),
    }


def _folder(folder: ClaudeFolder) -> dict[str, Any]:
    newest = folder.newest_ns
    return {
        "path": folder.path,
        "user": folder.user,
        "named_by": folder.named_by,
        "state": folder.state,
        "transcripts": folder.transcripts,
        **({} if newest is None else {"newest": iso(newest // 10**6)}),
    }


def _bad_line(line: BadLine) -> dict[str, Any]:
    return {"file": line.path, "offset": line.offset, "reason": line.reason}


def _past(past: Past) -> dict[str, Any]:
    found = past.history
    times = {"first": found.first_ms, "last": found.last_ms}
    return {
        "history": {
            "responses": found.responses,
            "unfinished": found.unfinished,
            "sessions": found.sessions,
            **{key: iso(ms) for key, ms in times.items() if ms is not None},
        },
        "unread_transcripts": past.unread,
        "vanished": {"transcripts": past.vanished, "responses": past.kept_responses},
        "bad_lines": {
            "count": past.bad_count,
            "by_reason": dict(past.bad_reasons),
            "newest": [_bad_line(line) for line in past.bad_lines],
        },
        "unpriced": [unpriced(model) for model in past.unpriced],
    }
