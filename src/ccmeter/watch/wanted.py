"""Whether sessions may start a watcher: not after `ccmeter setup --remove`, until it is used again.

Who never ran setup has left no mark, and gets the watcher with the plugin.
"""

import os
from contextlib import suppress

from ccmeter.errors import UnwritableError
from ccmeter.paths import ensure_home

REMOVED = "removed"  # an empty file; the hooks look for it first


def forbid(home: str) -> None:
    """Let sessions start none any more. CcmeterError when that cannot be noted."""
    try:
        path = os.path.join(ensure_home(home), REMOVED)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise UnwritableError(home, error) from error


def allow(home: str) -> None:
    """Let sessions start one again. CcmeterError when the mark cannot be removed."""
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(os.path.join(home, REMOVED))
    except OSError as error:
        raise UnwritableError(home, error) from error


def is_forbidden(home: str) -> bool:
    """Whether `ccmeter setup --remove` was the last word."""
    return os.path.exists(os.path.join(home, REMOVED))
