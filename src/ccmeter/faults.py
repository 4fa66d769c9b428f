"""What is wrong with the machine and not with ccmeter, such as a full disk."""

import errno

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FAILING = frozenset({errno.EIO, errno.EROFS})
_TOO_MANY = frozenset({errno.EMFILE, errno.ENFILE})
_NO_SPACE = "no space is left on the disk. Free some and run it again; what was stored is safe."


def is_full(error: Exception) -> bool:
    """Whether it is that no space is left, on the disk or of what the user may have of it."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


def fault_of(error: Exception) -> str | None:
    """Return what is wrong and what to do about it; None when the error is a bug of ccmeter's."""
    if isinstance(error, OSError):
        return _of_system(error)
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else _of_database(error, code & 0xFF)


def _of_system(error: OSError) -> str | None:
    if error.errno in _FULL:
        return _NO_SPACE
    if error.errno in _FAILING:
        return f"the disk cannot be used: {error}. Try again when it can."
    if error.errno in _TOO_MANY:
        return "no more files can be opened. Close other programs, or allow more: ulimit -n 1024"
    return None


def _of_database(error: Exception, code: int) -> str | None:
    import sqlite3  # it is loaded, for the error is one of its own

    if code == sqlite3.SQLITE_FULL:
        return _NO_SPACE
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"another program uses the database: {error}. Try again in a moment."
    if code in (
        *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
    ):
        return f"the database cannot be used: {error}. What to do: ccmeter doctor"
    return None
