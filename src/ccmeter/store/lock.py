"""One writer at a time, across processes."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ccmeter.errors import CcmeterError, UnwritableError
from ccmeter.paths import ensure_home

_POLL_S = 0.02


class LockBusyError(CcmeterError):
    """Another ccmeter is writing and did not finish in time."""


class NoLocksError(CcmeterError):
    """The data folder is where files cannot be locked, as on some network drives."""


@contextmanager
def writer_lock(home: str, wait_s: float) -> Iterator[None]:
    """Hold the writer's lock of the data folder; LockBusyError after `wait_s` seconds.

    The lock belongs to the open file, so a process that dies lets go of it.
    """
    descriptor = _open(home)
    try:
        deadline = time.monotonic() + wait_s
        while not try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise LockBusyError(
                    "another ccmeter is reading transcripts right now. Try again in a moment."
                    " What is stored can be seen meanwhile: ccmeter report --no-sync"
                )
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)


def _open(home: str) -> int:
    try:
        path = os.path.join(ensure_home(home), "writer.lock")
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise UnwritableError(home, error) from error


def try_lock(descriptor: int) -> bool:
    """Lock the open file until it is closed; False when another process has it locked.

    NoLocksError where that cannot be known, so that nobody waits for a process that is not there.
    """
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        raise NoLocksError(
            f"files in the data folder cannot be locked: {error.strerror}. Set CCMETER_HOME to a"
            " folder on a local disk."
        ) from error
    return True
