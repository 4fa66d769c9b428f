"""How it stands with the watcher: what `ccmeter doctor` says of it."""

import os
from typing import NamedTuple

from ccmeter.errors import CcmeterError
from ccmeter.reports.check import NOTE, OK, PROBLEM, Check, when
from ccmeter.version import is_newer, version
from ccmeter.watch.fault import read_fault
from ccmeter.watch.instance import PID, Running, running
from ccmeter.watch.log import last_line
from ccmeter.watch.signs import FAILED, TOLD
from ccmeter.watch.wanted import is_forbidden

_START = "ccmeter watch --detach"


class Failure(NamedTuple):
    """A start in the background that failed, with none since that worked."""

    reason: str
    time_ms: int


class Standing(NamedTuple):
    """The watcher that runs, or how it came that none does."""

    running: Running | None
    failure: Failure | None
    killed: bool  # the last one could not say goodbye
    last: str  # line of its log, "" where there is none
    fault: str  # why the one that runs stores nothing, "" when it does
    removed: bool  # sessions start none


def look(home: str) -> Standing:
    """Look at the data folder; nothing in it is changed."""
    try:
        found = running(home)
    except CcmeterError:  # files cannot be locked here: none can run
        found = None
    killed = found is None and os.path.exists(os.path.join(home, PID))
    fault = "" if found is None else read_fault(home)
    return Standing(found, _failure(home), killed, last_line(home), fault, is_forbidden(home))


def _failure(home: str) -> Failure | None:
    """What hooks/background left, shown to the user by a hook meanwhile or not."""
    for name in (FAILED, TOLD):
        try:
            with open(os.path.join(home, name), "rb") as file:
                reason = file.readline(2000).decode("utf-8", "replace").strip()
                return Failure(reason or "no reason given", _changed_ms(file.fileno()))
        except OSError:
            continue
    return None


def _changed_ms(descriptor: int) -> int:
    return os.fstat(descriptor).st_mtime_ns // 10**6


def judge(standing: Standing) -> Check:
    """Return the check. That none runs is no fault: commands read what is new by themselves."""
    if standing.running is not None and standing.fault:
        said = f"process {standing.running.pid} runs and cannot store anything: {standing.fault}"
        return Check("watcher", PROBLEM, said, "Mend that: it tries again every minute.")
    if standing.running is not None:
        return _one_runs(standing.running, standing.failure)
    if standing.removed:
        return Check(
            "watcher", OK, "none runs, and sessions start none since ccmeter setup --remove",
            f"To have one again: {_START}, or ccmeter setup",
        )  # fmt: skip
    failure = standing.failure
    if failure is not None:
        return Check(
            "watcher", PROBLEM, f"none runs: {_failed(failure)}",
            f"Mend that, then run: {_START} (a session with the plugin tries again as well)",
        )  # fmt: skip
    last = f"; the log ends with: {standing.last}" if standing.last else ""
    if standing.killed:
        said = "none runs: the last one was killed, or the machine lost its power"
        return Check("watcher", NOTE, f"{said}{last}", f"Run: {_START}")
    return Check(
        "watcher", OK, f"none runs; commands read what is new by themselves{last}",
        f"For notices and a status line that is up to date: {_START}, or the plugin",
    )  # fmt: skip


def _one_runs(found: Running, failure: Failure | None) -> Check:
    if not found.pid:
        return Check("watcher", NOTE, "one runs, but which process it is cannot be told",
                     f"End the one named ccmeter.watch, then run: {_START}")  # fmt: skip
    how = "looks often at" if found.mode == "poll" else "reads"
    folders = ", ".join(found.folders) or "folders that it does not tell"
    said = f"process {found.pid}, ccmeter {found.version}, since {found.started}; {how} {folders}"
    if failure is not None:
        return Check("watcher", NOTE, f"{said}; {_failed(failure)}",
                     "Mend that: the next session tries again.")  # fmt: skip
    if is_newer(version(), found.version):
        return Check("watcher", NOTE, said, f"It is older than this ccmeter. Run: {_START}")
    return Check("watcher", OK, said)


def _failed(failure: Failure) -> str:
    return f"the last start, {when(failure.time_ms)}, failed: {failure.reason}"
