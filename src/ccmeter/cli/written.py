"""Files that a command writes for its user: whole and private, or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ccmeter.errors import CcmeterError


@contextmanager
def written(path: str) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends well.

    Raises:
        CcmeterError: It cannot be written; what stood there still does.
    """
    from ccmeter.settings.atomic import replacing

    try:
        with replacing(path) if _replaceable(path) else open(path, "wb") as file:
            yield file
    except OSError as error:
        raise _refused(path, error) from error


def check_place(path: str) -> None:
    """Find out what is in the way of a file before the work on it begins. As `written`."""
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        code = errno.EISDIR
    elif not os.path.isdir(folder):
        code = errno.ENOTDIR if os.path.exists(folder) else errno.ENOENT
    elif _replaceable(path) and not os.access(folder, os.W_OK | os.X_OK):
        code = errno.EACCES
    else:
        return
    raise _refused(path, OSError(code, os.strerror(code)))


def _refused(path: str, error: OSError) -> CcmeterError:
    return CcmeterError(
        f"cannot write {path}: {error.strerror}. Is the folder there and writable, and the disk"
        " not full?"
    )


def _replaceable(path: str) -> bool:
    """Devices and pipes are written to, not replaced."""
    return os.path.isfile(path) or not os.path.exists(path) or os.path.isdir(path)
