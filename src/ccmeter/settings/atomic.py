"""Files that are replaced whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends well; mode 0600.

    Until then, and after any error or crash, the old file stands as it was. A symbolic link
    stays and its target is replaced. Raises OSError.
    """
    from tempfile import mkstemp

    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    descriptor, temporary = mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a rename may reach the disk before what it names
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
