"""One watcher per data folder: who runs, becoming it, and ending it."""

import errno
import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from ccmeter.errors import CcmeterError, UnwritableError
from ccmeter.paths import ensure_home
from ccmeter.settings.atomic import replacing
from ccmeter.store.lock import try_lock
from ccmeter.version import version

LOCK, PID = "watch.lock", "watch.pid"
_PATIENCE_S = 0.5  # somebody may only be looking whether the lock is held
_POLL_S = 0.02
END_S = 10.0  # a watcher ends within one second


class Running(NamedTuple):
    """The watcher that runs."""

    pid: int  # 0: it cannot be told
    version: str
    started: str  # ISO 8601, UTC
    mode: str  # events or poll
    folders: tuple[str, ...] = ()  # Claude folders that it reads, whether they exist or not


UNKNOWN = Running(0, "", "", "")


class Instance:
    """The right to watch, held until it is closed or the process ends."""

    def __init__(self, home: str, descriptor: int) -> None:
        self._home = home
        self._descriptor = descriptor
        self._started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def tell(self, mode: str, folders: Sequence[str]) -> None:
        """Write the pid file."""
        facts = Running(os.getpid(), version(), self._started, mode, tuple(folders))
        with suppress(OSError), replacing(os.path.join(self._home, PID)) as file:
            file.write(json.dumps(facts._asdict()).encode() + b"\n")

    def stands(self) -> bool:
        """Whether the lock is still the one that others look at; its folder may be gone."""
        try:
            there = os.stat(os.path.join(self._home, LOCK))
        except OSError:
            return False
        return self._descriptor >= 0 and os.path.samestat(there, os.fstat(self._descriptor))

    def close(self) -> None:
        """Give it up; a second time does nothing."""
        if self._descriptor < 0:
            return
        if self.stands():
            with suppress(OSError):
                os.unlink(os.path.join(self._home, PID))
        os.close(self._descriptor)
        self._descriptor = -1


def become(home: str) -> Instance | None:
    """Return the right to watch, None when another process has it. CcmeterError if it cannot be."""
    descriptor = _open(home)
    until = time.monotonic() + _PATIENCE_S
    while not try_lock(descriptor):
        if time.monotonic() > until:
            os.close(descriptor)
            return None
        time.sleep(_POLL_S)
    return Instance(home, descriptor)


def _open(home: str) -> int:
    try:
        return os.open(os.path.join(writable(home), LOCK), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise UnwritableError(home, error) from error


def writable(home: str) -> str:
    """Return the data folder, made if need be. UnwritableError where nothing can be put into it.

    Files of before may still be written there, but nobody could end a watcher that cannot leave
    its number.
    """
    try:
        ensure_home(home)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), home)
    except OSError as error:
        raise UnwritableError(home, error) from error
    return home


def running(home: str) -> Running | None:
    """Return the watcher of the data folder, None when none runs."""
    until = time.monotonic() + _PATIENCE_S
    while is_held(home):
        told = _told(home)
        if told is not None and _holds(told.pid, home):
            return told
        if time.monotonic() > until:  # it is longer about to write its pid than it can be
            return UNKNOWN
        time.sleep(_POLL_S)
    return None


def is_held(home: str) -> bool:
    """Whether somebody watches for the data folder."""
    try:
        descriptor = os.open(os.path.join(home, LOCK), os.O_RDWR)
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def _told(home: str) -> Running | None:
    """What the pid file says; None when it does not make sense."""
    try:
        with open(os.path.join(home, PID), "rb") as file:
            facts = json.loads(file.read(1 << 16))
        version, started, mode = texts = [facts.get(name, "") for name in Running._fields[1:4]]
        found = Running(facts.get("pid"), version, started, mode, _folders(facts.get("folders")))
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    sound = type(found.pid) is int and found.pid > 1
    return found if sound and all(isinstance(text, str) for text in texts) else None


def _folders(told: object) -> tuple[str, ...]:
    """The folders of a pid file; an older watcher tells of none."""
    return tuple(str(folder) for folder in told) if isinstance(told, list) else ()


def _holds(pid: int, home: str) -> bool:
    """Whether that process is the one that holds the lock, and not a stranger with its number."""
    files = f"/proc/{pid}/fd"
    if os.path.isdir("/proc/self/fd"):
        lock = os.path.join(home, LOCK)
        try:
            return any(_same(os.path.join(files, name), lock) for name in os.listdir(files))
        except OSError:
            return False
    import subprocess

    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]  # else cut at 79 columns
    try:
        return b"ccmeter" in subprocess.run(command, capture_output=True, check=False).stdout
    except OSError:  # there is no such program
        return False


def _same(one: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(one, other)
    return False


def stop(home: str, wait_s: float = END_S) -> Running | None:
    """End the watcher and wait until it is gone; return which it was, None when none ran.

    CcmeterError when it cannot be told which process it is, or when it does not end.
    """
    found = running(home)
    if found is None:
        return None
    if not found.pid:
        raise CcmeterError(
            f"a watcher runs, but {os.path.join(home, PID)} does not tell which process it is."
            " Look for one named ccmeter.watch and end it."
        )
    try:
        os.kill(found.pid, signal.SIGTERM)
    except ProcessLookupError:  # just gone
        return found
    except PermissionError:
        raise CcmeterError(f"the watcher, process {found.pid}, belongs to another user.") from None
    until = time.monotonic() + wait_s
    while is_held(home):
        if time.monotonic() > until:
            raise CcmeterError(f"the watcher does not end. End it with: kill -9 {found.pid}")
        time.sleep(_POLL_S)
    return found
