"""Starting a watcher that outlives the terminal and the hook that started it."""

import os
import subprocess
import sys
import time
from contextlib import suppress

from ccmeter.errors import CcmeterError, UnwritableError
from ccmeter.version import is_newer, version
from ccmeter.watch.child import environment
from ccmeter.watch.instance import Running, running, stop, writable
from ccmeter.watch.log import NAME, last_line
from ccmeter.watch.loop import Options
from ccmeter.watch.run import words_of
from ccmeter.watch.signs import FAILED, TOLD
from ccmeter.watch.wanted import is_forbidden

_START_S = 5.0
_POLL_S = 0.03


def fresh(options: Options) -> list[str]:
    """Return the command of a watcher in a process of its own, without what commands load."""
    return [sys.executable, "-m", "ccmeter.watch", *words_of(options)]


def detach(home: str, options: Options, *, anew: bool = False) -> tuple[Running, bool]:
    """Make sure that a watcher runs, of this version at least; return it, and whether it is new.

    One that runs is ended first when it is of an older version, or if `anew`: sessions with an
    older plugin may be open for days. CcmeterError when the new one does not start, or the old one
    does not end.
    """
    found = running(home)
    if found is not None and not is_newer(version(), found.version) and not anew:
        return found, False
    if found is not None:
        stop(home)
    process = _start(home, options)
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        now = running(home)
        if now is not None and now.pid:
            _forget_failures(home)
            return now, now.pid == process.pid
        time.sleep(_POLL_S)
    now = running(home)  # two that were started at once: one of them made way
    if now is None:
        raise CcmeterError(f"the watcher did not start: {last_line(home) or 'no reason given'}")
    return now, False


def detach_unless_removed(home: str) -> Running | None:
    """As `detach`, for a session that nobody asked; None after `ccmeter setup --remove`.

    That may be run while this starts one: whoever comes later ends it.
    """
    if is_forbidden(home):
        return None
    found, _ = detach(home, Options())
    if is_forbidden(home):
        stop(home)
        return None
    return found


def _forget_failures(home: str) -> None:
    """What kept earlier starts from working is no news any more."""
    for name in (FAILED, TOLD):
        with suppress(OSError):
            os.unlink(os.path.join(home, name))


def _start(home: str, options: Options) -> "subprocess.Popen[bytes]":
    """Start it in a session of its own; what it says without a log goes into the log as well."""
    log = _log(writable(home))
    try:
        return subprocess.Popen(
            fresh(options),
            env=environment(home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            umask=0o077,
        )
    finally:
        os.close(log)


def _log(home: str) -> int:
    try:
        path = os.path.join(home, NAME)
        return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    except (PermissionError, IsADirectoryError) as error:  # the others are said as they are
        raise UnwritableError(home, error) from error
